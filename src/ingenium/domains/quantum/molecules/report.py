"""Structures of accepted molecules, and their properties beside those of known ones."""

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.quantum.autoencoder.model import SMILES
from ingenium.kits.chemistry.drawing import plane, structures
from ingenium.kits.chemistry.parsing import parsed
from ingenium.kits.chemistry.rules import measured

if TYPE_CHECKING:
    from ingenium.domains.quantum.molecules.problem import QuantumMolecules

SHOWN, BEHIND = 12, 400
PLANE = ("weight", "logp")


def sections(
    problem: "QuantumMolecules", designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """The first accepted molecules, and all of them in the plane of weight and logP."""
    known = [parsed(str(s)) for s in problem.data()[SMILES].values[:BEHIND]]
    numbers = np.array([measured(PLANE, m) for m in known if m is not None])
    behind = Section(
        "Two properties",
        f"Behind them {len(numbers)} known molecules.",
        plane(verdicts, numbers, PLANE),
    )
    rows = np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.ACCEPTED)
    if not len(rows):
        return (behind,)
    listed = [str(s) for s in designs[SMILES].values[rows]]
    first = sorted(dict(zip(reversed(listed), reversed(rows.tolist()), strict=True)).values())
    shown = first[:SHOWN]
    qed, sa = (verdicts[name].to_numpy() for name in ("qed", "sa_score"))
    captions = [f"QED {qed[i]:.2f}, SA {sa[i]:.1f}" for i in shown]
    figure = structures([str(designs[SMILES].values[i]) for i in shown], captions)
    return (
        Section("Structures", f"The first {len(shown)} accepted molecules that differ.", figure),
        behind,
    )
