"""Report of predicted solubility: contributions of groups, and molecules outside the data."""

import numpy as np
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.molecules.language import SMILES
from ingenium.domains.molecules.report import distinct
from ingenium.kits.chemistry.drawing import structures
from ingenium.kits.chemistry.parsing import parsed
from ingenium.kits.chemistry.solubility import OUTSIDE, explained, model

SHOWN = 8
FULL_COLOUR = 2.0  # of a group that changes the solubility a hundredfold


def section(designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
    """Plot the best accepted molecules, coloured; no section if nothing was accepted."""
    accepted = np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.ACCEPTED)
    if not len(accepted):
        return ()
    rows = distinct(designs, accepted)
    typical = verdicts["solubility_typical"].to_numpy()[rows]
    shown = rows[:SHOWN]
    smiles = [str(s) for s in designs[SMILES].to_numpy()[shown]]
    shares = [explained(parsed(s)).by_atom() for s in smiles]
    colours = [{atom: value / FULL_COLOUR for atom, value in own.items()} for own in shares]
    captions = [_caption(designs, verdicts, row) for row in shown.tolist()]
    outside = int((typical <= OUTSIDE).sum())
    return (
        Section(
            "Where the predicted solubility comes from",
            "Blue groups raise it and red ones lower it, fully coloured where a hundredfold "
            "(exact Shapley values of the groups, from methane on). "
            f"{outside} of {len(rows)} distinct molecules lie outside the measured data, where "
            f"intervals may be too narrow; of molecules like those measured, {OUTSIDE:.0%} would. "
            "Were all like those, they would be as strange together with a chance of "
            f"{model().shift(typical):.2g}.",
            structures(smiles, captions, colours),
        ),
    )


def _caption(designs: xr.Dataset, verdicts: xr.Dataset, row: int) -> str:
    names = ("solubility", "solubility_low", "solubility_high", "solubility_typical")
    value, low, high, typical = (float(verdicts[name].to_numpy()[row]) for name in names)
    index = int(designs[DESIGN].to_numpy()[row])
    reported = "\noutside the measured data" if typical <= OUTSIDE else ""
    return f"design {index}: log S {value:.1f} ({low:.1f} to {high:.1f}){reported}"
