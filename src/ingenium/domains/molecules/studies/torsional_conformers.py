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
lowest of the reference on two molecules, and seconds for a conformer. Budget: 5 seeds of 12
molecules; quick: 1 seed of 3.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float
from rdkit import Chem

from ingenium.core.digest import digest
from ingenium.core.problem import Watch
from ingenium.core.seeds import one_thread
from ingenium.domains.molecules.conformers import electrons, forces
from ingenium.domains.molecules.conformers.asked import molecule
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
from ingenium.domains.molecules.conformers.likeness import Likeness
from ingenium.domains.molecules.conformers.shape import Shape
from ingenium.domains.molecules.conformers.stock import KnownEnsemble
from ingenium.domains.molecules.conformers.torsions import Torsions
from ingenium.domains.molecules.conformers.trained import about, diffusion, library
from ingenium.domains.molecules.conformers.truth import truth
from ingenium.evaluate.intervals import crossed_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals

NEAR, FAR = 0.5, 0.75  # angstrom
EACH = 2  # conformers for one of the reference
RELAXED = ("diffusion", "etkdg")
JUDGED = 2  # molecules whose relaxed conformers get their energy by GFN2-xTB
QUICK = {"moses": 3, "zinc250k": 0}


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


def measure(budget: Budget, watch: Watch) -> Measured:
    """All rivals on all molecules, seed by seed."""
    cases = _cases(budget.quick)
    rows: dict[str, list[list[float]]] = {}  # a value for each seed and molecule
    for seed in budget.seeds:
        found = []
        for i, case in enumerate(cases):
            watch(f"seed {seed}", i, len(cases))
            with one_thread():
                found.append(_compared(case, seed))
        for name in dict.fromkeys(name for one in found for name in one):
            rows.setdefault(name, []).append([f[name] for f in found if name in f])
    table = {name: np.array(x) for name, x in rows.items()}
    gain = {
        "recall_gain": _less(table, "cov_r_0.50"),
        "precision_gain": _less(table, "cov_p_0.50"),
        "amr_r_gain": -_less(table, "amr_r"),
        "amr_p_gain": -_less(table, "amr_p"),
        "slower": table["diffusion.seconds"] / table["etkdg.seconds"],
        "stereo_kept": table.pop("diffusion.stereo_kept"),
    }
    rng = np.random.default_rng(0)
    values = {name: crossed_interval(x, rng) for name, x in gain.items()}
    beside = {name: crossed_interval(x, rng) for name, x in table.items()}
    known = [[c.known.smiles, c.known.ensemble.gfn2_kcal.tolist()] for c in cases]
    return from_intervals(values, beside, digest([known, about()["weights"]]), _notes(cases, table))


def _cases(quick: bool) -> list[Case]:
    whole = truth()
    few = QUICK if quick else {name: len(found) for name, found in whole.items()}
    chosen = [one for name, found in whole.items() for one in found[: few[name]]]
    return [Case(one, i < (1 if quick else JUDGED)) for i, one in enumerate(chosen)]


def _compared(case: Case, seed: int) -> dict[str, float]:
    """What every rival reaches on a molecule."""
    known, mol = case.known.ensemble, case.mol
    n, alike, values = EACH * len(known.position), Likeness.of(mol), dict[str, float]()
    rivals, bank = case.rivals(seed)
    for name, rival in rivals.items():
        started = time.process_time()
        made = rival.conformers(n, torch.Generator().manual_seed(seed)).numpy()
        spent = time.process_time() - started + (0.0 if name == "etkdg" else bank)
        values |= _covered(f"{name}", alike.between(made, known.position))
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


def _covered(name: str, apart: Float[np.ndarray, "n r"]) -> Mapping[str, float]:
    near, far = coverage(apart, NEAR), coverage(apart, FAR)
    wide = {f"{name}.{k}_{FAR:.2f}": far[k] for k in ("cov_r", "cov_p")}
    close = {f"{name}.{k}_{NEAR:.2f}": near[k] for k in ("cov_r", "cov_p")}
    return close | wide | {f"{name}.{k}": near[k] for k in ("amr_r", "amr_p")}


def _less(table: Mapping[str, np.ndarray], name: str) -> Float[np.ndarray, "s n"]:
    """The diffusion's value less ETKDG's, for each seed and molecule."""
    return np.asarray(table[f"diffusion.{name}"] - table[f"etkdg.{name}"])


def _notes(cases: list[Case], table: Mapping[str, np.ndarray]) -> tuple[str, ...]:
    relaxed = [f"{table[f'{name}_mmff.amr_r'].mean():.2f}" for name in RELAXED]
    total = sum(len(c.known.ensemble.position) for c in cases)
    return (
        "GEOM cannot be had offline; the reference is our own search, relaxed by GFN2-xTB.",
        f"{len(cases)} molecules with {total} reference conformers.",
        f"Once MMFF94 has relaxed both, AMR-R is {relaxed[0]} angstrom for the diffusion and "
        f"{relaxed[1]} for ETKDG: the force field mends most of what sets them apart.",
        "ETKDG's own torsions on the diffusion's local structures stand beside (etkdg_on_bank).",
        "Intervals are over seeds and molecules together.",
        "Seconds are of one core, with the bank of local structures counted in.",
        "The network was trained once; seeds differ in local structures and noise.",
    )
