"""Random laws with consistent units and rows that they explain: training data of a reader.

A law is a product of factors over others: columns, their powers, and functions of smaller products
or sums in brackets. Each column is used about once, as in most laws of physics. Units follow from
the law: they solve the linear equations that its sums and functions demand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.domains.equations.law.dimension import PARTS, Dimension
from ingenium.domains.equations.law.language import (
    CONSTANTS,
    LONGEST,
    PURE,
    WHOLE,
    Postfix,
)
from ingenium.domains.equations.law.operations import OPERATIONS

MOST, BASES, ROWS = 9, 4, 64  # columns, bases of units, and rows of a law
STEEPEST = 6  # exponent of a unit
AMONG = (2, 4, 6, 5, 4, 3, 2, 1, 1)  # how often a law has 1, 2, ... columns
POWERS = {"": 14, "sq": 4, "sqrt": 1, "over": 1}  # a denominator is combined with its product
BRACKETS = {"": 8, "sq": 2, "sqrt": 4, "exp": 3, "sin": 2, "cos": 2, "log": 1, "tanh": 1, "asin": 1}
PAIRED = 0.5  # probability that columns of a law beyond the first are put into brackets
PATIENCE = 400
NUMBERS = {*WHOLE, PURE}
Rng = np.random.Generator


@dataclass(frozen=True, eq=False)
class ChanceLaw:
    """A formula of columns `x0`, `x1`, ... with its constants, units and rows."""

    tokens: Postfix
    constants: tuple[float, ...]
    dims: tuple[Dimension, ...]  # of the columns, and of the target
    columns: Float64[Tensor, "v r"]
    values: Float64[Tensor, " r"]

    @classmethod
    def sampled(cls, rng: Rng) -> "ChanceLaw":
        """Sample a law whose values are finite and vary.

        Raises:
            RuntimeError: if none was found in many trials, which does not happen.
        """
        for _ in range(PATIENCE):
            v = 1 + _chosen(rng, AMONG)
            names = [f"x{i}" for i in range(v)]
            tokens = _product(names, rng, depth=2, scaled=rng.random() < 0.5)
            held = tokens.count(PURE)
            if len(tokens) > LONGEST or held > CONSTANTS or _numbers_meet(tokens):
                continue
            constants = tuple(np.exp(0.8 * rng.standard_normal(held)).tolist())
            columns = _rows(v, rng)
            values = evaluated(tokens, constants, columns)
            size = float(values.abs().amax())
            spread = float(values.std(correction=0))
            if not (np.isfinite(size) and spread > 1e-6 and size < 1e6 and spread > 0.02 * size):
                continue
            return cls(tokens, constants, _units(tokens, v, rng), columns, values)
        raise RuntimeError("no law in many trials")


def _numbers_meet(tokens: Postfix) -> bool:
    """True if a number follows a number, which the grammar of units does not allow."""
    return any({a, b} <= NUMBERS for a, b in pairwise(tokens))


def evaluated(
    tokens: Postfix, constants: Sequence[float], columns: Float64[Tensor, "v r"]
) -> Float64[Tensor, " r"]:
    """Values of one formula in all rows."""
    stack: list[Tensor] = []
    held = iter(constants)
    ones = torch.ones(columns.shape[1], dtype=torch.float64)
    for t in tokens:
        if t in OPERATIONS:
            taken = [stack.pop() for _ in range(OPERATIONS[t].arity)][::-1]
            stack.append(OPERATIONS[t].value(*taken))
        elif t.startswith("x"):
            stack.append(columns[int(t[1:])])
        else:
            stack.append(ones * (next(held) if t == PURE else float(t)))
    return stack[-1]


def _chosen(rng: Rng, weights: Sequence[int]) -> int:
    own = np.array(weights, dtype=float)
    return int(rng.choice(len(own), p=own / own.sum()))


def _named(rng: Rng, weights: dict[str, int]) -> str:
    return list(weights)[_chosen(rng, list(weights.values()))]


def _product(names: Sequence[str], rng: Rng, *, depth: int, scaled: bool) -> Postfix:
    """Factors over others; `scaled` by a constant or a number."""
    left = list(rng.permutation(np.array(names)))
    factors: list[Postfix] = []
    while left:
        many = 1
        if depth and len(left) > 1 and rng.random() < PAIRED:
            many = int(rng.integers(2, min(len(left), 4) + 1))
        own, left = [str(n) for n in left[:many]], left[many:]
        factors.append(_factor(own, rng, depth))
    factors.sort(key=lambda f: (len(f), f))
    over = rng.random(len(factors)) < 0.35
    above = [f for f, o in zip(factors, over, strict=True) if not o]
    below = [f for f, o in zip(factors, over, strict=True) if o]
    if scaled:
        above.append((PURE if rng.random() < 0.7 else "2",))
    tokens, *others = above or [("1",)]
    for more in others:
        tokens = (*tokens, *more, "*")
    for more in below:
        tokens = (*tokens, *more, "/")
    return tokens


def _factor(names: Sequence[str], rng: Rng, depth: int) -> Postfix:
    """A power of one column, a function of it, or of a smaller law in brackets."""
    if len(names) == 1:
        if depth and rng.random() < 0.15:
            return _bracket(names, rng, depth)
        how = _named(rng, POWERS)
        whole = (names[0],)
        return whole if how in ("", "over") else (*whole, how)
    return _bracket(names, rng, depth)


def _bracket(names: Sequence[str], rng: Rng, depth: int) -> Postfix:
    """A function of a sum, or of a product; a sum alone if there is no function."""
    how = _named(rng, BRACKETS)
    sums = how in ("", "sq", "sqrt") or rng.random() < 0.3
    inside = _sum(names, rng, depth - 1) if sums else _product(
        names, rng, depth=depth - 1, scaled=rng.random() < 0.3)  # fmt: skip
    if how == "exp" and not sums and rng.random() < 0.3:
        return (*inside, how, "1", str(rng.choice(["-", "+"])))
    return (*inside, how) if how else inside


def _sum(names: Sequence[str], rng: Rng, depth: int) -> Postfix:
    """Terms that are added or subtracted, or one and a number."""
    order = [str(n) for n in rng.permutation(np.array(names))]
    if len(order) == 1 or rng.random() < 0.25:
        term = _product(order, rng, depth=depth, scaled=rng.random() < 0.3)
        if rng.random() < 0.5 and term[0] in names:  # the grammar has no number after a number
            return ("1", *term, str(rng.choice(["-", "+"])))
        return (*term, "1", str(rng.choice(["-", "+"])))
    many = 3 if len(order) > 2 and rng.random() < 0.3 else 2
    cuts = np.sort(rng.choice(np.arange(1, len(order)), many - 1, replace=False))
    parts = [list(p) for p in np.split(np.array(order), cuts)]
    alike = rng.random() < 0.3  # squares of all, as in distances
    terms: list[Postfix] = []
    for part in parts:
        own = [str(n) for n in part]
        if alike and len(own) == 1:
            terms.append((own[0], "sq"))
        else:
            terms.append(_product(own, rng, depth=depth, scaled=rng.random() < 0.2))
    terms.sort(key=lambda t: (len(t), t))
    tokens = terms[0]
    for more in terms[1:]:
        tokens = (*tokens, *more, str(rng.choice(["+", "-"])))
    return tokens


def _rows(v: int, rng: Rng) -> Float64[Tensor, "v r"]:
    """Columns over ranges of several sizes; a few change sign."""
    low = np.exp(rng.uniform(np.log(0.3), np.log(3), v))
    high = low * np.exp(rng.uniform(0.7, 1.8, v))
    signed = rng.random(v) < 0.08
    low = np.where(signed, -high, low)
    sampled = rng.uniform(0, 1, (ROWS, v)) * (high - low) + low
    size = np.where(rng.random(v) < 0.2, np.exp(2 * rng.standard_normal(v)), 1.0)
    return torch.from_numpy((sampled * size).T.copy())


def _units(tokens: Postfix, v: int, rng: Rng) -> tuple[Dimension, ...]:
    """Units that a formula admits for its columns and its result; often none."""
    none = tuple((0,) * BASES for _ in range(v + 1))
    if rng.random() < 0.3:
        return none
    target, demands = _forms(tokens, v)
    free = _free(demands, v)
    if not free:
        return none
    bases = int(rng.integers(1, BASES))
    found = np.zeros((v, BASES))
    for base in rng.permutation(BASES)[:bases]:
        few = rng.choice([-2, -1, 0, 1, 2], len(free), p=[0.1, 0.2, 0.4, 0.2, 0.1])
        found[:, base] = few @ np.array(free, float)
    whole = np.vstack([found, np.array(target, float) @ found])
    if np.abs(whole).max() > STEEPEST or np.abs(whole * PARTS % 1).max() > 0:
        return none
    return tuple(tuple(int(x) for x in row) for row in np.round(PARTS * whole))


def _forms(tokens: Postfix, v: int) -> tuple[list[Fraction], list[list[Fraction]]]:
    """The unit of a formula as exponents of those of its columns, and sums of them that are 0."""
    stack: list[list[Fraction]] = []
    demands: list[list[Fraction]] = []
    for t in tokens:
        if t not in OPERATIONS:
            one = [Fraction(0)] * v
            if t.startswith("x"):
                one[int(t[1:])] = Fraction(1)
            stack.append(one)
            continue
        taken = [stack.pop() for _ in range(OPERATIONS[t].arity)][::-1]
        first = taken[0]
        if t in ("+", "-"):
            demands.append([a - b for a, b in zip(*taken, strict=True)])
        elif t in ("*", "/"):
            sign = 1 if t == "*" else -1
            first = [a + sign * b for a, b in zip(*taken, strict=True)]
        elif t in ("sq", "sqrt"):
            first = [a * (Fraction(2) if t == "sq" else Fraction(1, 2)) for a in first]
        else:
            demands.append(first)
            first = [Fraction(0)] * v
        stack.append(first)
    return stack[-1], [d for d in demands if any(d)]


def _free(demands: list[list[Fraction]], v: int) -> list[list[Fraction]]:
    """Integers that solve all equations: one row for each free unit."""
    rows, pivots = [list(d) for d in demands], list[int]()
    for place in range(v):
        own = next((r for r in rows[len(pivots) :] if r[place]), None)
        if own is None:
            continue
        rows.remove(own)
        rows.insert(len(pivots), own)
        own[:] = [x / own[place] for x in own]
        for r in rows:
            if r is not own and r[place]:
                r[:] = [a - r[place] * b for a, b in zip(r, own, strict=True)]
        pivots.append(place)
    found = []
    for place in set(range(v)) - set(pivots):
        way = [Fraction(int(i == place)) for i in range(v)]
        for r, pivot in zip(rows, pivots, strict=False):
            way[pivot] = -r[place]
        scale = np.lcm.reduce([w.denominator for w in way])
        found.append([w * int(scale) for w in way])
    return found
