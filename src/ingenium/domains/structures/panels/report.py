"""What a designer of panels wants to see: the cores, and how stiff they are both ways."""

import numpy as np
import torch
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.text import codes
from ingenium.core.verdict import Verdict
from ingenium.domains.structures.panels.layout import CoreLayout
from ingenium.domains.structures.panels.verifier import CoreVerifier
from ingenium.drawing.style import INK, KNOWN, OURS, REJECTED, dress, panels

SHOWN, DRAWN = 8, 500
POINTS_PER_MM = 2.5  # of a strut's thickness, at about the scale of the picture


def sections(
    layout: CoreLayout,
    designs: xr.Dataset,
    verdicts: xr.Dataset,
    known: xr.Dataset,
    engine: CoreVerifier,
) -> tuple[Section, ...]:
    """The lightest accepted cores, and moduli over density."""
    held = np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.ACCEPTED)
    mass = verdicts["mass"].to_numpy()
    best = held[np.argsort(mass[held], kind="stable")][:SHOWN]
    moduli = Section(
        "Moduli and density",
        "Accepted cores in blue, rejected ones in red, and known ones in brown.",
        _moduli(designs, verdicts, known, engine),
    )
    if not len(best):
        return (moduli,)
    text = "The lightest cores that hold all limits, with the letters of their rows from below."
    return (Section("The cores", text, _cores(layout, designs.isel({DESIGN: best}))), moduli)


def _cores(layout: CoreLayout, designs: xr.Dataset) -> Figure:
    n = designs.sizes[DESIGN]
    figure, grid = panels(-(-n // 4), min(n, 4), (2.1, 1.9))
    letters = designs["topology"].to_numpy()
    text = codes(letters, layout.rows, name="topology")
    row_m = torch.from_numpy(designs["thickness_m"].to_numpy())
    thick = layout.thickness_m(text, row_m).numpy()
    axes: list[Axes] = [ax for row in grid for ax in row]
    for ax in axes:
        ax.set_axis_off()
    for ax, own, name, i in zip(axes, thick, letters, designs[DESIGN].to_numpy(), strict=False):
        there = own > 0
        ends = 1e3 * layout.plan.node_m[layout.plan.strut[there]]
        widths = POINTS_PER_MM * 1e3 * own[there]
        ax.add_collection(LineCollection(list(ends), linewidths=widths, colors=INK))
        for y in (0.0, 1e3 * layout.height_m):
            ax.plot([0, 1e3 * layout.width_m], [y, y], color=OURS, linewidth=2)
        ax.set_aspect("equal")
        ax.autoscale()
        ax.set_title(f"{i}: {name}", fontsize=8)
    return figure


def _moduli(
    designs: xr.Dataset, verdicts: xr.Dataset, known: xr.Dataset, engine: CoreVerifier
) -> Figure:
    figure, grid = panels(1, 2, (3.2, 3.0))
    text = codes(known["topology"].to_numpy()[:DRAWN], engine.layout.rows, name="topology")
    row_m = torch.from_numpy(known["thickness_m"].to_numpy()[:DRAWN])
    names = [q.name for q in engine.quantities]
    learned = engine.measure(text, row_m).numpy()
    code = verdicts["verdict"].to_numpy()
    for ax, name in zip(grid[0], ("modulus", "shear_modulus"), strict=True):
        at = (learned[:, names.index("relative_density")], learned[:, names.index(name)] / 1e9)
        ax.scatter(*at, s=4, color=KNOWN, alpha=0.25, label="known")
        for verdict, colour in ((Verdict.REJECTED, REJECTED), (Verdict.ACCEPTED, OURS)):
            own = verdicts.isel({DESIGN: np.flatnonzero(code == verdict)})
            label = verdict.name.lower()
            ax.scatter(own["relative_density"], own[name] / 1e9, s=8, color=colour, label=label)
        ax.set_yscale("log")
        title = str(verdicts[name].attrs["long_name"]).split(" of ")[0]
        dress(ax, "relative density", "", title=f"{title} (GPa)", grid=True)
    return figure
