"""Report sections: certified crystals, distance from the hull, gaps and a powder pattern."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.select import best as best_of
from ingenium.domains.matter import diffraction
from ingenium.domains.matter.charges import IONS
from ingenium.domains.matter.gap import GapEstimate
from ingenium.domains.matter.phases import splits
from ingenium.domains.matter.potential import Crystal
from ingenium.domains.matter.wyckoff import ANGSTROM
from ingenium.drawing import Axis, Plane, Requested, Rows, figure_of, gallery, table
from ingenium.drawing.style import INK, MUTED, OURS, SERIES, dress, plane

DRAWN, LISTED = 8, 24  # crystals drawn, and in the table
VIEW = np.array(
    [[0.94, -0.34, 0.0], [0.10, 0.28, 0.955], [-0.325, -0.897, 0.297]]
)  # rows: x, y, depth
MEV = 1e3
SECOND = "second_hull"
WHERE = (
    "Each crystal that pw.x has computed; for those whose results are in the package the estimate "
    "equals the result."
)
ABOVE = {  # columns of measurements, in meV an atom
    "above hull (meV/atom)": "hull_distance",
    "binaries (pw.x)": "decomposition",
    "binaries (SevenNet)": SECOND,
    "lowest type (CHGNet)": "polymorph",
}


def sections(
    made: Sequence[Crystal], designs: xr.Dataset, verdicts: xr.Dataset, gaps: GapEstimate
) -> tuple[Section, ...]:
    """Show accepted crystals, all in the plane of gap and stability, and a diffraction pattern.

    Where CHGNet alone judged, nothing was certified, and neither table nor hull is shown.
    """
    computed = "hull_distance" in verdicts
    best = _first(made, best_of(verdicts, "hull_distance" if computed else "screened_hull"))
    heading = "Gaps and distances from the hull"
    where = (Section(heading, WHERE, _hull(verdicts)),) if computed else ()
    if not len(best):
        return where
    names = [formula(made[k]) for k in best]
    reported = (
        "Distance from the hull and gap are those of pw.x (PBE); the contribution of other types "
        "of the same formula to the distance is CHGNet's. The estimate, which screens and "
        f"certifies nothing, has an error of {gaps.error_ev:.2f} eV (median, leave-one-out)."
    )
    if SECOND in verdicts:
        reported = f"{reported} {_distance(verdicts.isel({DESIGN: best}))}"
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
    listed = best[:LISTED]
    rows = _table([made[k] for k in listed], designs.isel({DESIGN: listed}), verdicts)
    return Section("Certified crystals", reported, table=rows), cells, *where, pattern


def _distance(verdicts: xr.Dataset) -> str:
    """State by how much two potentials differ; a large difference means that one is wrong."""
    off = MEV * np.abs(verdicts[SECOND].to_numpy() - verdicts["screened_hull"].to_numpy())
    return (
        f"Above the two binaries SevenNet and CHGNet differ by {np.nanmedian(off):.0f} meV an atom "
        f"in the middle and {np.nanmax(off):.0f} at most."
    )


def formula(crystal: Crystal) -> str:
    """Format the formula as chemists write it."""
    return _written(crystal.sites.reduced)


def _written(counts: Mapping[str, int]) -> str:
    return "".join(f"{e}{n if n > 1 else ''}" for e, n in counts.items())


def _first(made: Sequence[Crystal], order: np.ndarray) -> list[int]:
    """Return the first crystal of each text."""
    seen: dict[str, int] = {}
    for k in order:
        seen.setdefault(made[k].sites.text, int(k))
    return list(seen.values())


def _table(made: Sequence[Crystal], designs: xr.Dataset, verdicts: xr.Dataset) -> Rows:
    own = verdicts.sel({DESIGN: designs[DESIGN]})
    edges = [sorted(set((c.edges_m / ANGSTROM).round(2).tolist())) for c in made]
    parts = [[_written(part) for part, _ in splits(c.sites.reduced)] for c in made]
    above = ((h, MEV * own[name].to_numpy(), ".0f") for h, name in ABOVE.items() if name in own)
    return table(
        ("design", designs[DESIGN].to_numpy(), ""),
        ("formula", map(formula, made), ""),
        ("group", [_unbroken(c.sites.group.symbol) for c in made], ""),
        ("a, c (angstrom)", [", ".join(f"{e:.2f}" for e in one) for one in edges], ""),
        ("gap (eV, PBE)", own["band_gap"].to_numpy(), ".2f"),
        *above,
        ("pressure (GPa)", own["pressure"].to_numpy() / 1e9, ".1f"),
        ("falls apart into", [_unbroken(" + ".join(one)) for one in parts], ""),
    )


def _unbroken(text: str) -> str:
    """Replace hyphens and spaces by ones that do not break a line."""
    return text.replace("-", "\u2011").replace(" ", "\u00a0")


def _hull(verdicts: xr.Dataset) -> Figure:
    gap = Axis.of(verdicts, "band_gap", "gap, PBE")
    guess = Axis.of(verdicts, "gap_estimate", "gap that was guessed")
    hull = Axis(MEV * verdicts["hull_distance"].to_numpy(), "above the hull", "meV an atom")
    verdict = verdicts["verdict"].to_numpy()
    return figure_of(Plane(gap, hull, verdict), Requested(guess, gap, verdict), size=(4.4, 3.4))


def _cells(made: Sequence[Crystal], best: Sequence[int]) -> Figure:
    titles = [f"{formula(made[k])}  {made[k].sites.group.symbol}" for k in best]
    return gallery(titles, lambda axes, i: _cell(axes, made[best[i]]), size=(1.9, 2.0))


def _cell(axes: Axes, crystal: Crystal) -> None:
    """Return the atoms of a cell with those on its far faces, sorted by depth, and its edges."""
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
    figure, axes = plane(6.4, 2.6)
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
