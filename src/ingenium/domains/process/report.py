"""Report sections: the recipes of the highest yields, and readings over conditions."""

import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.core.select import best
from ingenium.core.verdict import Verdict
from ingenium.domains.process.instruments import ZERO_K
from ingenium.drawing import Axis, Plane, Rows, figure_of, table

SHOWN = 8


def sections(designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
    """Recipes with the highest readings, all readings over temperature and time, and failures."""
    verdict, rows = verdicts["verdict"].to_numpy(), best(verdicts, "reading", most=True)[:SHOWN]
    chosen = {DESIGN: rows}
    satisfied = (
        "Of those that satisfy every limit." if len(rows) else "No batch satisfies them all."
    )
    plane = Plane(
        Axis(designs["temperature_k"].to_numpy() - ZERO_K, "temperature", "°C"),
        Axis(designs["time_s"].to_numpy() / 3600, "time", "h"),
        verdict,
        colour=Axis(100 * verdicts["reading"].to_numpy(), "yield read", "%"),
    )
    return (
        Section(
            "Recipes with the highest yields",
            satisfied,
            table=_table(designs.isel(chosen), verdicts.isel(chosen)),
        ),
        Section(
            "Yield over the conditions",
            "Each point is a batch. The instruments failed on "
            f"{int((verdict == Verdict.FAILED).sum())} of {len(verdict)}: "
            "these have failed and say nothing about their conditions.",
            figure_of(plane, size=(6.4, 3.4)),
        ),
    )


def _table(designs: xr.Dataset, verdicts: xr.Dataset) -> Rows:
    return table(
        ("design", designs[DESIGN].to_numpy(), ""),
        ("°C", designs["temperature_k"].to_numpy() - ZERO_K, ".1f"),
        ("min", designs["time_s"].to_numpy() / 60, ".0f"),
        ("B : A", designs["equivalents"].to_numpy(), ".2f"),
        ("catalyst, mol %", 100 * designs["catalyst"].to_numpy(), ".2f"),
        ("A, mol/L", designs["concentration"].to_numpy(), ".2f"),
        ("yield read", verdicts["reading"].to_numpy(), ".1%"),
        ("EUR/mol", verdicts["cost"].to_numpy(), ".0f"),
    )
