"""Report sections of build plans: the cheapest, what they weigh against, and some layers."""

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float64
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.select import best
from ingenium.domains.printing.builds.hatching import REGIONS
from ingenium.domains.printing.builds.plan import BuildPlan, Planner, PlanNumbers, plans
from ingenium.domains.printing.builds.verifier import BuildMaking
from ingenium.drawing import Axis, Plane, Rows, figure_of, gallery, table
from ingenium.kits.solids.printing.pictures import gallery as bodies

SHOWN, DRAWN = 8, 4
LEVELS = (0.05, 0.35, 0.65, 0.95)  # of the height, where a layer is shown
COLOURS = ("#2b5f8a", "#c4622d", "#7a8b6f")  # core, down-skin, support


def sections(
    planner: Planner, making: BuildMaking, designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """Cheapest plans, price over distortion, oriented parts and layers."""
    rows = best(verdicts, "price")
    plane = Section(
        "Price and distortion",
        "Each dot is a plan: distortion on the plate is that of the assumed inherent strain.",
        _plane(verdicts),
    )
    found = _plans(planner, designs, rows[:SHOWN])
    if not found:
        return (plane,)
    names = [f"plan {i}" for i in designs[DESIGN].to_numpy()[rows[:SHOWN]]]
    first = found[0]
    heights = ", ".join(f"{level:.0%}" for level in LEVELS)
    text = (
        f"{names[0]} at {heights} of its height: core in blue, down-skin in orange, walls of "
        "supports in green; jumps are not drawn."
    )
    return (
        Section(
            "The cheapest plans",
            f"{1e6 * float(planner.part.volume):.2f} cm³ of metal in each.",
            table=_table(found, names, verdicts.isel({DESIGN: rows[:SHOWN]})),
        ),
        Section("Orientations", "", bodies([p.mesh for p in found[:DRAWN]], names[:DRAWN])),
        Section("Layers of the cheapest plan", text, _layers(first)),
        Section("Hours of the cheapest plan", _hours(first, making)),
        plane,
    )


def _plans(planner: Planner, designs: xr.Dataset, rows: np.ndarray) -> list[BuildPlan]:
    arrays = (torch.from_numpy(designs[n].to_numpy()[rows]) for n in PlanNumbers._fields)
    return [planner.plan(n) for n in plans(*arrays) if n is not None]


def _table(found: list[BuildPlan], names: list[str], verdicts: xr.Dataset) -> Rows:
    own = [p.numbers for p in found]
    return table(
        ("plan", names, ""),
        ("lean, °", [f"{n.tilt_deg:.0f} to {n.azimuth_deg:.0f}" for n in own], ""),
        ("height, mm", 1e3 * verdicts["height"].to_numpy(), ".1f"),
        ("layer, µm", [1e6 * n.layer_m for n in own], ".0f"),
        ("core, W at mm/s", [f"{n.power_w:.0f} at {1e3 * n.speed_m_s:.0f}" for n in own], ""),
        ("hatch, µm", [1e6 * n.hatch_m for n in own], ".0f"),
        ("supports, cm³", verdicts["support_volume"].to_numpy(), ".2f"),
        ("distortion, mm", 1e3 * verdicts["distortion"].to_numpy(), ".3f"),
        ("fused", verdicts["fused_share"].to_numpy(), ".0%"),
        ("hours", verdicts["hours"].to_numpy(), ".2f"),
        ("EUR", verdicts["price"].to_numpy(), ".0f"),
    )


def _hours(plan: BuildPlan, making: BuildMaking) -> str:
    seconds = making.seconds(plan)
    recoat = making.timing.recoat_s * plan.layers
    vectors = plan.vectors
    shares = ", ".join(
        f"{1e-6 * vectors.length_um[vectors.region == i].sum():.0f} m of {name}"
        for i, name in enumerate(REGIONS)
    )
    return (
        f"{seconds.sum() / 3600:.2f} h in {plan.layers:,} layers, {recoat / seconds.sum():.0%} of "
        f"it recoating; {len(vectors.layer):,} vectors: {shares}."
    )


def _plane(verdicts: xr.Dataset) -> Figure:
    return figure_of(
        Plane(
            Axis.of(verdicts, "distortion", "distortion on the plate"),
            Axis.of(verdicts, "price", "price"),
            verdicts["verdict"].to_numpy(),
            colour=Axis(verdicts["support_volume"].to_numpy(), "supports", "cm³"),
        ),
        size=(6.4, 3.4),
    )


def _layers(plan: BuildPlan) -> Figure:
    vectors = plan.vectors
    x, y, z = 1e3 * plan.mesh.extents
    chosen = [min(int(level * plan.layers), plan.layers - 1) for level in LEVELS]

    def draw(axes: Axes, i: int) -> None:
        for region, colour in enumerate(COLOURS):
            own = (vectors.layer == chosen[i]) & (vectors.region == region)
            lines: Float64[np.ndarray, "m 2 2"] = 1e-3 * vectors.ends_um[own].reshape(-1, 2, 2)
            axes.add_collection(LineCollection(list(lines), colors=colour, linewidths=0.35))
        axes.set(xlim=(-0.5, x + 0.5), ylim=(-0.5, y + 0.5))
        axes.set_aspect("equal")

    return gallery([f"at {z * level:.1f} mm" for level in LEVELS], draw, size=(2.6, 2.3), columns=2)
