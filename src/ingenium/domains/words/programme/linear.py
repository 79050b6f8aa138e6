"""Linear expressions and programmes."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

INF = float("inf")


class LinearSum:
    """Constant plus coefficients of variables; nonlinear operations raise TypeError."""

    __slots__ = ("constant", "shares")

    def __init__(self, shares: dict[int, float], constant: float = 0.0) -> None:
        self.shares, self.constant = shares, constant

    def __add__(self, other: Any) -> "LinearSum":
        right = _sum(other)
        shares = dict(self.shares)
        for key, share in right.shares.items():
            shares[key] = shares.get(key, 0.0) + share
        return LinearSum(shares, self.constant + right.constant)

    def __mul__(self, other: Any) -> "LinearSum":
        if isinstance(other, LinearSum):
            raise TypeError("a product of variables is not linear")
        factor = float(other)
        shares = {key: share * factor for key, share in self.shares.items()}
        return LinearSum(shares, self.constant * factor)

    def __sub__(self, other: Any) -> "LinearSum":
        return self + _sum(other) * -1.0

    def __rsub__(self, other: Any) -> "LinearSum":
        return _sum(other) - self

    def __neg__(self) -> "LinearSum":
        return self * -1.0

    __radd__, __rmul__ = __add__, __mul__


def _sum(value: Any) -> LinearSum:
    if isinstance(value, LinearSum):
        return value
    if isinstance(value, int | float):
        return LinearSum({}, float(value))
    raise TypeError(f"{value!r} is no number")


@dataclass(frozen=True)
class Row:
    """Constraint: a linear sum between two bounds."""

    shares: dict[int, float]
    low: float
    high: float

    @classmethod
    def of(cls, left: Any, sign: str, right: Any) -> "Row":
        """Build from two sides and `<=`, `>=` or `==`."""
        gap = _sum(left) - right
        bound = -gap.constant
        low = bound if sign in (">=", "==") else -INF
        high = bound if sign in ("<=", "==") else INF
        return cls({k: v for k, v in gap.shares.items() if v}, low, high)


@dataclass
class LinearProgramme:
    """Bounded variables, some of them integers; rows; and the objective.

    Shapes: v variables, r rows.
    """

    names: list[str] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    goal: LinearSum | None = None
    most: bool = False  # whether the objective is maximised

    def variable(self, low: float, high: float, name: str, *, whole: bool) -> LinearSum:
        """Add a variable."""
        self.names.append(name)
        self.lower.append(low)
        self.upper.append(high)
        self.whole.append(whole)
        return LinearSum({len(self.names) - 1: 1.0})

    def canonical(self) -> tuple[Any, ...]:
        """Return a normal form of equal programmes: variables by name, rows in any order."""
        order = np.argsort(np.array(self.names, dtype=object), kind="stable")
        place = {int(old): new for new, old in enumerate(order)}

        def reported(shares: dict[int, float]) -> tuple[tuple[int, float], ...]:
            return tuple(sorted((place[k], _round(v)) for k, v in shares.items() if v))

        rows = sorted((reported(r.shares), _round(r.low), _round(r.high)) for r in self.rows)
        columns = [
            (self.names[i], _round(self.lower[i]), _round(self.upper[i]), self.whole[i])
            for i in order.tolist()
        ]
        goal = self.goal or LinearSum({})
        return columns, rows, reported(goal.shares), _round(goal.constant), self.most


def _round(value: float) -> float:
    return float(f"{value:.10g}") + 0.0
