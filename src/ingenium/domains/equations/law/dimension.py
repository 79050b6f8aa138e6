"""Exact arithmetic of units: a dimension is a row of integers, and no operation rounds.

Exponents are counted in twelfths, so that roots of roots stay exact.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

Dimension = tuple[int, ...]  # twelfths of the exponent of each base
PARTS = 12


def of_exponents(exponents: Mapping[str, Fraction], bases: Sequence[str]) -> Dimension:
    """Build a dimension from the exponents of bases."""
    return tuple(int(PARTS * exponents.get(b, Fraction(0))) for b in bases)


def bases_of(listed: Iterable[Mapping[str, Fraction]]) -> tuple[str, ...]:
    """Return all bases that occur, in order."""
    return tuple(sorted({b for one in listed for b in one}))


def less(dim: Dimension, *others: Dimension) -> Dimension:
    """Divide one dimension by others."""
    return tuple(d - sum(parts) for d, *parts in zip(dim, *others, strict=True))


def after(operation: str, dims: Sequence[Dimension]) -> Dimension | None:
    """Return the dimension of an operation's result; None where the units are inconsistent."""
    first = dims[0]
    if operation in ("+", "-"):
        return first if first == dims[1] else None
    if operation == "*":
        return tuple(a + b for a, b in zip(*dims, strict=True))
    if operation == "/":
        return tuple(a - b for a, b in zip(*dims, strict=True))
    if operation == "sq":
        return tuple(2 * a for a in first)
    if operation == "sqrt":
        return tuple(a // 2 for a in first) if all(a % 2 == 0 for a in first) else None
    return None if any(first) else first  # functions of pure numbers


def written(dimension: Dimension, bases: Sequence[str]) -> str:
    """Write a dimension, such as `length / time**2`."""
    parts = [(b.strip("[]"), Fraction(p, PARTS)) for b, p in zip(bases, dimension, strict=True)]
    reported = [b if p == 1 else f"{b}**{p}" for b, p in parts if p]
    return " * ".join(reported) or "a pure number"
