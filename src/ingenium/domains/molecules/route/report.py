"""Report of routes: trees of the best, their steps, and their measures."""

from dataclasses import dataclass, field

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.offsetbox import AnnotationBbox, OffsetImage

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.molecules.route import green
from ingenium.domains.molecules.route.formats import ROUTE
from ingenium.domains.molecules.route.hazards import named
from ingenium.domains.molecules.route.route import Route, read
from ingenium.domains.molecules.route.stock import BlockStock
from ingenium.drawing import Axis, Plane, Rows, figure_of, style, table
from ingenium.drawing.style import GOOD, MUTED, OURS, REJECTED
from ingenium.kits.chemistry.drawing import pixels

LIMITS = (
    "No trained one-step model comes offline: steps come from a table of reaction templates, and "
    "what no template covers is not found.",
    "Blocks are a stand-in for a catalogue, derived from MOSES, unless the setup names a stock.",
    "Stereochemistry, selectivity beyond the templates, conditions and yields are not predicted; "
    "yields, solvent and prices are assumptions, the same for every route.",
)
SHOWN, TABLED = 3, 12
MEASURED = (
    *("steps", "longest_line", "conflicts", "hazards"),
    *("cost", "atom_economy", "e_factor", "mass_intensity"),
)
WIDE, HIGH = 2.8, 1.35  # inches of a molecule in a tree


@dataclass
class DrawnMolecule:
    """A molecule in a picture: its column from the target, its row, and its precursors."""

    smiles: str
    column: int
    row: float = 0.0
    parts: "list[DrawnMolecule]" = field(default_factory=list)


def sections(
    target: str, stock: BlockStock, designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """Plot trees of the first distinct accepted routes, steps of the best, and a scatter of all."""
    accepted = np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.ACCEPTED)
    limits = Section("Limitations", " ".join(LIMITS))
    if not len(accepted):
        reported = (
            "No route ends in the stock; the closest designs are rejected ones with the fewest "
        )
        return (Section("No route", f"{reported}missing blocks."), limits)
    rows = _distinct(designs, verdicts, accepted)
    found = [r for r in (_route(designs, row, target) for row in rows) if r is not None]
    indices = designs[DESIGN].to_numpy()[rows].tolist()
    trees = tuple(
        Section(f"Design {index}", _caption(route), tree(route, stock))
        for index, route in list(zip(indices, found, strict=True))[:SHOWN]
    )
    steps = Section("Steps of the first of them", table=_steps(found[0]))
    distinct = verdicts.isel({DESIGN: rows})
    few = distinct.isel({DESIGN: slice(TABLED)})
    columns = ((name, few[name].to_numpy(), ".3g") for name in MEASURED)
    reported = f"The first {few.sizes[DESIGN]} distinct ones."
    routes = Section("Routes", reported, table=table(("design", indices[:TABLED], ""), *columns))
    waste = Plane(
        Axis.of(distinct, "steps", "steps"),
        Axis.of(distinct, "mass_intensity", "mass intensity"),
        colour=Axis.of(distinct, "hazards", "hazard points"),
    )
    plane = Section("Waste and steps", figure=figure_of(waste, size=(5.6, 3.6)))
    return (*trees, steps, routes, plane, limits)


def _distinct(designs: xr.Dataset, verdicts: xr.Dataset, rows: np.ndarray) -> list[int]:
    """First row of each route, few steps and little waste first."""
    _, first = np.unique(designs[ROUTE].to_numpy().astype(str)[rows], return_index=True)
    once = rows[np.sort(first)]
    steps, waste = (verdicts[q].to_numpy()[once] for q in ("steps", "mass_intensity"))
    return [int(i) for i in once[np.lexsort((waste, steps))]]


def _route(designs: xr.Dataset, row: int, target: str) -> Route | None:
    return read(str(designs[ROUTE].to_numpy()[row]), target)


def _caption(route: Route) -> str:
    return (
        f"{len(route.steps)} steps, {len(route.leaves)} blocks (green). Read from the blocks at "
        "the right to the target at the left."
    )


def tree(route: Route, stock: BlockStock) -> Figure:
    """Plot a route as a tree: target at the left, bought blocks framed green, missing ones red."""
    root = _place(route, route.target, 0)
    rows = _rows(root, 0)
    figure, axes = style.plane(WIDE * (route.depth + 1) + 0.3, HIGH * rows + 0.3)
    axes.axis("off")
    axes.set_xlim(-0.5, route.depth + 0.5)
    axes.set_ylim(rows - 0.5, -0.5)
    _draw(axes, root, route, stock)
    return figure


def _place(route: Route, smiles: str, column: int) -> DrawnMolecule:
    step = route.made.get(smiles)
    parts = [_place(route, r, column + 1) for r in step.reactants] if step else []
    return DrawnMolecule(smiles, column, parts=parts)


def _rows(place: DrawnMolecule, first: int) -> int:
    """Give each leaf its own row, and each product the middle of its precursors."""
    if not place.parts:
        place.row = float(first)
        return 1
    taken = 0
    for part in place.parts:
        taken += _rows(part, first + taken)
    place.row = float(np.mean([part.row for part in place.parts]))
    return taken


def _draw(axes: Axes, place: DrawnMolecule, route: Route, stock: BlockStock) -> None:
    step = route.made.get(place.smiles)
    bought = place.smiles in stock
    colour = OURS if step else GOOD if bought else REJECTED
    image = OffsetImage(pixels(place.smiles, {}), zoom=0.3)
    frame = {"edgecolor": colour, "linewidth": 1.2, "boxstyle": "round,pad=0.1"}
    axes.add_artist(AnnotationBbox(image, (place.column, place.row), bboxprops=frame, zorder=3))
    if step is None:
        return
    for part in place.parts:
        axes.plot(
            (place.column + 0.31, place.column + 0.5, place.column + 0.5, place.column + 0.69),
            (place.row, place.row, part.row, part.row),
            color=MUTED,
            linewidth=1.4,
            zorder=1,
        )
        _draw(axes, part, route, stock)
    at = (place.column + 0.5, place.row)
    axes.annotate(
        _wrapped(step.reaction),
        at,
        ha="center",
        va="center",
        fontsize=6,
        zorder=4,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
    )


def _wrapped(name: str, width: int = 16) -> str:
    lines = [""]
    for word in name.split():
        if len(lines[-1]) + len(word) + 1 > width and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)


def _steps(route: Route) -> Rows:
    steps = list(reversed(route.steps))
    hazards = [dict.fromkeys(n for r in step.reactants for n in named(r)) for step in steps]
    return table(
        ("reaction", [step.reaction for step in steps], ""),
        ("equation", [f"{' + '.join(s.reactants)} → {s.product}" for s in steps], ""),
        ("checked forward", ["yes" if step.verified else "no" for step in steps], ""),
        ("conflicts", ["; ".join(step.conflicts) or "none" for step in steps], ""),
        ("hazards", ["; ".join(own) or "none" for own in hazards], ""),
        ("assumed yield", [green.YIELDS[step.kind.kind] for step in steps], ".0%"),
    )
