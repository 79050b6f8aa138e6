"""Parts of buildings: variants of a roof truss, and columns as the paths that print them."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from ingenium.core.verdict import Verdict, unflagged
from ingenium.drawing import Axis, Marks, Plane, figure_of
from ingenium.drawing.style import OURS
from ingenium_book.findings import Commands, Finding, Picture

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
COLUMNS = """
problem = "structures.toolpath"
title = "Printed columns of 1.5 m"
[setup]
height_m = 1.5
across_n = [2e4, -5e3]
aside_m = [0.05, 0.02]
{hop}
[conditions]
width = {{ at_least = 0.36, at_most = 0.6 }}
[[objectives]]
quantity = "mass"
sense = "minimise"
"""
PRINTED, DRAGGED, CLAIMED = 12, 2, 0.22
GOALS = ("deflection", "mass")


def roof_variants(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 36.2: thousands of trusses that hold Eurocode's limits, as files, with their front."""
    (commands.folder / "roof.toml").write_text(ROOF)
    (commands.folder / "few.toml").write_text(ROOF + FEW)
    asked = ("structures.roof", "--spec", "few.toml", "--seed", 1)
    done = commands("propose", *asked, "-n", PROPOSED, "--out", "many")
    yield Finding("variants are proposed and measured", done.code == 0)
    many = unflagged(xr.open_dataset(commands.folder / "many" / "designs.nc").load())
    different = _different(many.isel(design=many["verdict"].to_numpy() == Verdict.ACCEPTED))
    seconds = sum(done.answer["record"]["seconds"].values())
    yield Finding(
        f"{different} different trusses hold strength, buckling, sag, slope and width of braces",
        different >= 2000,
    )
    yield Finding(f"in {seconds:.0f} s", seconds < 60 * MINUTES)
    words = ("structures.roof", "--spec", "roof.toml", "--seed", 1, "--strategy", "evolution")
    found = commands("search", *words, "--budget", CALLS, "--batch", 100, "--out", "best")
    best = xr.open_dataset(commands.folder / "best" / "result" / "designs.nc").load()
    held = found.answer["summary"]["accepted"]
    yield Finding(
        f"a search of {CALLS} trusses hands over a front of {best.sizes['design']} of {held}",
        held >= 1000 and best.sizes["design"] >= 20,
    )
    beaten = _beaten(many, best)
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
    yield _trusses(many, best)


def _beaten(many: xr.Dataset, best: xr.Dataset) -> float:
    """Share of accepted proposals that something of the front is no worse than."""
    good = many.isel(design=many["verdict"].to_numpy() == Verdict.ACCEPTED)
    mass, deflection = best["mass"].to_numpy(), best["deflection"].to_numpy()
    each = zip(good["mass"].to_numpy(), good["deflection"].to_numpy(), strict=True)
    return float(np.mean([bool(((mass <= m) & (deflection <= s)).any()) for m, s in each]))


def _trusses(many: xr.Dataset, best: xr.Dataset) -> Picture:
    order = np.argsort(best["deflection"].to_numpy())
    sags, masses = (best[k].to_numpy()[order] for k in GOALS)
    line = Marks("front of the search", sags, masses, OURS, "-")
    sag = Axis.of(many, GOALS[0], "deflection in service", ends=(0.0, 130.0))
    mass = Axis.of(many, GOALS[1], "mass", ends=(0.0, 4500.0))
    shown = Plane(sag, mass, many["verdict"].to_numpy(), marks=(line,))
    figure = figure_of(shown, size=(5.6, 3.0))
    return Picture(figure, "Proposed trusses, and the front of the search")


def printed_columns(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 36.7: columns as G-code, free of collisions, solved, beside solid square ones."""
    (commands.folder / "columns.toml").write_text(COLUMNS.format(hop=""))
    (commands.folder / "dragged.toml").write_text(COLUMNS.format(hop="hop_m = 0.0"))
    asked = ("structures.toolpath", "--spec", "columns.toml", "--seed", 1)
    done = commands("propose", *asked, "-n", PRINTED, "--out", "out")
    held = done.answer["summary"]["accepted"]
    yield Finding(f"{held} of {PRINTED} columns hold every limit, as their G-code lies", held > 0)
    files = sorted((commands.folder / "out" / "designs").glob("*.gcode"))
    moves = sum(f.read_text().count("\nG1") for f in files)
    yield Finding(f"the paths lay beads in {moves} moves", moves > 1000 * held)
    found = unflagged(xr.open_dataset(commands.folder / "out" / "designs.nc").load())
    hits = float(found["collisions"].sum() + found["outside"].sum())
    yield Finding(f"{hits:.0f} collisions, and moves that leave the machine", hits == 0)
    asked = ("structures.toolpath", "--spec", "dragged.toml", "--seed", 1)
    low = commands("propose", *asked, "-n", DRAGGED, "--out", "low")
    dragged = xr.open_dataset(commands.folder / "low" / "designs.nc")["collisions"].to_numpy()
    refused = low.code == 1 and bool((dragged > 0).all())
    yield Finding("paths without a hop collide, and none of them is accepted", refused)
    check = done.answer["record"]["cross_check"]
    far = check["disagreement"]["coarse_capacity"]
    yield Finding(f"scikit-fem finds the same capacity (off by {far:.1g})", far < 1e-3)
    change = 100 * float(found["mesh_change"].where(found["verdict"] == Verdict.ACCEPTED).max())
    yield Finding(f"cells of half the size change it by {change:.1f} % at most", change <= 10)
    saved = found["saved"].to_numpy()[found["verdict"].to_numpy() == Verdict.ACCEPTED]
    told = f"{100 * saved.max():.0f} % less concrete at most than a solid square column as strong"
    yield Finding(told, bool(saved.max() > 0))
    mean = f"{100 * CLAIMED:.0f} % less in the mean of all that hold ({100 * saved.mean():.0f} %)"
    yield Finding(mean, bool(saved.mean() >= CLAIMED), gap=True)
    again = commands("verify", "structures.toolpath", "out/designs", "--spec", "columns.toml")
    yield Finding("the files read back hold every limit again", again.answer["accepted"] == held)
    text = files[0].read_text()
    files[0].write_text(text.replace("; column rings ", "; column rings 1", 1))
    lied = commands("verify", "structures.toolpath", files[0], "--spec", "columns.toml")
    yield Finding("a head that tells of another column is refused", lied.code == 2)
    yield Finding("a printed column was loaded", False, gap=True)
    yield _saving(found)


def _saving(found: xr.Dataset) -> Picture:
    capacity = Axis.of(found, "capacity", "load at failure, in multiples")
    saved = Axis.of(found, "saved", "less than a solid square", unit="%")
    figure = figure_of(Plane(capacity, saved, found["verdict"].to_numpy()), size=(5.0, 3.0))
    return Picture(figure, "Printed columns beside solid square ones that bear as much")


def _different(designs: xr.Dataset) -> int:
    names = ("kind", "panels", "depth_m")
    numbers = [designs[k].to_numpy()[:, None] for k in names] + [designs["profile"].to_numpy()]
    return len(np.unique(np.concatenate(numbers, 1), axis=0))
