"""Reference ensembles of molecules that nothing was trained on, as they come with the package.

No collection of conformers by CREST can be had offline; these are of our own search, every
conformer relaxed by GFN2-xTB.
"""

import json
from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy as np

from ingenium.core.folders import replacing
from ingenium.core.problem import Watch, silent
from ingenium.domains.molecules.conformers.search import ConformerEnsemble
from ingenium.domains.molecules.conformers.stock import TRUTH, KnownEnsemble, admitted, ensembles
from ingenium.domains.molecules.known import Source
from ingenium.domains.molecules.trained.model import FOLDER

FILE = "moses.conformers.npz"
SETS: dict[Source, int] = {"moses": 9, "zinc250k": 3}  # molecules that are held out


def ship(folder: Path, watch: Watch = silent) -> None:
    """Search the ensembles and write the file that comes with the package."""
    arrays: dict[str, np.ndarray] = {}
    listed: list[dict[str, str]] = []
    for source, count in SETS.items():
        smiles = admitted(source, count, held_out=True)
        for one in ensembles(smiles, TRUTH, watch):
            for name, array in asdict(one.ensemble).items():
                arrays[f"{len(listed)}.{name}"] = array
            listed.append({"smiles": one.smiles, "source": source})
    told = np.array(json.dumps({"search": asdict(TRUTH), "molecules": listed}))
    with replacing(folder / FILE) as staging, staging.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, about=told, **arrays)


@cache
def truth(folder: Path = FOLDER) -> dict[str, list[KnownEnsemble]]:
    """The molecules with their ensembles, by the data set that they are from."""
    found: dict[str, list[KnownEnsemble]] = {}
    with np.load(folder / FILE, allow_pickle=False) as stored:
        for i, told in enumerate(json.loads(str(stored["about"]))["molecules"]):
            names = ("position", "gfn2_kcal", "mmff_kcal")
            ensemble = ConformerEnsemble(*(stored[f"{i}.{name}"] for name in names))
            found.setdefault(told["source"], []).append(KnownEnsemble(told["smiles"], ensemble))
    return found
