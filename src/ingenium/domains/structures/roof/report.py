"""What a structural engineer wants to see: the front, trusses along it, and the variants."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.select import pareto_rank
from ingenium.core.verdict import Verdict
from ingenium.domains.structures.roof.hollow import SECTIONS
from ingenium.domains.structures.roof.layout import GROUPS, KINDS, PANELS, joints_m, layout
from ingenium.domains.structures.roof.rule import MassBound
from ingenium.domains.structures.roof.settings import RoofSettings
from ingenium.drawing.style import (
    GOOD,
    INK,
    KNOWN,
    MUTED,
    OURS,
    REJECTED,
    SMALL,
    TEXT,
    by_verdict,
    dress,
    front,
    panels,
    plane,
)

SHOWN = 6
HEAD = (
    *("design", "kind", "panels", "depth, m", "lower chord", "upper chord", "posts", "diagonals"),
    *("mass, kg", "cost, EUR", "sag, mm", "used"),
)
COLOURS = (OURS, REJECTED, KNOWN, GOOD)


def sections(
    roof: RoofSettings, bound: MassBound, designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """The front first; then the trusses of it, and how many variants hold."""
    good = np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.ACCEPTED)
    goals = np.stack([verdicts[k].to_numpy()[good] for k in ("mass", "deflection")], 1)
    first = good[pareto_rank(goals) == 0] if len(good) else good
    first = first[np.argsort(verdicts["mass"].to_numpy()[first], kind="stable")]
    above = bound.above(*goals.T).min() if len(good) else np.nan
    told = (
        f"{len(first)} trusses that no other of this run betters. The grey line is a bound below "
        f"which no truss of these sections lies; own weight is left out of it, and the nearest "
        f"truss is {100 * above:.1f} % above."
        if len(good)
        else "No truss holds every limit."
    )
    out = [Section("Mass and deflection", told, _plane(bound, verdicts, roof, first))]
    if len(first):
        chosen = first[np.unique(np.linspace(0, len(first) - 1, SHOWN).round().astype(int))]
        rows = tuple(_row(designs, verdicts, int(i)) for i in chosen)
        out += [
            Section(
                "Trusses along the front",
                "From light to stiff; `used` is the larger of strength and buckling.",
                table=(HEAD, *rows),
            ),
            Section("How they look", "", _drawn(roof, designs, verdicts, chosen)),
        ]
    out.append(
        Section(
            "Variants",
            "Different trusses of this page that hold every limit.",
            table=_counted(designs, verdicts),
        )
    )
    return tuple(out)


def _row(designs: xr.Dataset, verdicts: xr.Dataset, i: int) -> tuple[str, ...]:
    profile = designs["profile"].to_numpy()[i].astype(int)
    used = max(float(verdicts[k].to_numpy()[i]) for k in ("strength_used", "buckling_used"))
    mass, cost, sag = (float(verdicts[k].to_numpy()[i]) for k in ("mass", "cost", "deflection"))
    return (
        str(int(designs[DESIGN].to_numpy()[i])),
        KINDS[int(designs["kind"].to_numpy()[i])],
        f"{designs['panels'].to_numpy()[i]:.0f}",
        f"{designs['depth_m'].to_numpy()[i]:.2f}",
        *(SECTIONS.names[p].removeprefix("SHS") for p in profile),
        f"{mass:.0f}",
        f"{cost:.0f}",
        f"{sag:.0f}",
        f"{used:.0%}",
    )


def _plane(bound: MassBound, verdicts: xr.Dataset, roof: RoofSettings, first: np.ndarray) -> Figure:
    figure, axes = plane(7.0, 4.2)
    mass, sag = verdicts["mass"].to_numpy(), verdicts["deflection"].to_numpy()
    verdict = verdicts["verdict"].to_numpy()
    by_verdict(axes, sag, mass, verdict)
    good = verdict == Verdict.ACCEPTED
    front(axes, np.stack([sag[good], mass[good]], 1))
    axes.scatter(sag[first], mass[first], 20, "none", edgecolors=INK, lw=0.7, label="front")
    reach = 1.4 * roof.sag_mm
    at = np.linspace(0.15 * roof.sag_mm, reach, 200)
    axes.plot(at, bound.mass_kg(at), color=MUTED, lw=1.5, label="no truss below")
    axes.axvline(roof.sag_mm, color=MUTED, lw=0.8, ls=":")
    top = 2.2 * float(np.median(mass[good])) if good.any() else None
    axes.set(xlim=(0, reach), ylim=(0, top))
    dress(axes, "deflection in service (mm)", "mass (kg)", grid=True)
    return figure


def _drawn(
    roof: RoofSettings, designs: xr.Dataset, verdicts: xr.Dataset, chosen: np.ndarray
) -> Figure:
    figure, grid = panels(-(-len(chosen) // 2), 2, (4.6, 1.35))
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, i in zip(grid.flat, chosen.tolist(), strict=False):
        _elevation(axes, roof, designs.isel({DESIGN: i}))
        axes.set_title(
            f"design {int(designs[DESIGN].to_numpy()[i])}: "
            f"{float(verdicts['mass'].to_numpy()[i]):.0f} kg, "
            f"{float(verdicts['deflection'].to_numpy()[i]):.0f} mm",
            fontsize=TEXT,
            color=INK,
        )
    first = grid.flat[0]
    for name, colour in zip(GROUPS, COLOURS, strict=True):
        first.plot([], [], color=colour, label=name)
    figure.legend(
        *first.get_legend_handles_labels(),
        loc="outside lower center",
        ncols=len(GROUPS),
        frameon=False,
        fontsize=SMALL,
    )
    return figure


def _elevation(axes: Axes, roof: RoofSettings, one: xr.Dataset) -> None:
    """Bars as wide as their sections, on their supports."""
    own = layout(int(one["kind"]), int(one["panels"]))
    depth, profile = float(one["depth_m"]), one["profile"].to_numpy().astype(int)
    at = joints_m(own, roof.span_m, np.array([depth]))[0]
    for bar, group in zip(own.bars, own.group, strict=True):
        wide = 16 * SECTIONS.width_m[profile[group]]
        axes.plot(*at[bar].T, color=COLOURS[group], lw=wide, solid_capstyle="round")
    axes.plot([0, roof.span_m], [-0.35, -0.35], "^", color=INK, ms=6)
    axes.set_aspect("equal")
    axes.set(xlim=(-0.6, roof.span_m + 0.6), ylim=(-0.8, roof.depths_m[1] + 0.2))


def _counted(designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[tuple[str, ...], ...]:
    good = verdicts["verdict"].to_numpy() == Verdict.ACCEPTED
    names = ("kind", "panels", "depth_m")
    numbers = [designs[k].to_numpy()[:, None] for k in names] + [designs["profile"].to_numpy()]
    held = np.unique(np.concatenate(numbers, 1)[good], axis=0)
    rows = [
        (
            name,
            *(str(int(((held[:, 0] == k) & (held[:, 1] == n)).sum())) for n in PANELS),
            str(int((held[:, 0] == k).sum())),
        )
        for k, name in enumerate(KINDS)
    ]
    return (("kind", *(f"{n} panels" for n in PANELS), "all"), *rows)
