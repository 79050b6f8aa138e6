"""Products of powers: their bases, those that units admit, and their written form.

Exponents are counted in halves, so that roots stay exact.

Shapes: n bases, m rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.domains.equations.law.dimension import Dimension
from ingenium.domains.equations.law.evaluation import Evaluator
from ingenium.domains.equations.law.language import Language, Postfix
from ingenium.domains.equations.law.operations import OPERATIONS

STEEPEST, SHARED, BARE = 4, 2, 1  # powers of a column, of one of many alike, of a pure number
REACH, ALIKE = 10, 3  # sum of the sizes of all powers; columns from which on they are many alike
Exponents = tuple[int, ...]  # twice the powers


@dataclass(frozen=True, eq=False)
class PowerBase:
    """Base of a product: a column, or a simple part of a few."""

    tokens: Postfix
    dim: Dimension
    values: Float64[np.ndarray, " m"]


def columns_of(language: Language, columns: Float64[Tensor, "n m"]) -> list[PowerBase]:
    """Return each column as a base."""
    both = zip(language.names, language.dims, columns.numpy(), strict=True)
    return [PowerBase((name,), dim, values) for name, dim, values in both]


def parts_of(
    language: Language,
    columns: Float64[Tensor, "_ m"],
    angles: Sequence[str],
    operations: Sequence[str],
) -> list[PowerBase]:
    """Return sums and differences of columns, those of squares, and waves, that have values."""
    made = [*_sums(language, angles), *_waves(language, angles)]
    may = [p for p in made if all(t in operations for t in p if t in OPERATIONS)]
    if not may:
        return []
    none = torch.zeros(len(may), 1, dtype=torch.float64)
    values = Evaluator(language).values(language.numbers(may), none, columns).numpy()
    whole = [i for i, v in enumerate(values) if np.isfinite(v).all() and np.ptp(v) > 0]
    dims = [language.dimension(may[i]) for i in whole]
    return [
        PowerBase(may[i], d, values[i]) for i, d in zip(whole, dims, strict=True) if d is not None
    ]


def _alike(language: Language, angles: Sequence[str]) -> list[list[str]]:
    """Return groups of columns that can be added: of one dimension, angles not with numbers."""
    found: dict[Dimension, list[str]] = {}
    for name, dim in zip(language.names, language.dims, strict=True):
        if name not in angles:
            found.setdefault(dim, []).append(name)
    return list(found.values())


def _sums(language: Language, angles: Sequence[str]) -> Iterator[Postfix]:
    for names in _alike(language, angles):
        for a, b in combinations(names, 2):
            yield a, b, "+"
            yield a, b, "-"
            yield a, "sq", b, "sq", "+"
            yield a, "sq", b, "sq", "-"
        pairs = [(b, a, "-", "sq") for a, b in zip(names[::2], names[1::2], strict=False)]
        for n in (2, 3):  # distances of points, in 2 or 3 coordinates
            if len(pairs) >= n:
                yield tuple(t for p in pairs[:n] for t in p) + ("+",) * (n - 1)


def turns(language: Language, angles: Sequence[str]) -> list[Postfix]:
    """Return angles, and their differences."""
    return [(a,) for a in angles] + [(a, b, "-") for a, b in combinations(angles, 2)]


def _waves(language: Language, angles: Sequence[str]) -> Iterator[Postfix]:
    """Yield sines and cosines, and 1 less a cosine, which is the square of half an angle."""
    bare = [n for n, d in zip(language.names, language.dims, strict=True)
            if not any(d) and n not in angles]  # fmt: skip
    reported: list[Postfix] = turns(language, angles)
    reported += [(n, a, "*") for n, a in product(bare, angles)]
    dims = dict(zip(language.names, language.dims, strict=True))
    for names in _alike(language, angles):
        for (a, b), c in product(combinations(names, 2), language.names):
            if any(dims[a]) and not any(x + y for x, y in zip(dims[a], dims[c], strict=True)):
                reported.append((a, b, "-", c, "*"))
    for turn in reported:
        yield (*turn, "cos")
        yield (*turn, "sin")
        yield "1", *turn, "cos", "-"


def admitted(bases: Sequence[PowerBase], wanted: Dimension, most: int) -> list[Exponents]:
    """Return products of integer powers that have a dimension, those of small powers first."""
    if not bases:
        return []
    dims = [b.dim for b in bases]
    half = len(dims) // 2
    left, right = (_powers(dims, range(*ends)) for ends in ((0, half), (half, len(dims))))
    by_dimension: dict[Dimension, list[tuple[int, Exponents]]] = {}
    for size, powers, dim in right:
        by_dimension.setdefault(dim, []).append((size, powers))
    found = []
    for size, powers, dim in left:
        rest = tuple(w - d for w, d in zip(wanted, dim, strict=True))
        for other, more in by_dimension.get(rest, ())[: 4 * most]:
            if 0 < size + other <= REACH:
                found.append((size + other, (*powers, *more)))
    return [tuple(2 * p for p in powers) for _, powers in sorted(found)[:most]]


def _powers(
    dims: Sequence[Dimension], which: range
) -> list[tuple[int, tuple[int, ...], Dimension]]:
    """Return sizes, powers and dimensions of all products of some bases, small powers first."""
    own = [dims[i] for i in which]
    most = [(BARE if not any(d) else SHARED if dims.count(d) >= ALIKE else STEEPEST) for d in own]
    powers = np.array(list(product(*(range(-p, p + 1) for p in most))), dtype=np.int64)
    powers = powers.reshape(-1 if own else 1, len(own))
    size = np.abs(powers).sum(1)
    retained = np.argsort(size, kind="stable")[: int((size <= REACH).sum())]
    after = powers[retained] @ np.array(own, dtype=np.int64).reshape(len(own), len(dims[0]))
    listed = zip(size[retained].tolist(), powers[retained].tolist(), after.tolist(), strict=True)
    return [(s, tuple(p), tuple(d)) for s, p, d in listed]


def value(bases: Sequence[PowerBase], exponents: Exponents) -> Float64[np.ndarray, " m"]:
    """Return a product on all rows; roots are of absolute values."""
    logs = sum(
        0.5 * p * np.log(np.abs(b.values)) for b, p in zip(bases, exponents, strict=True) if p
    )
    signs = [np.sign(b.values) for b, p in zip(bases, exponents, strict=True) if p % 4 == 2]
    found: np.ndarray = np.exp(logs) * np.prod(signs, axis=0) if signs else np.exp(logs)
    return found


def written(bases: Sequence[PowerBase], exponents: Exponents) -> Postfix:
    """Write the factors before the divisors, and all halves under one root."""
    over: list[Postfix] = []
    under: list[Postfix] = []
    rooted: tuple[list[Postfix], list[Postfix]] = ([], [])
    for base, p in zip(bases, exponents, strict=True):
        if abs(p) // 2:
            (over if p > 0 else under).append(_power(base.tokens, abs(p) // 2))
        if p % 2:
            rooted[p < 0].append(base.tokens)
    if any(rooted):
        over.append((*_quotient(*rooted), "sqrt"))
    return _quotient(over, under)


def _power(own: Postfix, p: int) -> Postfix:
    """Write an integer power, by squares."""
    if p == 1:
        return own
    half = _power(own, p // 2)
    return (*half, "sq", *own, "*") if p % 2 else (*half, "sq")


def _quotient(over: Sequence[Postfix], under: Sequence[Postfix]) -> Postfix:
    top = _product(over) if over else ("1",)
    return (*top, *_product(under), "/") if under else top


def _product(parts: Sequence[Postfix]) -> Postfix:
    return (*parts[0], *(t for p in parts[1:] for t in (*p, "*")))


def seeds(
    language: Language, columns: Float64[Tensor, "_ m"], angles: Sequence[str], each: int
) -> list[Postfix]:
    """Return products of columns that have the target's dimension, that of its square, or none.

    Those of the square also as roots; and short ones also times cosines of angles.
    """
    own = [b for b in columns_of(language, columns) if b.tokens[0] not in angles]
    found: list[Postfix] = []
    square = tuple(2 * d for d in language.target)
    pairs = {tuple(2 * x for x in d) for d in language.dims if any(d)}
    for dim in dict.fromkeys((language.zero, language.target, square, *sorted(pairs))):
        listed = admitted(own, dim, each)
        found += [written(own, e) for e in listed]
        if dim == square:
            odd = [e for e in listed if any(p % 4 for p in e)]
            found += [written(own, tuple(p // 2 for p in e)) for e in odd]
    cosines = [(*turn, "cos") for turn in turns(language, angles)]
    waved = [(*p, *w, "*") for w in cosines for p in found[: 4 * each] if len(p) <= 15]
    return [*found, *cosines, *waved]
