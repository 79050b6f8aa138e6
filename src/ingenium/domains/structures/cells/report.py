"""What an engineer wants to see of cells: how they look repeated, and where they lie."""

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.structures.cells.printed import CellPrinter

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ingenium.domains.structures.cells.unit_cell import UnitCell

SHOWN, REPEATED = 12, 3
TURNED = 4  # cells in space that the reader can turn


def sections(problem: "UnitCell", designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
    """Cells repeated three times, and the plane of Poisson ratio and specific stiffness."""
    return (_gallery(problem, designs, verdicts), _plane(problem, designs, verdicts))


def _gallery(problem: "UnitCell", designs: xr.Dataset, verdicts: xr.Dataset) -> Section:
    """The most auxetic of the accepted designs of each family, or of all where none is."""
    verdict, poisson = verdicts["verdict"].to_numpy(), verdicts["poisson"].to_numpy()
    pool = np.flatnonzero(verdict == Verdict.ACCEPTED)
    pool = pool if len(pool) else np.arange(len(verdict))
    ordered = pool[np.argsort(poisson[pool], kind="stable")]
    kinds = designs["kind"].to_numpy().astype(str)
    turn = [int((kinds[ordered[:i]] == kinds[row]).sum()) for i, row in enumerate(ordered)]
    chosen = ordered[np.argsort(turn, kind="stable")][:SHOWN]
    share = verdicts["share"].to_numpy()
    titles = [
        f"{int(designs['design'][i])}: Poisson {poisson[i]:.2f}, {share[i]:.0%} solid"
        for i in chosen
    ]
    fields = designs["solid"].to_numpy()[chosen]
    if fields.ndim == 4:
        text = "As they are printed, twice along each axis; of each family that was asked for in "
        text += "turn, the smallest Poisson ratios first."
        from ingenium.kits.solids.printing.pictures import gallery, scene

        printer = CellPrinter(problem.settings)
        meshes = [printer.mesh(field) for field in fields]
        scenes = tuple(scene(*one) for one in zip(titles[:TURNED], meshes, strict=False))
        return Section("Cells", text, gallery(meshes, titles), scenes=scenes)
    text = f"Repeated {REPEATED} times along each axis; of each family that was asked for in turn, "
    text += "the smallest Poisson ratios first."
    return Section("Cells", text, _drawn(fields, titles))


def _drawn(fields: np.ndarray, titles: list[str]) -> "Figure":
    from ingenium.drawing.style import field, gallery

    def draw(axes: "Axes", i: int) -> None:
        tiled = np.tile(fields[i].astype(float), (REPEATED, REPEATED))
        field(axes, tiled, (0.0, 1.0, 0.0, 1.0))

    return gallery(titles, draw, size=(2.25, 2.4))


def _plane(problem: "UnitCell", designs: xr.Dataset, verdicts: xr.Dataset) -> Section:
    """Known cells, designs by their verdict, and what was wanted of them."""
    from ingenium.drawing.style import INK, by_verdict, dress, known_points, plane

    known, e = problem.data(), problem.settings.material.modulus_pa
    figure, axes = plane(8.0, 5.0)
    specific = (known["young_wanted"] / known["share_wanted"]).to_numpy()
    known_points(axes, known["poisson_wanted"].to_numpy(), specific)
    specific = verdicts["young"].to_numpy() / e / verdicts["share"].to_numpy()
    by_verdict(axes, verdicts["poisson"].to_numpy(), specific, verdicts["verdict"].to_numpy())
    wanted = designs["poisson_wanted"], designs["young_wanted"] / designs["share_wanted"]
    axes.scatter(*wanted, s=14, marker="x", color=INK, linewidths=0.7, label="wanted")
    axes.set(yscale="log", xlim=(-1.1, 1.1), ylim=(1e-4, 1.2))
    dress(axes, "largest Poisson ratio", "E / E of the material / share")
    text = "Each cell by its largest Poisson ratio and its smallest specific stiffness."
    return Section("Properties", text, figure)
