"""Conditions and inputs of designs as numbers for a model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import xarray as xr
from jaxtyping import Float64

from ingenium.core.designs import DESIGN
from ingenium.core.quantity import Condition

NARROW = 1e-12  # width of a range below which it counts as one number


def features(conditions: Sequence[Condition], designs: xr.Dataset) -> Float64[np.ndarray, "n c"]:
    """Encode the conditions of each design; a single column of zeros where there are no conditions.

    A choice is 1 in the column of its name and 0 elsewhere, a number on a circle its sine and
    cosine, any other number from -1 to 1 over its range or scaled as in its condition. Unknown
    values (NaN or absent) are 0.
    """
    n = designs.sizes[DESIGN]
    columns = [np.zeros((n, 1))] if not conditions else []
    for condition in conditions:
        if condition.name in designs:
            columns.append(_columns(condition, designs[condition.name].to_numpy()))
        else:
            columns.append(np.zeros((n, width(condition))))
    return np.concatenate(columns, 1)


def width(condition: Condition) -> int:
    """Return the number of columns of one condition."""
    if condition.choices is not None:
        return len(condition.choices)
    return 1 if condition.period is None else 2


def _columns(c: Condition, values: np.ndarray) -> Float64[np.ndarray, "n _"]:
    if c.choices is not None:
        own: np.ndarray = values.astype(str)[:, None] == np.array(c.choices)
        return own.astype(np.float64)
    x = values.astype(np.float64)
    if c.period is not None:
        angle = 2 * np.pi * (x - (c.middle or 0.0)) / c.period
        found = np.stack([np.sin(angle), np.cos(angle)], 1)
    elif c.middle is None:
        found = (2 * (x - c.lower) / max(c.upper - c.lower, NARROW) - 1)[:, None]
    else:
        away = np.log(x / c.middle) if c.log else x - c.middle
        found = (away / c.spread)[:, None]
    known: np.ndarray = np.nan_to_num(found)
    return known


@runtime_checkable
class InputCodec(Protocol):
    """Codec of an input for a model; known designs hold their inputs as a column of values."""

    def encode(self, values: np.ndarray) -> Float64[np.ndarray, "n c"]:
        """Return numbers of about unit size, a row for each value along the first axis."""
        ...


@dataclass(frozen=True, eq=False)
class LeadingComponents:
    """Principal components of arrays, fitted to known ones and divided by their spread.

    Shapes: n designs, m numbers of an array, c components.
    """

    mean: Float64[np.ndarray, " m"]
    axes: Float64[np.ndarray, "m c"]  # a column for each component, over its spread

    @classmethod
    def of(cls, known: np.ndarray, *, most: int = 8) -> "LeadingComponents":
        """Fit the components to the arrays of known designs, without rows that are not finite."""
        rows = known.reshape(len(known), -1)
        rows = rows[np.isfinite(rows).all(1)]
        mean = rows.mean(0)
        _, spread, axes = np.linalg.svd(rows - mean, full_matrices=False)
        reported = spread[:most] > NARROW * max(1.0, float(np.abs(mean).max()))
        scale = spread[:most][reported] / np.sqrt(len(rows))
        return cls(mean, axes[:most][reported].T / scale)

    def encode(self, values: np.ndarray) -> Float64[np.ndarray, "n c"]:
        """Return the components of each array; unknown values are encoded as the mean."""
        flat = values.reshape(len(values), -1)
        known: np.ndarray = np.nan_to_num((flat - self.mean) @ self.axes)
        return known
