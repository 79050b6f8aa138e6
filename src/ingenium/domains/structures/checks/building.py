"""Parts of buildings: variants of a roof truss, and columns as the paths that print them."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from ingenium.evaluate.findings import Commands, Finding, Picture
from ingenium.evaluate.style import by_verdict, dress, front, plane

ROOF = """
problem = "structures.roof"
title = "Roof trusses of 24 m"
[conditions]
depth = { at_least = 1.2, at_most = 3.6 }
[[objectives]]
quantity = "mass"
sense = "minimise"
[[objectives]]
quantity = "deflection"
sense = "minimise"
"""
PROPOSED, CALLS, FEW = 10000, 4000, "\n[select]\ncount = 40\n"
MINUTES = 10.0


def roof_variants(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 36.2: thousands of trusses that hold Eurocode's limits, as files, with their front."""
    (commands.folder / "roof.toml").write_text(ROOF)
    (commands.folder / "few.toml").write_text(ROOF + FEW)
    asked = ("structures.roof", "--spec", "few.toml", "--seed", 1)
    done = commands("propose", *asked, "-n", PROPOSED, "--out", "many")
    yield Finding("variants are proposed and measured", done.code == 0)
    many = xr.open_dataset(commands.folder / "many" / "designs.nc").load()
    different = _different(many.isel(design=many["verdict"].to_numpy() == 0))
    seconds = sum(done.answer["record"]["seconds"].values())
    yield Finding(
        f"{different} different trusses hold strength, buckling, sag, slope and width of braces",
        different >= 2000,
    )
    yield Finding(f"in {seconds:.0f} s", seconds < 60 * MINUTES)
    asked = ("structures.roof", "--spec", "roof.toml", "--seed", 1, "--strategy", "evolution")
    found = commands("search", *asked, "--budget", CALLS, "--batch", 100, "--out", "best")
    best = xr.open_dataset(commands.folder / "best" / "result" / "designs.nc").load()
    held = found.answer["summary"]["accepted"]
    yield Finding(
        f"a search of {CALLS} trusses hands over a front of {best.sizes['design']} of {held}",
        held >= 1000 and best.sizes["design"] >= 20,
    )
    goals = [(d["mass"].to_numpy(), d["deflection"].to_numpy()) for d in (many, best)]
    good = many["verdict"].to_numpy() == 0
    beaten = np.mean(
        [
            bool(((goals[1][0] <= m) & (goals[1][1] <= s)).any())
            for m, s in zip(goals[0][0][good], goals[0][1][good], strict=True)
        ]
    )
    yield Finding(f"it is no worse than {beaten:.1%} of the proposed ones", bool(beaten > 0.95))
    report = (commands.folder / "best" / "result" / "report.html").read_text()
    near = report.partition("the nearest truss is ")[2].partition(" %")[0]
    yield Finding(
        f"the front comes within {near} % of a bound without own weight", float(near) < 12
    )
    check = found.answer["record"]["cross_check"]
    far = max(check["disagreement"].values())
    yield Finding(
        f"equilibrium and virtual forces find the same of {check['checked']} (off by {far:.1g})",
        far < 1e-6,
    )
    again = commands("verify", "structures.roof", "best/result/designs", "--spec", "roof.toml")
    kept = again.answer["accepted"] == best.sizes["design"]
    yield Finding("the decks read back hold every limit again", kept)
    yield Finding("variants of whole buildings and blocks", False, gap=True)
    figure, axes = plane(5.6, 3.0)
    by_verdict(axes, goals[0][1], goals[0][0], many["verdict"].to_numpy())
    front(axes, np.stack(goals[1][::-1], 1))
    axes.set(xlim=(0, 130), ylim=(0, 4500))
    dress(axes, "deflection in service (mm)", "mass (kg)", grid=True)
    yield Picture(figure, "Proposed trusses, and the front of the search")


def _different(designs: xr.Dataset) -> int:
    names = ("kind", "panels", "depth_m")
    numbers = [designs[k].to_numpy()[:, None] for k in names] + [designs["profile"].to_numpy()]
    return len(np.unique(np.concatenate(numbers, 1), axis=0))
