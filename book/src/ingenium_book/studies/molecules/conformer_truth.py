"""Reference ensembles of molecules that nothing was trained on, as they come with the package.

No collection of conformers by CREST can be had offline; these are of our own search, every
conformer relaxed by GFN2-xTB.
"""

import json
from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy as np

from ingenium.core.recipe import Arrays, Recipe, printed
from ingenium.domains.molecules.conformers.known_ensembles import (
    TRUTH,
    KnownEnsemble,
    admitted,
    ensembles,
)
from ingenium.domains.molecules.conformers.search import ConformerEnsemble
from ingenium.domains.molecules.known import Source

FILE = Path(__file__).with_name("moses.conformers.npz")
SETS: dict[Source, int] = {"moses": 9, "zinc250k": 3}  # molecules that are held out


def _searched(_: int) -> Arrays:
    arrays: dict[str, np.ndarray] = {}
    listed: list[dict[str, str]] = []
    for source, count in SETS.items():
        smiles = admitted(source, count, held_out=True)
        for one in ensembles(smiles, TRUTH):
            for name, array in asdict(one.ensemble).items():
                arrays[f"{len(listed)}.{name}"] = array
            listed.append({"smiles": one.smiles, "source": source})
    return arrays | {"molecules": np.array(json.dumps(listed))}


REFERENCE = Recipe("conformers_reference", [asdict(TRUTH), SETS], _searched, packaged=FILE)


def make() -> None:
    """Search the reference ensembles of conformers that studies compare with again."""
    REFERENCE.ship(printed)


@cache
def truth() -> dict[str, list[KnownEnsemble]]:
    """The molecules with their ensembles, by the data set that they are from."""
    found: dict[str, list[KnownEnsemble]] = {}
    stored = REFERENCE.complete()
    for i, reported in enumerate(json.loads(str(stored["molecules"]))):
        names = ("position", "gfn2_kcal", "mmff_kcal")
        ensemble = ConformerEnsemble(*(stored[f"{i}.{name}"] for name in names))
        found.setdefault(reported["source"], []).append(KnownEnsemble(reported["smiles"], ensemble))
    return found
