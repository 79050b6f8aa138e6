"""Report sections of a lot: its ranking, the flags of each part, alternatives, sand and binder."""

import numpy as np
import xarray as xr

from ingenium.core.problem import Section
from ingenium.core.select import best
from ingenium.domains.printing.quote.costing import PROCESSES
from ingenium.domains.printing.quote.flags import Rules
from ingenium.domains.printing.quote.lot import WAYS, LotPart
from ingenium.drawing import Axis, Plane, Rows, figure_of, table
from ingenium.kits.solids.printing.pictures import gallery as bodies

DRAWN, LISTED = 8, 64


def sections(
    parts: tuple[LotPart, ...], rules: Rules, designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """Ranking by price, pictures, flags as they stand in their file, and materials."""
    rows = best(verdicts, "price")
    number = designs["part"].to_numpy().astype(int)
    first = [r for i, r in enumerate(rows) if number[r] not in number[rows[:i]]]
    found = [
        Section(
            "Flags",
            "As the parts stand in their files, z up: what the designer could change.",
            table=_flags(parts, rules),
        )
    ]
    if not first:
        return tuple(found)
    chosen = first[:DRAWN]
    total = float(verdicts["price"].to_numpy()[first].sum())
    return (
        Section(
            "Ranking",
            f"{len(first)} of {len(parts)} parts can be made; a copy of each costs "
            f"{total:,.0f} EUR together. The cheapest first.",
            table=_ranking(parts, designs, verdicts, first[:LISTED]),
        ),
        *found,
        Section(
            "The cheapest parts",
            "",
            bodies(
                [parts[number[r]].mesh for r in chosen], [parts[number[r]].name for r in chosen]
            ),
        ),
        Section(
            "Sand and binder",
            "Materials of a copy, and the powder that a full box saves "
            "against builds of single copies.",
            table=_materials(parts, designs, verdicts, first[:LISTED]),
        ),
        _price_and_time(verdicts),
    )


def _price_and_time(verdicts: xr.Dataset) -> Section:
    plane = Plane(
        Axis.of(verdicts, "cycle", "hours until all copies are finished"),
        Axis.of(verdicts, "price", "price of a copy"),
        verdicts["verdict"].to_numpy(),
    )
    return Section("Price and time", "Each dot is a quote.", figure_of(plane))


def _columns(parts: tuple[LotPart, ...], designs: xr.Dataset, rows: list[int]) -> list[list[str]]:
    part, process, up = (designs[n].to_numpy().astype(int)[rows] for n in ("part", "process", "up"))
    return [[parts[i].name for i in part], [PROCESSES[i] for i in process], [WAYS[i] for i in up]]


def _ranking(
    parts: tuple[LotPart, ...], designs: xr.Dataset, verdicts: xr.Dataset, rows: list[int]
) -> Rows:
    names, process, up = _columns(parts, designs, rows)
    v = {k: verdicts[k].to_numpy()[rows] for k in ("price", "cycle", "volume", "copies_in_box")}
    return table(
        ("rank", np.arange(1, len(rows) + 1), ""),
        ("part", names, ""),
        ("process", process, ""),
        ("up", up, ""),
        ("EUR each", v["price"], ".2f"),
        ("hours, all", v["cycle"], ".1f"),
        ("in a box", v["copies_in_box"], ".0f"),
        ("cm³", v["volume"], ".2f"),
    )


def _materials(
    parts: tuple[LotPart, ...], designs: xr.Dataset, verdicts: xr.Dataset, rows: list[int]
) -> Rows:
    names, process, _ = _columns(parts, designs, rows)
    v = {k: verdicts[k].to_numpy()[rows] for k in ("powder", "powder_saved", "sand", "binder")}
    return table(
        ("part", names, ""),
        ("process", process, ""),
        ("powder lost, g", 1e3 * v["powder"], ".0f"),
        ("saved", v["powder_saved"], ".0%"),
        ("sand, kg", v["sand"], ".2f"),
        ("binder, g", 1e3 * v["binder"], ".1f"),
    )


def _flags(parts: tuple[LotPart, ...], rules: Rules) -> Rows:
    own = [p.standing[0] for p in parts]
    named = [m.flags(rules) for m in own]
    return table(
        ("part", [p.name for p in parts], ""),
        ("thinnest wall, mm", [1e3 * m.wall_m for m in own], ".2f"),
        ("undercut", [m.undercut for m in own], ".1%"),
        ("without draft", [m.straight for m in own], ".1%"),
        ("overhang", [m.overhang for m in own], ".1%"),
        ("flags", [", ".join(sorted(f)) or "none" for f in named], ""),
    )
