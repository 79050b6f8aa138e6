"""Measured values in display units: those of the spec's limits, else the field's.

Files, evidence and computed values have the unit of the quantity.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from ingenium.core.quantity import LABELS, SHOWN
from ingenium.core.spec import Limit
from ingenium.core.units import Scale


def scale(array: xr.DataArray, requested: str | None = None) -> Scale:
    """Return the scale from an array's unit to its display unit: `requested`, or the field's."""
    unit = str(array.attrs.get("units", "1"))
    return Scale.between(unit, str(requested or array.attrs.get(SHOWN, unit)), of=str(array.name))


def scales(verdicts: xr.Dataset, requested: Iterable[Limit]) -> dict[str, Scale]:
    """Return the scale of each quantity in verdicts, to the unit of its limit if that has one."""
    wanted: dict[str, str] = {}
    for limit in requested:
        if limit.unit:
            wanted.setdefault(limit.quantity, limit.unit)
    measured = {str(k): v for k, v in verdicts.data_vars.items() if "units" in v.attrs}
    return {name: scale(array, wanted.get(name)) for name, array in measured.items()}


def bound(limit: Limit, by: Scale) -> Limit:
    """Convert a limit to display units."""
    low, high = limit.at_least, limit.at_most
    return replace(
        limit,
        at_least=None if low is None else _near(by.value(low)),
        at_most=None if high is None else _near(by.value(high)),
        unit=by.unit,
    )


def rescaled(verdicts: xr.Dataset, limits: Sequence[Limit], by: Mapping[str, Scale]) -> xr.Dataset:
    """Convert verdicts to display units: values, margins and their uncertainties."""
    factors = np.array([by[x.quantity].factor for x in limits], dtype=np.float64)
    shown = {
        name: verdicts[name].copy(data=one.value(verdicts[name].to_numpy()))
        for name, one in by.items()
    }
    for name, array in shown.items():
        array.attrs["units"] = by[name].unit
    for name in ("margin", "margin_uncertainty"):
        if name in verdicts:
            shown[name] = verdicts[name] * xr.DataArray(factors, dims="limit")
    labels = [bound(x, by[x.quantity]).label for x in limits]
    return verdicts.assign(shown).assign_coords(limit=labels)


def read(array: xr.DataArray) -> Scale:
    """Return the display scale of numbers of a design; of a text one without a unit."""
    return scale(array) if "units" in array.attrs else Scale("")


def column(array: xr.DataArray, by: Scale) -> tuple[str, pd.Series]:
    """Return a number of each design as a column with its unit in the heading; places by name."""
    values, name = array.to_numpy(), str(array.name)
    if LABELS in array.attrs:
        names = np.atleast_1d(array.attrs[LABELS])
        known = np.isfinite(values)
        texts = np.full(len(values), None, dtype=object)
        texts[known] = names[values[known].astype(int)]
        return name, pd.Series(texts, dtype=object)
    return headed(name, by.unit), pd.Series(by.value(values))


def headed(name: str, unit: str) -> str:
    """Return a name with its unit, if it has one."""
    return name if unit in ("", "1") else f"{name} ({unit})"


def _near(value: float) -> float:
    """Round a converted number to the one that was most likely written."""
    return float(f"{value:.12g}")
