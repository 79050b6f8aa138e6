"""What a materials scientist wants to see: certified crystals, their hull, gaps and pattern."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.matter import diffraction
from ingenium.domains.matter.charges import IONS
from ingenium.domains.matter.gap import GapEstimate
from ingenium.domains.matter.phases import splits
from ingenium.domains.matter.potential import Crystal
from ingenium.domains.matter.wyckoff import ANGSTROM
from ingenium.drawing.style import INK, MUTED, OURS, REJECTED, SERIES, dress, gallery, panels

DRAWN, LISTED = 8, 24  # crystals drawn, and in the table
VIEW = np.array(
    [[0.94, -0.34, 0.0], [0.10, 0.28, 0.955], [-0.325, -0.897, 0.297]]
)  # rows: x, y, depth
MEV = 1e3
SECOND = "second_hull"
ABOVE = {  # columns of what is measured, in meV an atom
    "above hull (meV/atom)": "hull_distance",
    "binaries (pw.x)": "decomposition",
    "binaries (SevenNet)": SECOND,
    "lowest type (CHGNet)": "polymorph",
}


def sections(
    made: Sequence[Crystal], designs: xr.Dataset, verdicts: xr.Dataset, gaps: GapEstimate
) -> tuple[Section, ...]:
    """Accepted crystals one by one, where all lie, and what an X-ray would see of one.

    Where CHGNet alone judged, nothing was certified, and neither table nor hull is shown.
    """
    computed = "hull_distance" in verdicts
    above = verdicts["hull_distance" if computed else "screened_hull"].to_numpy()
    held = np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.ACCEPTED)
    best = _first(made, held[np.argsort(above[held])])
    where = (_where(verdicts),) if computed else ()
    if not len(best):
        return where
    names = [formula(made[k]) for k in best]
    told = (
        "Distance from the hull and gap are those of pw.x (PBE), the part that other types of the "
        "same formula have in the distance is CHGNet's. The estimate, which screens and certifies "
        f"nothing, misses gaps by {gaps.error_ev:.2f} eV (median, each known one left out)."
    )
    if SECOND in verdicts:
        told = f"{told} {_apart(verdicts.isel({DESIGN: best}))}"
    cells = Section(
        "Cells",
        "Conventional cells, seen from the side; atoms as large as half their ions.",
        _cells(made, best[:DRAWN]),
    )
    pattern = Section(
        f"Powder pattern of {names[0]}",
        f"{diffraction.SOURCE}, kinematic intensities, no texture and no absorption.",
        _pattern(made[best[0]], names[0]),
    )
    if not computed:
        return cells, pattern
    table = _table(made, best, designs, verdicts)
    return Section("Certified crystals", told, table=table), cells, *where, pattern


def _apart(verdicts: xr.Dataset) -> str:
    """How far two potentials differ: where much, at least one of them is wrong."""
    off = MEV * np.abs(verdicts[SECOND].to_numpy() - verdicts["screened_hull"].to_numpy())
    return (
        f"Above the two binaries SevenNet and CHGNet differ by {np.nanmedian(off):.0f} meV an atom "
        f"in the middle and {np.nanmax(off):.0f} at most."
    )


def _where(verdicts: xr.Dataset) -> Section:
    return Section(
        "Gaps and distances from the hull",
        "Each crystal that pw.x has computed; of those whose results travel with the package the "
        "guess is what was found.",
        _hull(verdicts),
    )


def formula(crystal: Crystal) -> str:
    """As chemists write it."""
    return "".join(f"{e}{n if n > 1 else ''}" for e, n in crystal.sites.reduced.items())


def _first(made: Sequence[Crystal], order: np.ndarray) -> list[int]:
    """Of crystals with one text the first."""
    seen: dict[str, int] = {}
    for k in order:
        seen.setdefault(made[k].sites.text, int(k))
    return list(seen.values())


def _table(
    made: Sequence[Crystal], best: Sequence[int], designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[tuple[str, ...], ...]:
    above = {head: name for head, name in ABOVE.items() if name in verdicts}
    head = (
        *("design", "formula", "group", "a, c (angstrom)", "gap (eV, PBE)"),
        *above,
        *("pressure (GPa)", "falls apart into"),
    )
    rows = []
    for k in best[:LISTED]:
        one = verdicts.isel({DESIGN: k})
        edges = sorted(set((made[k].edges_m / ANGSTROM).round(2).tolist()))
        rows.append(
            (
                str(int(designs[DESIGN][k])),
                formula(made[k]),
                _unbroken(made[k].sites.group.symbol),
                ", ".join(f"{e:.2f}" for e in edges),
                f"{float(one['band_gap']):.2f}",
                *(f"{MEV * float(one[name]):.0f}" for name in above.values()),
                f"{float(one['pressure']) / 1e9:.1f}",
                _unbroken(
                    " + ".join(
                        "".join(f"{e}{n if n > 1 else ''}" for e, n in part.items())
                        for part, _ in splits(made[k].sites.reduced)
                    )
                ),
            )
        )
    return (head, *rows)


def _unbroken(text: str) -> str:
    """The same with hyphens and spaces at which no line ends."""
    return text.replace("-", "\u2011").replace(" ", "\u00a0")


def _hull(verdicts: xr.Dataset) -> Figure:
    figure, grid = panels(1, 2, (3.6, 3.0))
    code = verdicts["verdict"].to_numpy()
    gap, hull = verdicts["band_gap"].to_numpy(), MEV * verdicts["hull_distance"].to_numpy()
    guess = verdicts["gap_estimate"].to_numpy()
    for verdict, colour in ((Verdict.REJECTED, REJECTED), (Verdict.ACCEPTED, OURS)):
        own = (code == verdict) & np.isfinite(gap)
        grid[0, 0].scatter(gap[own], hull[own], s=14, color=colour, label=verdict.name.lower())
        grid[0, 1].scatter(guess[own], gap[own], s=14, color=colour)
    top = max(3.0, float(np.nanmax(gap, initial=0.0)))
    grid[0, 1].plot([0, top], [0, top], color=MUTED, linewidth=0.8)
    dress(grid[0, 0], "gap (eV, PBE)", "above the hull (meV an atom)", grid=True)
    dress(grid[0, 1], "gap that was guessed (eV)", "gap (eV, PBE)", grid=True)
    return figure


def _cells(made: Sequence[Crystal], best: Sequence[int]) -> Figure:
    titles = [f"{formula(made[k])}  {made[k].sites.group.symbol}" for k in best]
    return gallery(titles, lambda axes, i: _cell(axes, made[best[i]]), size=(1.9, 2.0))


def _cell(axes: Axes, crystal: Crystal) -> None:
    """Atoms of a cell with those on its far faces, in front of each other, and its edges."""
    cell = crystal.sites.cell_m(crystal.edges_m) / ANGSTROM
    elements, points = crystal.sites.conventional(crystal.free)
    kinds = list(crystal.sites.reduced)
    corners = np.stack(np.meshgrid(*[(0, 1)] * 3, indexing="ij"), -1).reshape(-1, 3)
    pairs = [p for p in combinations(corners, 2) if np.abs(p[0] - p[1]).sum() == 1]
    for pair in pairs:
        ends = np.stack(pair) @ cell @ VIEW.T
        axes.plot(ends[:, 0], ends[:, 1], color=MUTED, linewidth=0.7, zorder=-1e3)
    for element, point in zip(elements, points, strict=True):
        for shift in corners[((point + corners) < 1 + 1e-6).all(1)]:
            x, y, depth = VIEW @ ((point + shift) @ cell)
            colour = SERIES[kinds.index(element) % len(SERIES)]
            size = 0.5 * IONS[element].radius_angstrom
            axes.add_patch(Circle((x, y), size, facecolor=colour, edgecolor="white", zorder=depth))
    axes.set_aspect("equal")
    axes.autoscale_view()
    here = [
        axes.plot([], [], "o", color=SERIES[k % len(SERIES)], label=e)[0]
        for k, e in enumerate(kinds)
    ]
    axes.legend(
        handles=here,
        frameon=False,
        fontsize=6,
        ncols=3,
        loc="upper center",
        bbox_to_anchor=(0.5, 0.02),
        handletextpad=0.1,
        columnspacing=0.6,
    )


def _pattern(crystal: Crystal, name: str) -> Figure:
    figure, grid = panels(1, 1, (6.4, 2.6))
    axes = grid[0, 0]
    peaks = diffraction.peaks(crystal)
    axes.vlines(peaks.two_theta_deg, 0, peaks.intensity, color=OURS, linewidth=1.2)
    for angle, height, label in zip(
        peaks.two_theta_deg, peaks.intensity, peaks.indices, strict=True
    ):
        if height > 8:
            axes.text(angle, height + 2, label, ha="center", fontsize=7, color=INK, rotation=90)
    axes.set_ylim(0, 125)
    dress(axes, "2 theta (degree)", "intensity (of 100)", title=name)
    return figure
