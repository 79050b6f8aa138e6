"""Report of panel cores, and their stiffness in both directions."""

import torch
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.select import best
from ingenium.core.text import codes
from ingenium.domains.structures.panels.layout import CoreLayout
from ingenium.domains.structures.panels.verifier import CoreVerifier
from ingenium.drawing import Axis, Marks, Plane, figure_of, gallery
from ingenium.drawing.style import INK, OURS

SHOWN, DRAWN = 8, 500
POINTS_PER_MM = 2.5  # of a strut's thickness, at about the scale of the picture


def sections(
    engine: CoreVerifier, known: xr.Dataset, designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """Plot the lightest accepted cores, and moduli over density."""
    rows = best(verdicts, "mass")[:SHOWN]
    moduli = Section(
        "Moduli and density",
        "Accepted cores in blue, rejected ones in red, and known ones in brown.",
        _moduli(engine, known.isel({DESIGN: slice(DRAWN)}), verdicts),
    )
    if not len(rows):
        return (moduli,)
    text = "The lightest cores that satisfy all limits, with the letters of their rows from below."
    return (Section("The cores", text, _cores(engine.layout, designs.isel({DESIGN: rows}))), moduli)


def _inputs(layout: CoreLayout, designs: xr.Dataset) -> tuple[torch.Tensor, torch.Tensor]:
    text = codes(designs["topology"].to_numpy(), layout.rows, name="topology")
    return text, torch.from_numpy(designs["thickness_m"].to_numpy())


def _cores(layout: CoreLayout, designs: xr.Dataset) -> Figure:
    thick = layout.thickness_m(*_inputs(layout, designs)).numpy()

    def draw(axes: Axes, i: int) -> None:
        there = thick[i] > 0
        ends = 1e3 * layout.plan.node_m[layout.plan.strut[there]]
        widths = POINTS_PER_MM * 1e3 * thick[i][there]
        axes.add_collection(LineCollection(list(ends), linewidths=widths, colors=INK))
        for y in (0.0, 1e3 * layout.height_m):
            axes.plot([0, 1e3 * layout.width_m], [y, y], color=OURS, linewidth=2)
        axes.set_aspect("equal")
        axes.autoscale()

    names = zip(designs[DESIGN].to_numpy(), designs["topology"].to_numpy(), strict=True)
    return gallery([f"{i}: {name}" for i, name in names], draw, size=(2.1, 1.9))


def _moduli(engine: CoreVerifier, known: xr.Dataset, verdicts: xr.Dataset) -> Figure:
    names = [q.name for q in engine.quantities]
    learned = dict(
        zip(names, engine.measure(*_inputs(engine.layout, known)).numpy().T, strict=True)
    )
    density = Axis.of(verdicts, "relative_density", "relative density")
    before = learned["relative_density"]
    planes = [
        Plane(
            density,
            Axis.of(verdicts, name, words, unit="GPa", log=True),
            verdicts["verdict"].to_numpy(),
            marks=(Marks("known", before, learned[name] / 1e9, size=5.0),),
        )
        for name, words in (("modulus", "Young's modulus"), ("shear_modulus", "shear modulus"))
    ]
    return figure_of(*planes, size=(4.4, 3.4))
