"""Report of the front of mass and deflection, trusses along it, and the variants."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.select import best, pareto_rank
from ingenium.core.verdict import Verdict
from ingenium.domains.structures.roof.hollow import SECTIONS
from ingenium.domains.structures.roof.layout import GROUPS, KINDS, PANELS, joints_m, layout
from ingenium.domains.structures.roof.rule import MassBound
from ingenium.domains.structures.roof.settings import RoofSettings
from ingenium.drawing import Axis, Marks, Plane, Rows, figure_of, gallery, table
from ingenium.drawing.style import GOOD, INK, KNOWN, MUTED, OURS, REJECTED

SHOWN = 6
COLOURS = (OURS, REJECTED, KNOWN, GOOD)


def sections(
    roof: RoofSettings, bound: MassBound, designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """Plot the front first; then its trusses, and the number of feasible variants."""
    good = best(verdicts, "mass")
    goals = np.stack([verdicts[k].to_numpy()[good] for k in ("mass", "deflection")], 1)
    first = good[pareto_rank(goals) == 0] if len(good) else good
    reported = (
        f"{len(first)} trusses on the Pareto front of this run. The grey line is a lower bound "
        "for trusses of these sections; it neglects their own weight, and the nearest "
        f"truss is {100 * bound.above(*goals.T).min():.1f} % above."
        if len(good)
        else "No truss satisfies every limit."
    )
    out = [Section("Mass and deflection", reported, _plane(bound, verdicts, roof))]
    if len(first):
        chosen = first[np.unique(np.linspace(0, len(first) - 1, SHOWN).round().astype(int))]
        some, found = designs.isel({DESIGN: chosen}), verdicts.isel({DESIGN: chosen})
        along = "From light to stiff; `used` is the larger of strength and buckling."
        out += [
            Section("Trusses along the front", along, table=_table(some, found)),
            Section("Drawings", "", _drawn(roof, some, found)),
        ]
    different = "Distinct trusses of this run that satisfy every limit."
    return (*out, Section("Variants", different, table=_counted(designs.isel({DESIGN: good}))))


def _table(designs: xr.Dataset, verdicts: xr.Dataset) -> Rows:
    profile = designs["profile"].to_numpy().astype(int)
    chords = [[SECTIONS.names[p].removeprefix("SHS") for p in own] for own in profile.T]
    names = ("lower chord", "upper chord", "posts", "diagonals")
    used = np.maximum(*(verdicts[k].to_numpy() for k in ("strength_used", "buckling_used")))
    return table(
        ("design", designs[DESIGN].to_numpy(), ""),
        ("kind", [KINDS[int(k)] for k in designs["kind"].to_numpy()], ""),
        ("panels", designs["panels"].to_numpy(), ".0f"),
        ("depth, m", designs["depth_m"].to_numpy(), ".2f"),
        *((name, own, "") for name, own in zip(names, chords, strict=True)),
        ("mass, kg", verdicts["mass"].to_numpy(), ".0f"),
        ("cost, EUR", verdicts["cost"].to_numpy(), ".0f"),
        ("sag, mm", verdicts["deflection"].to_numpy(), ".0f"),
        ("used", used, ".0%"),
    )


def _plane(bound: MassBound, verdicts: xr.Dataset, roof: RoofSettings) -> Figure:
    verdict, mass = verdicts["verdict"].to_numpy(), verdicts["mass"].to_numpy()
    good = mass[verdict == Verdict.ACCEPTED]
    at = np.linspace(0.15 * roof.sag_mm, 1.4 * roof.sag_mm, 200)
    top = 2.2 * float(np.median(good)) if len(good) else None
    sag = Axis.of(verdicts, "deflection", "deflection in service", ends=(0.0, 1.4 * roof.sag_mm))
    least = Marks("no truss below", at, bound.mass_kg(at), MUTED, "-")
    weight = Axis.of(verdicts, "mass", "mass", ends=(0.0, top))
    return figure_of(Plane(sag, weight, verdict, front=(1, 1), marks=(least,)), size=(7.0, 4.2))


def _drawn(roof: RoofSettings, designs: xr.Dataset, verdicts: xr.Dataset) -> Figure:
    rows = zip(designs[DESIGN], verdicts["mass"], verdicts["deflection"], strict=True)
    return gallery(
        [f"design {int(i)}: {float(m):.0f} kg, {float(sag):.0f} mm" for i, m, sag in rows],
        lambda axes, i: _elevation(axes, roof, designs.isel({DESIGN: i})),
        size=(4.6, 1.35),
        columns=2,
        key=dict(zip(GROUPS, COLOURS, strict=True)),
    )


def _elevation(axes: Axes, roof: RoofSettings, one: xr.Dataset) -> None:
    """Draw bars to the width of their sections, with supports."""
    own = layout(int(one["kind"]), int(one["panels"]))
    depth, profile = float(one["depth_m"]), one["profile"].to_numpy().astype(int)
    at = joints_m(own, roof.span_m, np.array([depth]))[0]
    for bar, group in zip(own.bars, own.group, strict=True):
        wide = 16 * SECTIONS.width_m[profile[group]]
        axes.plot(*at[bar].T, color=COLOURS[group], lw=wide, solid_capstyle="round")
    axes.plot([0, roof.span_m], [-0.35, -0.35], "^", color=INK, ms=6)
    axes.set_aspect("equal")
    axes.set(xlim=(-0.6, roof.span_m + 0.6), ylim=(-0.8, roof.depths_m[1] + 0.2))


def _counted(good: xr.Dataset) -> Rows:
    """Distinct trusses by kind and number of panels."""
    numbers = [good[k].to_numpy()[:, None] for k in ("kind", "panels", "depth_m")]
    held = np.unique(np.concatenate([*numbers, good["profile"].to_numpy()], 1), axis=0)
    own = [held[held[:, 0] == k] for k in range(len(KINDS))]
    counts = [(f"{n} panels", [int((x[:, 1] == n).sum()) for x in own], "d") for n in PANELS]
    return table(("kind", KINDS, ""), *counts, ("all", list(map(len, own)), "d"))
