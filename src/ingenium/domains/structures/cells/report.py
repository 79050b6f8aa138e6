"""What an engineer wants to see of cells: how they look repeated, and where they lie."""

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.structures.cells.printed import Printer

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ingenium.domains.structures.cells.unit_cell import UnitCell

SHOWN, REPEATED = 12, 3


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
        return Section("Cells", text, _printed(problem, fields, titles))
    text = f"Repeated {REPEATED} times along each axis; of each family that was asked for in turn, "
    text += "the smallest Poisson ratios first."
    return Section("Cells", text, _drawn(fields, titles))


def _drawn(fields: np.ndarray, titles: list[str]) -> "Figure":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 7.2), layout="constrained")
    axes = figure.subplots(3, 4).flat
    for axis, field, title in zip(axes, fields, titles, strict=False):
        tiled = np.tile(field, (REPEATED, REPEATED)).T
        axis.imshow(tiled, origin="lower", cmap="Greys", vmin=0, vmax=1)
        axis.set_title(title, fontsize=9)
    for axis in figure.axes:
        axis.set_axis_off()
    return figure


def _printed(problem: "UnitCell", fields: np.ndarray, titles: list[str]) -> "Figure":
    from ingenium.kits.solids.printing.pictures import gallery

    printer = Printer(problem.settings)
    return gallery([printer.mesh(field) for field in fields], titles)


def _plane(problem: "UnitCell", designs: xr.Dataset, verdicts: xr.Dataset) -> Section:
    """Known cells, designs by their verdict, and what was wanted of them."""
    from matplotlib.figure import Figure

    known, e = problem.data(), problem.settings.material.modulus_pa
    figure = Figure(figsize=(8, 5), layout="constrained")
    axis = figure.subplots()
    x = known["poisson_wanted"], known["young_wanted"] / known["share_wanted"]
    axis.scatter(*x, s=6, color="0.8", label="known cells")
    specific = verdicts["young"].to_numpy() / e / verdicts["share"].to_numpy()
    verdict = verdicts["verdict"].to_numpy()
    for value, color, label in ((1, "tab:orange", "rejected"), (0, "tab:blue", "accepted")):
        rows = verdict == value
        axis.scatter(
            verdicts["poisson"].to_numpy()[rows], specific[rows], s=14, color=color, label=label
        )
    wanted = designs["poisson_wanted"], designs["young_wanted"] / designs["share_wanted"]
    axis.scatter(*wanted, s=14, marker="x", color="k", linewidths=0.7, label="wanted")
    axis.set(yscale="log", xlabel="largest Poisson ratio", ylabel="E / E of the material / share")
    axis.set(xlim=(-1.1, 1.1), ylim=(1e-4, 1.2))
    axis.legend(loc="lower right", fontsize=8)
    text = "Each cell by its largest Poisson ratio and its smallest specific stiffness."
    return Section("Properties", text, figure)
