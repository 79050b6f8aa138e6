"""Report of cells: repeated pictures, and the plane of Poisson ratio and stiffness."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ingenium.core.problem import Section
from ingenium.core.select import best
from ingenium.domains.structures.cells.printed import CellPrinter
from ingenium.drawing import Axis, Marks, Plane, figure_of, gallery
from ingenium.drawing.style import INK, field
from ingenium.kits.solids.printing.pictures import gallery as bodies
from ingenium.kits.solids.printing.pictures import scene

SHOWN, REPEATED = 12, 3
TURNED = 4  # cells in space with an interactive view
IN_TURN = "of each family that was requested in turn, the smallest Poisson ratios first."
PROPERTIES = "Each cell by its largest Poisson ratio and its smallest specific stiffness."


def sections(
    printer: CellPrinter,
    modulus_pa: float,
    known: xr.Dataset,
    designs: xr.Dataset,
    verdicts: xr.Dataset,
) -> tuple[Section, ...]:
    """Plot cells repeated three times, and the plane of Poisson ratio and specific stiffness."""
    properties = _plane(modulus_pa, known, designs, verdicts)
    return (_cells(printer, designs, verdicts), Section("Properties", PROPERTIES, properties))


def _cells(printer: CellPrinter, designs: xr.Dataset, verdicts: xr.Dataset) -> Section:
    """The most auxetic accepted designs of each family, or of all where none is accepted."""
    poisson, share = (verdicts[name].to_numpy() for name in ("poisson", "share"))
    good = best(verdicts, "poisson")
    ordered = good if len(good) else np.argsort(poisson, kind="stable")
    kinds = designs["kind"].to_numpy().astype(str)[ordered]
    turn = [int((kinds[:i] == kind).sum()) for i, kind in enumerate(kinds)]
    chosen = ordered[np.argsort(turn, kind="stable")][:SHOWN]
    number = designs["design"].to_numpy()
    titles = [f"{number[i]}: Poisson {poisson[i]:.2f}, {share[i]:.0%} solid" for i in chosen]
    fields = designs["solid"].to_numpy()[chosen]
    if fields.ndim == 4:
        meshes = [printer.mesh(one) for one in fields]
        scenes = tuple(scene(*one) for one in zip(titles[:TURNED], meshes, strict=False))
        text = f"As they are printed, twice along each axis; {IN_TURN}"
        return Section("Cells", text, bodies(meshes, titles), scenes=scenes)

    def draw(axes: Axes, i: int) -> None:
        field(axes, np.tile(fields[i].astype(float), (REPEATED,) * 2), (0.0, 1.0, 0.0, 1.0))

    text = f"Repeated {REPEATED} times along each axis; {IN_TURN}"
    return Section("Cells", text, gallery(titles, draw, size=(2.25, 2.4)))


def _plane(e: float, known: xr.Dataset, designs: xr.Dataset, verdicts: xr.Dataset) -> Figure:
    """Known cells, designs by their verdict, and their targets."""
    old, new = (
        (x["poisson_wanted"].to_numpy(), (x["young_wanted"] / x["share_wanted"]).to_numpy())
        for x in (known, designs)
    )
    specific = (verdicts["young"] / e / verdicts["share"]).to_numpy()
    plane = Plane(
        Axis.of(verdicts, "poisson", "largest Poisson ratio", ends=(-1.1, 1.1)),
        Axis(specific, "E / E of the material / share", log=True, ends=(1e-4, 1.2)),
        verdicts["verdict"].to_numpy(),
        marks=(Marks("known", *old), Marks("requested", *new, INK, "x", 14.0)),
    )
    return figure_of(plane, size=(8.0, 5.0))
