"""Metamaterials: generated cells on a map beside conventional ones."""

from collections.abc import Iterator

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from ingenium.searches.fronts import hypervolume
from ingenium_book.findings import Commands, Finding, Picture

CONVENTIONAL = ("honeycomb", "star", "tetrachiral", "hexachiral", "trichiral", "rotating_squares")
CELLS = """
problem = "structures.unit_cell"
[setup]
refine_steps = {steps}
[generator]
family = "{family}"
[conditions]
{asked}
"""
WANTED = """share_wanted = { at_least = 0.2, at_most = 0.8 }
young_wanted = { at_least = 0.05, at_most = 0.6 }"""
YIELD_MPA = 48.0


def strength_over_density(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 20.19: strength over density, of generated cells and of conventional ones."""
    points = {}
    kinds = ", ".join(f'"{kind}"' for kind in CONVENTIONAL)
    for name, family, steps, asked in (
        ("generated", "principal_flow_matching", 10, WANTED),
        ("conventional", "bootstrap", 0, f"kind = [{kinds}]"),
    ):
        spec = CELLS.format(steps=steps, family=family, asked=asked)
        (commands.folder / f"{name}.toml").write_text(spec)
        done = commands(
            *("propose", "structures.unit_cell", "--spec", f"{name}.toml"),
            *("-n", 48, "--out", name),
        )
        yield Finding(f"{name} cells are measured as meshes", done.code == 0)
        found = xr.open_dataset(commands.folder / name / "designs.nc")
        held = found["verdict"].to_numpy() == 0
        points[name] = np.stack([1 - found["share"], found["strength"] / YIELD_MPA], 1)[held]
    area = {k: hypervolume(-front, np.zeros(2)) for k, front in points.items()}
    gain = 100 * (area["generated"] / area["conventional"] - 1)
    told = f"generated cells take {gain:+.0f} % of the area below the front of conventional ones"
    yield Finding(f"{told}, at least 5 %", bool(gain >= 5))
    yield Finding("walls of the conventional cells are tuned, and ten seeds drawn", False, gap=True)
    figure = Figure(figsize=(5.0, 3.2), layout="constrained")
    axes = figure.subplots()
    for (name, own), mark in zip(points.items(), "os", strict=True):
        axes.plot(1 - own[:, 0], own[:, 1], mark, ms=4, label=name)
    axes.set_xlabel("share that is solid")
    axes.set_ylabel("strength over that of the solid")
    axes.legend()
    yield Picture(figure, "Strength over density of cells in one piece")
