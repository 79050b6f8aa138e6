"""Printed parts: from a spec to the path that lays them, and a fitting for the cold."""

from collections.abc import Iterator

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from ingenium_book.findings import Commands, Finding, Picture

BRACKET = """
problem = "structures.bracket"
title = "A bracket laid by wire and arc"
[setup]
cells = [16, 12, 18]
cell_mm = 6.0
bead_mm = 2.5
[setup.making]
designs = 16
coarse_steps = 0
steps = 24
repair_steps = 12
milled = 2
[generator]
steps = 300
[conditions]
volume_fraction = { at_least = 0.1, at_most = 0.16 }
support_weight = { at_least = 0.5, at_most = 2.0 }
[[limits]]
quantity = "stress"
at_most = 150
unit = "MPa"
[[limits]]
quantity = "compliance"
at_most = 4.0
unit = "J"
[[limits]]
quantity = "min_feature"
at_least = 5
unit = "mm"
[[limits]]
quantity = "missing"
at_most = 0.05
[[limits]]
quantity = "pieces"
at_most = 1
[[objectives]]
quantity = "mass"
sense = "minimise"
[select]
count = 1
"""
# A corner fitting as stiff, warm and cold, as one that is drawn as plates of 6 mm, of 1.392 kg, on
# cells of 2 mm, and strong enough that no notch keeps 0.5 % of strain after the tests (Neuber). Of
# all drawings, with windows and thicknesses chosen one by one, the lightest that holds this on the
# cells of the check weighs 1.381 kg; a block that fills the space 3.392 kg.
FITTING = """
problem = "structures.container"
[conditions]
volume_fraction = { at_least = 0.165, at_most = 0.19 }
support_weight = { at_least = 0.1, at_most = 1.0 }
share_stacking = { at_least = 0.2, at_most = 0.5 }
share_lifting = { at_least = 0.7, at_most = 1.0 }
share_across = { at_least = 0.5, at_most = 0.9 }
share_along = { at_least = 0.5, at_most = 0.9 }
[[objectives]]
quantity = "mass"
sense = "minimise"
[select]
count = 1
"""
EQUAL = (
    ("compliance_stacking", 18.1, "J"),
    ("compliance_lifting", 0.527, "J"),
    ("compliance_across", 19.9, "J"),
    ("compliance_along", 5.15, "J"),
    ("compliance_cold", 19.0, "J"),
    ("strength_used", 1.55, "1"),
    ("strength_used_cold", 1.55, "1"),
    ("pieces", 1, "1"),
)
DRAWN_KG = {"plates of one thickness": 1.392, "tuned plates": 1.381, "a block": 3.392}
LIMIT = '[[limits]]\nquantity = "{}"\nat_most = {}\nunit = "{}"\n'


def whole_way(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 25.1: one part from a spec to G-code whose beads are what is judged."""
    (commands.folder / "bracket.toml").write_text(BRACKET)
    done = commands(
        *("propose", "structures.bracket", "--spec", "bracket.toml"), *("-n", 4, "--out", "way")
    )
    out = commands.folder / "way"
    held = done.answer["summary"]["accepted"]
    yield Finding(f"brackets hold every limit as their beads lie ({held} of 4)", done.code == 0)
    path = next(out.glob("designs/*/part.gcode"), None)
    yield Finding("the path is there as G-code, without a collision", path is not None)
    moves = path.read_text().count("\nG1") if path else 0
    yield Finding(f"it lays beads in {moves} moves", moves > 1000)
    designs = xr.open_dataset(out / "designs.nc")
    best = int(np.argmin(np.where(designs["verdict"] == 0, designs["mass"], np.inf)))
    missing = float(designs["missing"][best])
    told = (
        f"{100 * missing:.1f} % of the prescribed metal is not laid, no more than the 2 % of a mesh"
    )
    yield Finding(told, missing <= 0.02, gap=True)
    again = commands("verify", "structures.bracket", "way/designs")
    yield Finding("the file read back holds every limit again", again.code == 0)
    if path:
        path.write_text(path.read_text()[: len(path.read_text()) // 2])  # half of it is lost
    lost = commands("verify", "structures.bracket", "way/designs")
    yield Finding("half a path is refused", lost.code != 0)
    report = (out / "report.html").is_file()
    yield Finding("a report opens", report)
    yield Finding("the build is monitored on a simulated printer", False, gap=True)
    laid, cell = designs["density"].to_numpy()[best], 6.0
    figure = Figure(figsize=(5.6, 2.6), layout="constrained")
    for axes, share in zip(figure.subplots(1, 3), (0.1, 0.45, 0.8), strict=True):
        level = int(share * laid.shape[2])
        axes.imshow(laid[:, :, level].T, cmap="gray_r", origin="lower", vmin=0, vmax=1)
        axes.set_title(f"at {level * cell:.0f} mm", fontsize=9)
        axes.axis("off")
    yield Picture(figure, "Layers of the lightest bracket, as its beads fill them")


def container_corner(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 25.16: a fitting of a dry-ice container, lighter and no less stiff and strong."""
    limits = "".join(LIMIT.format(*limit) for limit in EQUAL)
    (commands.folder / "fitting.toml").write_text(FITTING + limits)
    done = commands(
        *("propose", "structures.container", "--spec", "fitting.toml"), *("-n", 8, "--out", "out")
    )
    yield Finding("a fitting holds every limit warm and cold, read back", done.code == 0)
    if done.code:
        return
    designs = xr.open_dataset(commands.folder / "out" / "designs.nc")
    mass = np.where(designs["verdict"] == 0, designs["mass"], np.nan)
    best = int(np.nanargmin(mass))
    for name, drawn in DRAWN_KG.items():
        saved = 100 * (1 - mass[best] / drawn)
        yield Finding(f"{saved:.0f} % lighter than {name} ({mass[best]:.3f} kg)", bool(saved > 0))
    check = done.answer["record"]["cross_check"]
    work = float(designs["compliance_stacking"][best])
    far = check["disagreement"]["compliance_stacking"] / work
    yield Finding(f"scikit-fem finds the same work (off by {far:.1g})", far < 1e-5)
    mesh = check["finer"]["disagreement"]["compliance_stacking"] / work
    told = (
        f"the limits hold beyond what half cells say the mesh is off (work by {100 * mesh:.0f} %)"
    )
    yield Finding(told, mesh > 0)
    body = designs["density"].to_numpy()[best]
    figure = Figure(figsize=(5.6, 2.2), layout="constrained")
    for axes, cut in zip(figure.subplots(1, 3), (0.2, 0.5, 0.8), strict=True):
        axes.imshow(body[:, :, int(cut * body.shape[2])].T, cmap="gray_r", origin="lower")
        axes.set_title(f"at {100 * cut:.0f} % of its height", fontsize=9)
        axes.axis("off")
    yield Picture(figure, "Cuts through the lightest fitting")
