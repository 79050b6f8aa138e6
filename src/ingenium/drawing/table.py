"""Numbers of designs as a table of a report."""

from collections.abc import Iterable, Sequence

import numpy as np
import xarray as xr

Rows = tuple[tuple[str, ...], ...]  # the first is the head


def table(*columns: tuple[str, Iterable[object], str]) -> Rows:
    """Build rows of some columns, each with its head, its values and their format.

    A number that is NaN is an empty cell.

        >>> table(("design", [3, 7], ""), ("mass (kg)", [1.25, float("nan")], ".1f"))
        (('design', 'mass (kg)'), ('3', '1.2'), ('7', ''))
    """
    cells = ([_cell(value, how) for value in values] for _, values, how in columns)
    return (tuple(head for head, _, _ in columns), *zip(*cells, strict=True))


def quantiles(
    measured: xr.Dataset, quantities: Sequence[str], *, mean: bool = False, digits: int = 4
) -> Rows:
    """Spread of some quantities over designs, each in a row with its unit."""
    levels = {"5 %": 0.05, "median": 0.5, "95 %": 0.95}
    rows = [("quantity", *(("mean",) if mean else ()), *levels, "unit")]
    for name in quantities:
        values, about = measured[name].to_numpy(), measured[name].attrs
        known = values[np.isfinite(values)]
        found = np.quantile(known, list(levels.values())) if len(known) else [np.nan] * 3
        first = [known.mean() if len(known) else np.nan] if mean else []
        cells = (_cell(float(x), f".{digits}g") for x in (*first, *found))
        rows.append((str(about["long_name"]), *cells, str(about["units"])))
    return tuple(rows)


def _cell(value: object, how: str) -> str:
    if isinstance(value, float | np.floating) and np.isnan(value):
        return ""
    return format(value, how)
