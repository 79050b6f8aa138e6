"""Tables with units: read from CSV, converted to base units, and split for fitting and judging.

Shapes: v columns, r rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from ingenium.core.errors import InputError, choose
from ingenium.core.reading.heads import unit_heads
from ingenium.core.reading.tables import table_of
from ingenium.core.units import Scale, base_unit
from ingenium.domains.equations.law import dimension
from ingenium.domains.equations.law.language import CONSTANTS, PURE, Language
from ingenium.domains.equations.law.operations import OPERATIONS

FEWEST, MOST, WIDEST = 12, 20_000, 10  # rows, and columns besides the target
INNER_EVERY, OUTER_SHARE = 5, 0.15
LARGEST = 1e100  # in base units, so that squares and products are numbers too
SAME = 1e-9  # relative, within which a column is a multiple of another
TAKEN = frozenset((*OPERATIONS, PURE, *(f"{PURE}{i}" for i in range(1, CONSTANTS + 1)), "pi"))


@dataclass(frozen=True)
class MeasuredColumn:
    """Column in base units of the SI."""

    name: str
    unit: str
    dim: dict[str, Fraction]
    values: Float64[np.ndarray, " r"]


@dataclass(frozen=True, eq=False)
class MeasuredTable:
    """Explaining columns and the explained one, in base units.

    A law is fitted on `train`, and judged on two kinds of held-out rows: `inner`, spread evenly,
    and `outer`, furthest from the middle of all columns, which detect a formula that is valid only
    within its training rows.
    """

    language: Language
    units: tuple[str, ...]  # of the columns, in which formulas count
    target: str
    target_unit: str
    columns: Float64[Tensor, "v r"]
    values: Float64[Tensor, " r"]

    @cached_property
    def spread(self) -> float:
        """Standard deviation of the target, the unit of errors."""
        return float(self.values.std(correction=0))

    @cached_property
    def outer(self) -> Int64[Tensor, " o"]:
        """Rows furthest from the middle, by the mean square of their ranks."""
        ranks = self.columns.argsort(1).argsort(1).to(torch.float64)
        far = (ranks / (self.values.shape[0] - 1) - 0.5).square().mean(0)
        count = max(2, round(OUTER_SHARE * len(far)))
        return far.argsort(descending=True, stable=True)[:count].sort().values

    @cached_property
    def rest(self) -> Int64[Tensor, " q"]:
        """All other rows."""
        left = torch.ones(len(self.values), dtype=torch.bool)
        left[self.outer] = False
        return torch.nonzero(left)[:, 0]

    @cached_property
    def inner(self) -> Int64[Tensor, " i"]:
        """Every fifth of the other rows."""
        return self.rest[INNER_EVERY - 1 :: INNER_EVERY]

    @cached_property
    def train(self) -> Int64[Tensor, " t"]:
        """Rows to which constants are fitted."""
        held = torch.isin(self.rest, self.inner)
        return self.rest[~held]

    @cached_property
    def box(self) -> Float64[Tensor, "2 v"]:
        """Least and greatest value of each column."""
        return torch.stack([self.columns.amin(1), self.columns.amax(1)])

    def wide(self, times: float) -> Float64[Tensor, "2 v"]:
        """Widen the box by a factor, around its middle.

        A column of one sign keeps its sign: it is widened by ratio instead of difference.
        """
        low, high = self.box
        more = (times - 1) / 2
        signed = low * high > 0
        sign = torch.where(signed, torch.sign(low), 1.0)
        a, b = torch.minimum(low.abs(), high.abs()), torch.maximum(low.abs(), high.abs())
        ratio = (b / a.clamp_min(1e-300)) ** more
        ends = torch.stack([sign * a / ratio, sign * b * ratio])
        plain = torch.stack([low - more * (high - low), high + more * (high - low)])
        return torch.where(signed, ends.sort(0).values, plain)


def read(text: str, target: str, constant_units: Sequence[str]) -> MeasuredTable:
    """Read a table from CSV whose header names units, such as `length [m],period [s]`.

    Duplicate rows are dropped, so that held-out rows are not in the fit.

    Raises:
        InputError: for a missing or unknown unit, a constant or repeated column, gaps, or fewer
            rows than a law can be judged by.
    """
    table = table_of(text, "a table as CSV", delimiter=",")
    if len(table.heads) < 2:
        raise InputError("a table of at least two columns", f"{len(table.heads)}")
    heads = unit_heads(table.heads, TAKEN, "length [m]")
    once = ~table.frame.duplicated().to_numpy()
    _enough(int(once.sum()))
    numbers = [table.numbers(head)[once] for head in table.heads]
    columns = [_column(*head, own) for head, own in zip(heads, numbers, strict=True)]
    names = [name for name, _ in heads]
    own = columns.pop(names.index(choose(target or names[-1], names, "column")))
    return of_columns(columns, own, constant_units)


def of_columns(
    columns: Sequence[MeasuredColumn], own: MeasuredColumn, constant_units: Sequence[str]
) -> MeasuredTable:
    """Build a table from columns in base units and the explained one.

    Raises:
        InputError: for constant or equivalent columns, or fewer rows than a law can be judged by.
    """
    if not 1 <= len(columns) <= WIDEST:
        raise InputError(f"from 1 to {WIDEST} columns besides the target", f"{len(columns)}")
    _enough(len(own.values))
    _distinct([*columns, own])
    based = dict(base_unit(u, of="a constant") for u in constant_units)
    held = [(f"{PURE}[{unit}]", dim) for unit, dim in based.items() if unit != "1"]
    bases = dimension.bases_of([c.dim for c in (*columns, own)] + [d for _, d in held])
    language = Language(
        tuple(c.name for c in columns),
        tuple(dimension.of_exponents(c.dim, bases) for c in columns),
        dimension.of_exponents(own.dim, bases),
        tuple((name, dimension.of_exponents(d, bases)) for name, d in held),
        bases,
    )
    numbers = torch.from_numpy(np.stack([c.values for c in columns]))
    units = tuple(c.unit for c in columns)
    return MeasuredTable(language, units, own.name, own.unit, numbers, torch.from_numpy(own.values))


def _column(name: str, unit: str, values: np.ndarray) -> MeasuredColumn:
    """Return a column in base units."""
    base, dim = base_unit(unit, of=name)
    own = Scale.between(unit, base, of=name).value(values)
    if np.abs(own).max() > LARGEST:
        got = f"{np.abs(own).max():.3g} {base}"
        raise InputError(f"numbers of {name} up to {LARGEST:g}", got, "Check its unit.")
    return MeasuredColumn(name, base, dict(dim), own)


def _enough(rows: int) -> None:
    """Refuse tables of too few rows to judge a law by, or too many."""
    if not FEWEST <= rows <= MOST:
        got = f"{rows}, of rows that are the same only one"
        more = "Measure more rows." if rows < FEWEST else "Keep a random sample of them."
        raise InputError(f"from {FEWEST} to {MOST} rows", got, more)


def _distinct(columns: Iterable[MeasuredColumn]) -> None:
    """Refuse columns that do not vary, the target too, and those that are multiples of another."""
    listed = list(columns)
    for c in listed:
        if np.ptp(c.values) <= SAME * np.abs(c.values).max():
            out = f'Leave {c.name} out; if the law needs it, write constant_units = ["{c.unit}"].'
            raise InputError(
                f"columns that vary, {c.name} too",
                f"{c.values[0]:g} {c.unit} in all rows",
                "Name another target: that it is constant is its law." if c is listed[-1] else out,
            )
    for i, a in enumerate(listed[:-1]):
        for b in listed[i + 1 : -1]:
            share = float(a.values @ b.values) / float(b.values @ b.values)
            if np.abs(a.values - share * b.values).max() <= SAME * np.abs(a.values).max():
                raise InputError(
                    "columns that say different things",
                    f"{a.name}, which is {share:g} times {b.name} in all rows",
                    f"Leave {a.name} or {b.name} out: no law can distinguish them.",
                )
