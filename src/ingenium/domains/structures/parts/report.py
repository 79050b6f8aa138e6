"""Report of parts under their loads, the Pareto front, cuts and numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float64, Int64
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.select import pareto_rank
from ingenium.core.shown import headed
from ingenium.core.verdict import Verdict
from ingenium.domains.structures.parts.acting import scene
from ingenium.domains.structures.parts.measuring import PartVerifier
from ingenium.domains.structures.parts.printed import Printer
from ingenium.drawing import Axis, Marks, Plane, figure_of, table
from ingenium.drawing.style import INK
from ingenium.kits.solids.printing.mesh import Trimesh
from ingenium.kits.solids.printing.pictures import gallery, sections, strained

GALLERY = 12  # parts in the first picture
CUT = 3  # parts that are cut, and solved again for the field of their stress
REPORTED = 20  # rows of the table
AIMS = ("mass", "compliance", "support_volume")
ACCEPTED = "The accepted parts", "", "ranked by Pareto front and mass"
NEAREST = (
    "The parts that break the fewest limits",
    "No design meets every limit, and none was exported. ",
    "those of less mass first among equals",
)
LABELS = {"compliance": "largest compliance", "support_volume": "support"}


@dataclass(frozen=True, eq=False)
class Others:
    """Masses and compliances with which proposals are compared.

    Shapes: n known designs, m milled parts.
    """

    known: Float64[np.ndarray, "n 3"]  # mass, compliance, volume of support
    milled: Float64[np.ndarray, "m 3"]


def report(
    verifier: PartVerifier,
    printer: Printer,
    others: Others,
    columns: Sequence[str],
    designs: xr.Dataset,
    verdicts: xr.Dataset,
) -> tuple[Section, ...]:
    """Plot a gallery, Pareto planes, cuts and a table of the accepted, or nearest, parts."""
    best, heading = ranked(verdicts), ACCEPTED
    if not len(best):
        best, heading = nearest(verdicts), NEAREST
    if not len(best):
        return (Section("Parts", "The engine failed.", pareto(others, verdicts)),)
    density = designs["density"].to_numpy()
    reported = verdicts.isel({DESIGN: best})
    meshes = [printer.mesh(density[i]) for i in best[:GALLERY]]
    first = {DESIGN: slice(REPORTED)}
    numbers = table(
        ("design", designs[DESIGN].to_numpy()[best[:REPORTED]], ""),
        *(
            (
                headed(n.replace("_", " "), reported[n].attrs["units"]),
                reported.isel(first)[n].values,
                ".4g",
            )
            for n in columns
        ),
    )
    return (
        Section(
            heading[0],
            f"{heading[1]}The first {min(GALLERY, len(best))} of {len(best)}, {heading[2]}, each "
            "as the surface that is measured. Up is z; layers are laid along "
            f"{printer.part.build.direction}.",
            _gallery(meshes, designs[DESIGN].to_numpy(), reported, best[:GALLERY]),
        ),
        _strained(verifier, designs.isel({DESIGN: best[:CUT]}), meshes),
        Section(
            "Mass against stiffness and support",
            "Accepted and rejected proposals, the training designs, and parts designed for "
            "milling. The line is the Pareto front of the accepted parts in mass and the other "
            "axis.",
            pareto(others, verdicts),
        ),
        *_cuts(printer, density, designs[DESIGN].to_numpy(), best[:CUT]),
        Section("Numbers of the parts", "", None, numbers),
    )


def ranked(verdicts: xr.Dataset) -> Int64[np.ndarray, " m"]:
    """Return positions of the accepted designs, by Pareto front and then by mass."""
    held = np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.ACCEPTED)
    aims = np.stack([verdicts[name].to_numpy()[held] for name in AIMS], 1)
    front = pareto_rank(aims) if len(held) else np.empty(0)
    return held[np.lexsort((aims[:, 0], front))]


def nearest(verdicts: xr.Dataset) -> Int64[np.ndarray, " m"]:
    """Return positions of measured designs, by the number of violated limits, then by mass."""
    answered = np.flatnonzero(verdicts["verdict"].to_numpy() != Verdict.FAILED)
    broken = (~(verdicts["margin"].to_numpy()[answered] >= 0)).sum(1)
    return answered[np.lexsort((verdicts["mass"].to_numpy()[answered], broken))]


def _gallery(
    meshes: Sequence[Trimesh],
    index: Int64[np.ndarray, " n"],
    reported: xr.Dataset,
    best: Sequence[int] | Int64[np.ndarray, " m"],
) -> Figure:
    titles = [
        f"{index[i]}: {1e3 * float(reported['mass'][row]):.0f} g, "
        f"{float(reported['compliance'][row]):.2f} J, "
        f"{float(reported['support_volume'][row]):.1f} cm³"
        for row, i in enumerate(best)
    ]
    return gallery(meshes, titles, columns=4)


def _strained(verifier: PartVerifier, designs: xr.Dataset, meshes: Sequence[Trimesh]) -> Section:
    """Some parts with their loads, solved once more for the fields."""
    flat = torch.from_numpy(designs["density"].to_numpy()).flatten(1)
    names = [f"design {i}" for i in designs[DESIGN].to_numpy()]
    scenes = [scene(verifier, *one) for one in zip(flat, meshes, names, strict=False)]
    return Section(
        "Loads, supports and stress",
        "The first parts under the most critical load case of each: von Mises stress over balls "
        "of metal, as judged; grey near bolts and pin, where it is not evaluated. Arrows are the "
        "resultants of the loads; an arrow with two heads is the axis of a couple.",
        strained(scenes),
        scenes=tuple(scenes),
    )


def pareto(others: Others, verdicts: xr.Dataset) -> Figure:
    """Plot mass against compliance, and against the volume of support."""
    return figure_of(*(over_mass(others, verdicts, aim) for aim in LABELS), size=(4.75, 4.2))


def over_mass(others: Others, verdicts: xr.Dataset, aim: str) -> Plane:
    """Plot all designs by mass and one aim, and the front of the accepted ones."""
    column, milled, known = AIMS.index(aim), others.milled.T, others.known.T
    marks = (
        Marks("drawn for milling", milled[0], milled[column], INK, "s", 18.0),
        Marks("known", known[0], known[column]),
    )
    mass, other = Axis.of(verdicts, "mass", "mass"), Axis.of(verdicts, aim, LABELS[aim], log=True)
    return Plane(mass, other, verdicts["verdict"].to_numpy(), front=(1, 1), marks=marks)


def _cuts(
    printer: Printer,
    density: Float64[np.ndarray, "n x y z"],
    index: Int64[np.ndarray, " n"],
    best: Int64[np.ndarray, " m"],
) -> tuple[Section, ...]:
    cell_m = printer.part.grid.cell_m
    return tuple(
        Section(
            f"Cuts of design {index[i]}",
            "Share of each cell that is metal, as it is read back from the file.",
            sections(density[i], cell_m),
        )
        for i in best
    )
