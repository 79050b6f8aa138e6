"""Report sections: structures of accepted molecules, and their properties against known ones."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.quantum.autoencoder.model import SMILES
from ingenium.kits.chemistry.drawing import plane, structures
from ingenium.kits.chemistry.parsing import parsed
from ingenium.kits.chemistry.rules import measured

SHOWN, BEHIND = 12, 400
PLANE = ("weight", "logp")


def sections(
    known: Sequence[str], designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """Show the first accepted molecules, and all of them in the plane of weight and logP."""
    mols = [m for m in map(parsed, known[:BEHIND]) if m is not None]
    numbers = np.array([measured(PLANE, m) for m in mols])
    reported = f"Behind them {len(numbers)} known molecules."
    behind = Section("Two properties", reported, plane(verdicts, numbers, PLANE))
    good = np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.ACCEPTED)
    smiles = designs[SMILES].to_numpy().astype(str)
    shown = good[np.sort(np.unique(smiles[good], return_index=True)[1])][:SHOWN]
    if not len(shown):
        return (behind,)
    own = verdicts.isel(design=shown)
    captions = [
        f"QED {q:.2f}, SA {s:.1f}" for q, s in zip(own["qed"], own["sa_score"], strict=True)
    ]
    figure = structures(smiles[shown].tolist(), captions)
    first = f"The first {len(shown)} accepted molecules that differ."
    return (Section("Structures", first, figure), behind)
