"""Systems of airfoils, shown by their commands in seconds."""

from collections.abc import Iterator

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.figure import Figure

from ingenium.searches.fronts import grown, hypervolume
from ingenium_book.findings import Commands, Finding, Picture

GLIDE = 90.0  # lift over drag that is wished for, at a lift where few known sections have it
WISH = f"""
problem = "airfoils.section"
[setup]
points = [{{ name = "cruise", lift = 0.7, reynolds = 1e6 }}]
[[limits]]
quantity = "lift_to_drag"
at_least = {GLIDE:g}
"""
FRONT = """
problem = "airfoils.section"
objectives = [
  { quantity = "lift_to_drag", sense = "maximise" },
  { quantity = "max_thickness", sense = "maximise" },
]
[setup]
points = [{ name = "cruise", lift = 0.7, reynolds = 1e6 }]
judge = "neuralfoil"
network = "large"
refine_steps = 0
"""
CALLS = 192
AIMS = ("lift_to_drag", "max_thickness")
WORST = np.array([-40.0, -0.06])  # from which the front counts


def glide_and_front(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 32.14: sections of a wished lift over drag by XFOIL, and a front beside NSGA-II's."""
    (commands.folder / "wish.toml").write_text(WISH)
    words = ("--spec", "wish.toml", "-n", 8, "--seed", 1, "--out", "wish")
    wish = commands("propose", "airfoils.section", *words)
    engine, held = wish.answer["record"]["engine"]["name"], wish.answer["summary"]["accepted"]
    text = f"{held} of 8 proposed sections have a lift over drag of {GLIDE:g} or more, by {engine}"
    yield Finding(text, held >= 2 and engine == "xfoil")
    check = wish.answer["record"]["cross_check"]
    text = f"a second engine measures them again ({check['engine']}, {check['checked']})"
    yield Finding(text, check["checked"] > 0)
    (commands.folder / "front.toml").write_text(FRONT)
    fronts = {name: _front(commands, name) for name in ("tuned", "evolution")}
    area = {name: hypervolume(points, WORST) for name, points in fronts.items()}
    text = f"after {CALLS} calls each the generator's front dominates {area['tuned']:.3f}, that of"
    text += f" NSGA-II {area['evolution']:.3f}"
    yield Finding(text, min(area.values()) > 0)
    found = sorted((commands.folder / "tuned" / "result" / "designs").glob("*.dat"))
    files = [path.relative_to(commands.folder) for path in found[:4]]
    again = commands("verify", "airfoils.section", *files, "--spec", "wish.toml").answer
    drag = [one["measured"]["lift_to_drag"]["value"] for one in again["designs"]]
    best = max((x for x in drag if x is not None), default=0.0)
    text = f"the first {len(files)} files of the front glide up to {best:.0f} by {again['engine']}"
    yield Finding(text, best >= GLIDE)
    yield Finding("the generator's front is the larger", area["tuned"] >= area["evolution"], True)
    figure = Figure(figsize=(4.6, 2.4), layout="constrained")
    axes = figure.subplots()
    for (name, points), mark in zip(fronts.items(), ("o", "s"), strict=True):
        axes.plot(-points[:, 1], -points[:, 0], mark, ms=4, label=name)
    axes.set_xlabel("largest thickness (chords)", fontsize=8)
    axes.set_ylabel("lift over drag", fontsize=8)
    axes.legend(fontsize=8, frameon=False)
    yield Picture(figure, f"Fronts after {CALLS} calls of NeuralFoil each")


def _front(commands: Commands, strategy: str) -> Float[np.ndarray, "m 2"]:
    """What a search found that nothing betters, both aims to be small."""
    words = ("--spec", "front.toml", "--strategy", strategy, "--budget", CALLS, "--batch", 32)
    commands("search", "airfoils.section", *words, "--out", strategy)
    designs = xr.open_dataset(commands.folder / strategy / "result" / "designs.nc")
    held = designs["verdict"].to_numpy() == 0
    points = -np.stack([designs[name].to_numpy()[held] for name in AIMS], 1)
    return grown(np.empty((0, 2)), points)
