"""Rates as a table for the search of laws, and the laws that it finds as a family.

Rates are growth over size, by a smooth curve through the logarithms of readings; columns are
sizes over their mean, so that all constants are pure numbers or rates.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product

import numpy as np
import pandas as pd
from scipy.interpolate import make_smoothing_spline

from ingenium.model.families import ProcessFamily
from ingenium.model.series import MeasuredSeries

RATE, FINER = "rate", 4  # the column of the target; points of the curve between two times
RATE_UNIT = "1/s"  # in the table alone: there a second represents the unit of time, whatever it is
LONGEST, EACH, MOST = 13, 3, 9  # symbols of a rate; laws of each column; pairs of them
HELD = re.compile(r"(c\d+) = (\S+)  # \S+")  # a constant with a unit
NUMBER = re.compile(r"(?<![\w.<])-?\d+(?:\.\d*(?:e[+-]?\d+)?|e[+-]?\d+)")  # no 1 and no 2


@dataclass(frozen=True)
class RateLaw:
    """A formula for the growth of one column over its size, from a file of SymPy."""

    column: str
    text: str
    misfit: float
    complexity: int


def rate_table(series: MeasuredSeries, column: str) -> str:
    """Write the rates of a column and the sizes of all as CSV with units."""
    own = series.learned
    time = series.time[own]
    logs = np.log(series.values[own])
    fine = np.concatenate([np.linspace(a, b, FINER, endpoint=False) for a, b in pairwise(time)])
    curves = [make_smoothing_spline(time, row) for row in logs.T]
    table = {
        f"{name} [1]": np.exp(curve(fine)) / size
        for name, curve, size in zip(series.names, curves, series.scale, strict=True)
    }
    curve = curves[series.names.index(column)]
    table[f"{RATE} [{RATE_UNIT}]"] = curve.derivative()(fine)
    return pd.DataFrame(table).to_csv(index=False, float_format="%.9g")


def families(series: MeasuredSeries, laws: Sequence[RateLaw], among: int) -> list[ProcessFamily]:
    """Combine laws, one for each column, into at most `among` families."""
    by_column = [[law for law in laws if law.column == n][:EACH] for n in series.names]
    if not all(by_column):
        return []
    found = []
    for number, chosen in enumerate(list(product(*by_column))[:MOST], 1):
        found.append(replace(_family(series, chosen, number), among=among))
    return found


def _family(series: MeasuredSeries, laws: Sequence[RateLaw], number: int) -> ProcessFamily:
    """Build a family: columns `x0`, ...; reference sizes `m0`, ...; constants `k0`, ... above 0."""
    units: dict[str, str] = {}
    values: dict[str, float] = {}

    def constant(value: float, unit: str) -> str:
        name = f"k{len(units)}"
        units[name], values[name] = unit, abs(value)
        return f"(-{name})" if value < 0 else name

    rates = {
        f"x{i}": f"x{i}*({_in_symbols(law, series.names, constant)})" for i, law in enumerate(laws)
    }
    return ProcessFamily(
        f"searched_{number}",
        f"law {number} of the search",
        "search",
        rates,
        units,
        ("The formula was chosen because it fits: it has no mechanism.",),
        symmetric=True,
        references={f"m{i}": (f"x{i}", float(s)) for i, s in enumerate(series.scale)},
        found=values,
    )


def _in_symbols(law: RateLaw, names: Sequence[str], constant: Callable[[float, str], str]) -> str:
    """Return the formula with columns as `(x0/m0)`, and each constant under its name."""
    lines = [x for x in law.text.splitlines() if x.strip() and not x.startswith("#")]
    parts = {n: f"(x{j}/m{j})" for j, n in enumerate(names)}
    for match in map(HELD.fullmatch, lines[:-1]):
        if match:
            parts[match[1]] = constant(float(match[2]), "1/T")
    longest = "|".join(sorted(parts, key=len, reverse=True))
    formula = lines[-1].partition(" = ")[2]
    formula = re.sub(rf"\b(?:{longest})\b", lambda m: parts[m[0]], formula)
    return NUMBER.sub(lambda m: constant(float(m[0]), "1"), formula)
