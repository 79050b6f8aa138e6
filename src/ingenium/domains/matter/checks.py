"""Systems of crystals, shown by their commands; CHGNet judges where seconds must do."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from ingenium.core.verdict import Verdict
from ingenium.domains.matter.files import Cif
from ingenium.domains.matter.grammar import perovskites
from ingenium.domains.matter.settings import LEARNED
from ingenium.evaluate.findings import Commands, Finding, Picture
from ingenium.evaluate.style import INK, KNOWN, OURS, dress, plane

FREE = """
problem = "matter.crystal"
title = "Crystals as tokens: charges, system and group by construction"
[setup]
judge = "chgnet"
[[limits]]
quantity = "symmetry_kept"
at_least = 1.0
[generator]
steps = 300
[select]
keep = "verified"
"""
AIMED = FREE.replace(
    "[generator]",
    """[[limits]]
quantity = "gap_estimate"
at_least = 1.0
at_most = 1.8
unit = "eV"
[conditions]
gap = { at_least = 1.0, at_most = 1.8 }
[generator]""",
)
MANY, NEAR_EV, RATIO = 200, 0.1, 3.0


def language(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 20.4: a language of crystals keeps symmetry, is read back, and is judged by CHGNet."""
    (commands.folder / "free.toml").write_text(FREE)
    asked = ("--spec", "free.toml", "-n", MANY, "--seed", 1, "--out", "free")
    done = commands("propose", "matter.crystal", *asked)
    yield Finding(f"{MANY} crystals are proposed and written", done.code == 0)
    with xr.open_dataset(commands.folder / "free" / "verdicts.nc") as found:
        kept = found["symmetry_kept"].to_numpy()
        hull = found["screened_hull"].to_numpy()
    read = len(list((commands.folder / "free").rglob("*.cif")))
    yield Finding(f"{read} CIF files were written and read back", read > 0)
    yield Finding(
        f"{float((kept == 1).mean()):.0%} have the group that they name after relaxation; the others "
        "have relaxed to a higher one",
        bool((kept == 1).mean() > 0.5),
    )
    near = float((hull <= NEAR_EV).mean())
    yield Finding(f"{near:.0%} lie within {NEAR_EV:g} eV an atom of the hull by CHGNet", near > 0.2)
    figure, axes = plane(4.4, 2.6)
    axes.hist(np.clip(hull, 0, 1), bins=np.linspace(0, 1, 41), color=OURS)
    axes.axvline(NEAR_EV, color=INK, linewidth=0.8)
    dress(axes, "above the hull by CHGNet (eV an atom)", "crystals", grid=True)
    yield Picture(figure, "Proposed crystals by their distance from CHGNet's hull")
