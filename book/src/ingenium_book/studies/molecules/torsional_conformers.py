"""Row 35.16: conformers by torsional diffusion beside those of distance geometry.

9 molecules of MOSES's test split and 3 of ZINC250k, none of which was trained on. The reference
of each is searched by 60 starts, half by ETKDG and half with random torsions, relaxed by MMFF94
and then by GFN2-xTB, within 6 kcal/mol and at most 16. The diffusion, ETKDGv3 (RDKit), histograms
of torsions for each kind of bond, and random torsions give two conformers for each of the
reference, unrelaxed. The network learned 1,617 conformers of 184 other molecules of MOSES once,
in four minutes of one core; its score is made three times as sharp, which was chosen on 7 further
molecules. All but ETKDG set torsions on 8 local structures by ETKDG and MMFF94. Coverage (COV-R,
COV-P) and mean distance (AMR) as in GeoMol, on heavy atoms under symmetry. Beside: all at 0.75
angstrom, the diffusion and ETKDG after relaxing by MMFF94, their GFN2-xTB energies above the
lowest of the reference on two molecules, and seconds of one core for a conformer, with the bank
of local structures counted in; ETKDG's own torsions on the diffusion's local structures
(etkdg_on_bank). GEOM cannot be had offline. The network was trained once: seeds differ in local
structures and noise, and intervals go over seeds and molecules together. Budget: 5 seeds of 12
molecules with 161 conformers of reference; quick: 1 seed of 3.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import ArrayLike
from rdkit import Chem

from ingenium.core.digest import digest
from ingenium.core.seeds import one_thread
from ingenium.domains.molecules.conformers import electrons, forces
from ingenium.domains.molecules.conformers.codec import ConformerCodec
from ingenium.domains.molecules.conformers.coverage import coverage
from ingenium.domains.molecules.conformers.families import (
    Etkdg,
    EtkdgTorsions,
    Proposing,
    RandomTorsions,
    Stiff,
    TorsionLibrary,
)
from ingenium.domains.molecules.conformers.known_ensembles import KnownEnsemble
from ingenium.domains.molecules.conformers.likeness import Likeness
from ingenium.domains.molecules.conformers.requested_molecule import molecule
from ingenium.domains.molecules.conformers.shape import Shape
from ingenium.domains.molecules.conformers.torsions import Torsions
from ingenium.domains.molecules.conformers.trained import about, diffusion, library
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, Trials, over_units
from ingenium_book.studies.molecules.conformer_truth import truth

NEAR, FAR = 0.5, 0.75  # angstrom
EACH = 2  # conformers for one of the reference
RELAXED = ("diffusion", "etkdg")
JUDGED = 2  # molecules whose relaxed conformers get their energy by GFN2-xTB
ARM = "all rivals"


@dataclass(frozen=True)
class Case:
    """A molecule and its reference."""

    known: KnownEnsemble
    judged: bool

    @cached_property
    def mol(self) -> Chem.Mol:
        """With hydrogens."""
        return molecule(self.known.smiles)

    @cached_property
    def lowest(self) -> float:
        """Energy of the reference when the force field relaxes it as it does all others."""
        rested, _ = forces.relaxed(self.mol, self.known.ensemble.position)
        return float(electrons.energies(self.mol, rested).min())

    def rivals(self, seed: int) -> tuple[dict[str, Proposing], float]:
        """Those that propose its conformers, and the seconds that the shared bank takes."""
        mol, torsions = self.mol, Torsions.of(self.mol)
        started = time.process_time()
        base, _ = forces.relaxed(mol, forces.embedded(mol, 1, 1000 * seed + 1))
        codec = ConformerCodec(torsions, torsions.framed(torch.from_numpy(base))[0])
        stiff = Stiff.of(mol, codec, 1000 * seed + 2)
        spent = time.process_time() - started
        made: dict[str, Proposing] = {
            "diffusion": diffusion(stiff),
            "etkdg": Etkdg(stiff),
            "etkdg_on_bank": EtkdgTorsions(stiff),
            "library": TorsionLibrary(stiff, library()),
            "random": RandomTorsions(stiff),
        }
        return made, spent


def run(arm: None, seed: int, chosen: Mapping[str, int]) -> dict[str, ArrayLike]:
    """All rivals on all molecules; a value a molecule of what is measured on all of them."""
    with one_thread():
        found = [_compared(case, seed) for case in _cases(tuple(chosen.items()))]
    names = dict.fromkeys(name for one in found for name in one)
    return {name: [one[name] for one in found if name in one] for name in names}


def read(found: Readings) -> dict[str, ArrayLike | Value]:
    """The diffusion against ETKDG, and what each of the rivals reaches."""
    table = {name: found(ARM, name) for name in found.pieces[ARM][0]}
    gain = {
        "recall_gain": _less(table, "cov_r_0.50"),
        "precision_gain": _less(table, "cov_p_0.50"),
        "amr_r_gain": -_less(table, "amr_r"),
        "amr_p_gain": -_less(table, "amr_p"),
        "slower": table["diffusion.seconds"] / table["etkdg.seconds"],
        "stereo_kept": table.pop("diffusion.stereo_kept"),
    }
    return {name: over_units(x) for name, x in (gain | table).items()}


@cache
def _cases(chosen: tuple[tuple[str, int], ...]) -> list[Case]:
    whole = truth()
    listed = [one for name, count in chosen for one in whole[name][:count]]
    return [Case(one, i < min(JUDGED, len(listed) - 2)) for i, one in enumerate(listed)]


def _compared(case: Case, seed: int) -> dict[str, float]:
    """What every rival reaches on a molecule."""
    known, mol = case.known.ensemble, case.mol
    n, alike, values = EACH * len(known.position), Likeness.of(mol), dict[str, float]()
    rivals, bank = case.rivals(seed)
    for name, rival in rivals.items():
        started = time.process_time()
        made = rival.conformers(n, torch.Generator().manual_seed(seed)).numpy()
        spent = time.process_time() - started + (0.0 if name == "etkdg" else bank)
        values |= _covered(name, alike.between(made, known.position))
        values[f"{name}.seconds"] = spent / n
        if name == "diffusion":
            changed = Shape.of(mol, known.position[0]).stereo_changed(made)
            values[f"{name}.stereo_kept"] = float((changed == 0).mean())
        if name in RELAXED:
            started = time.process_time()
            rested, _ = forces.relaxed(mol, made)
            more = time.process_time() - started
            values |= _covered(f"{name}_mmff", alike.between(rested, known.position))
            values[f"{name}_mmff.seconds"] = (spent + more) / n
            if case.judged:
                above = electrons.energies(mol, rested) - case.lowest
                values[f"{name}_mmff.lowest_energy"] = float(above.min())
                values[f"{name}_mmff.median_energy"] = float(np.median(above))
    return values


def _covered(name: str, distance: Float[np.ndarray, "n r"]) -> Mapping[str, float]:
    near, far = coverage(distance, NEAR), coverage(distance, FAR)
    wide = {f"{name}.{k}_{FAR:.2f}": far[k] for k in ("cov_r", "cov_p")}
    close = {f"{name}.{k}_{NEAR:.2f}": near[k] for k in ("cov_r", "cov_p")}
    return close | wide | {f"{name}.{k}": near[k] for k in ("amr_r", "amr_p")}


def _less(table: Mapping[str, np.ndarray], name: str) -> Float[np.ndarray, "s n"]:
    """The diffusion's value less ETKDG's, for each seed and molecule."""
    return np.asarray(table[f"diffusion.{name}"] - table[f"etkdg.{name}"])


def _data(chosen: Mapping[str, int]) -> str:
    known = [case.known for case in _cases(tuple(chosen.items()))]
    return digest([[[k.smiles, k.ensemble.gfn2_kcal.tolist()] for k in known], about()["weights"]])


measure = Trials(
    arms={ARM: None},
    sizes=({"moses": 9, "zinc250k": 3}, {"moses": 3, "zinc250k": 0}),
    run=run,
    read=read,
    data=_data,
)
