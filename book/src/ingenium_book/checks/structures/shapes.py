"""Stiff shapes: optimised, learned, and on a front, shown by their commands."""

from collections.abc import Iterator

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from ingenium_book.findings import Commands, Finding, Picture

CANTILEVER = """
problem = "structures.minimum_compliance"
title = "Small cantilevers, light to stiff"
[setup]
preset = "cantilever"
cells = [24, 8]
cell_m = 0.005
designs = 24
[conditions]
volume_fraction = { at_least = 0.35, at_most = 0.55 }
"""
HALF_BEAM = """
problem = "structures.minimum_compliance"
[setup]
preset = "mbb"
cells = [{x}, {y}]
filter_cells = {radius}
filter = "{filter}"
designs = 10
refine_steps = {steps}
start = "even"
grey = true
[conditions]
load_position = 0.0
volume_fraction = 0.5
[[limits]]
quantity = "volume_excess"
at_most = 1e-9
"""
# Andreassen et al., Struct. Multidisc. Optim. 43, 2011, table of the half MBB beam: filter, cells,
# printed compliance; and steps until no density moves by more than 0.01.
PRINTED = (
    ("sensitivity", 60, 20, 216.81, 150),
    ("density", 60, 20, 233.71, 1000),
)
LEARNED = """
problem = "structures.minimum_compliance"
[setup]
preset = "cantilever"
cells = [30, 10]
designs = 120
refine_steps = {steps}
start = "{start}"
[generator]
family = "{family}"
"""
SIMP_STEPS, STEPS = 120, 24  # of the optimiser alone, and on a proposal


def light_to_stiff(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 25.2: one spec gives a front of shapes between light and stiff, all verified."""
    (commands.folder / "spec.toml").write_text(CANTILEVER)
    done = commands(
        *("propose", "structures.minimum_compliance", "--spec", "spec.toml"),
        *("-n", 24, "--seed", 1, "--out", "shapes"),
    )
    yield Finding("the command ends well", done.code == 0)
    held = done.answer["summary"]["accepted"]
    yield Finding(f"at least 10 shapes hold every limit as files ({held} of 24)", held >= 10)
    check = done.answer["record"]["cross_check"]
    far = check["disagreement"]["compliance"]
    yield Finding(f"scikit-fem finds the same compliance (off by {far:.1g})", far < 1e-6)
    designs = xr.open_dataset(commands.folder / "shapes" / "designs.nc")
    volume, work = designs["volume"].to_numpy(), designs["compliance"].to_numpy()
    light, stiff = volume.argmin(), work.argmin()
    apart = volume[stiff] > 1.2 * volume[light] and work[light] > 1.2 * work[stiff]
    yield Finding("the lightest and the stiffest differ by a fifth in both", bool(apart))
    titles = [
        f"{name}: {100 * volume[i]:.0f} % of the box"
        for i, name in ((light, "lightest"), (stiff, "stiffest"))
    ]
    shapes = designs["density"].to_numpy()[[light, stiff]]
    yield Picture(side_by_side(shapes, titles), "Two of the shapes that hold every limit")


def printed_compliances(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 25.4: the optimiser alone reaches the compliances that are in print."""
    shapes = []
    for filtering, x, y, printed, steps in PRINTED:
        words = {"x": x, "y": y, "radius": 0.04 * x, "filter": filtering, "steps": steps}
        (commands.folder / "beam.toml").write_text(HALF_BEAM.format(**words))
        out = f"{filtering}_{x}"
        done = commands(
            *("propose", "structures.minimum_compliance", "--spec", "beam.toml"),
            *("-n", 1, "--out", out),
        )
        found = xr.open_dataset(commands.folder / out / "designs.nc")
        work = float(found["compliance"][0])
        off = 100 * abs(work / printed - 1)
        told = f"{filtering} filter on {x} x {y} cells: {work:.2f}, printed {printed} ({off:.3f} %)"
        yield Finding(told, done.code == 0 and off <= 0.1)
        far = done.answer["record"]["cross_check"]["disagreement"]["compliance"] / work
        yield Finding(f"scikit-fem finds the same of that file (off by {far:.1g})", far < 1e-6)
        shapes.append(found["density"].to_numpy()[0])
    yield Finding("those on 150 x 50 cells are reached within two minutes", False, gap=True)
    yield Finding("a command holds the slopes against finite differences", False, gap=True)
    yield Finding("a command runs pymoto on the same part", False, gap=True)
    titles = [f"{filtering}, {x} x {y}" for filtering, x, y, _, _ in PRINTED]
    yield Picture(side_by_side(shapes, titles), "Half beams of the literature, grey cells and all")


def learned_from_shapes(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 25.3: proposals for loads that nobody learned from, beside the optimiser's own answer."""
    found = {}
    for name, start, family, steps in (
        ("learned", "proposal", "gaussian_process", STEPS),
        ("even", "even", "gaussian_process", STEPS),
        ("optimiser", "even", "gaussian_process", SIMP_STEPS),
    ):
        words = {"start": start, "family": family, "steps": steps}
        (commands.folder / f"{name}.toml").write_text(LEARNED.format(**words))
        done = commands(
            *("propose", "structures.minimum_compliance", "--spec", f"{name}.toml"),
            *("-n", 24, "--seed", 3, "--out", name),
        )
        yield Finding(f"shapes hold their limits as files ({name})", done.code == 0)
        found[name] = xr.open_dataset(commands.folder / name / "designs.nc")
    best = found["optimiser"]["compliance"].to_numpy()
    same = np.allclose(found["learned"]["asked_tip_angle"], found["optimiser"]["asked_tip_angle"])
    yield Finding("both answer the same loads", same)
    gap = {
        k: 100 * float(np.median(v["compliance"].to_numpy() / best - 1)) for k, v in found.items()
    }
    told = f"median {gap['learned']:.2f} % above the optimiser's compliance"
    yield Finding(f"{told}, at most 2 %", gap["learned"] <= 2)
    yield Finding(
        f"with {SIMP_STEPS // STEPS} times fewer steps, in which the optimiser alone is "
        f"{gap['even']:.1f} % above",
        gap["learned"] < gap["even"],
    )
    rows = [found[name]["density"].to_numpy()[0] for name in ("learned", "optimiser")]
    titles = [f"learned, {STEPS} steps", f"optimiser, {SIMP_STEPS} steps"]
    yield Picture(side_by_side(rows, titles), "One load that nobody learned from")


def side_by_side(shapes: "list[np.ndarray] | np.ndarray", titles: list[str]) -> Figure:
    """Plane shapes with a title each."""
    figure = Figure(figsize=(2.8 * len(titles), 2.2), layout="constrained")
    for axes, shape, title in zip(figure.subplots(1, len(titles)), shapes, titles, strict=True):
        axes.imshow(shape.T, cmap="gray_r", origin="lower", vmin=0, vmax=1)
        axes.set_title(title, fontsize=9)
        axes.axis("off")
    return figure
