"""Bank of all short formulas without constants, up to a number, of which laws are composed.

Formulas are enumerated by size; of those with the same values the shorter one is stored, so
algebraically equal formulas occur once.

Shapes: n formulas, m rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float64, Int64

from ingenium.domains.equations.law import dimension
from ingenium.domains.equations.law.dimension import Dimension
from ingenium.domains.equations.law.language import Language, Postfix, parts
from ingenium.domains.equations.law.operations import OPERATIONS

LARGEST = 7  # tokens of a formula in the bank
AT_ONCE = 60_000  # pairs of a size that are looked at
POINTED = frozenset(("sin", "cos", "exp", "log", "asin", "tanh"))  # that are not put into another
UNDONE = {("sq", "sqrt"), ("sqrt", "sq")}
STEEP = 3  # times the largest exponent of a leaf, beyond which dimensions lead nowhere


@dataclass(frozen=True, eq=False)
class FormulaBank:
    """Bank of formulas by number: operation and arguments, size, dimension and values."""

    language: Language
    heads: list[str]
    arguments: list[tuple[int, ...]]
    size: Int64[np.ndarray, " n"]
    dims: list[Dimension]
    values: Float64[np.ndarray, "n m"]
    looked_at: int  # formulas whose values were computed, with those that were not stored
    planted: int = 0  # of them, after the leaves, that were given and not grown

    @classmethod
    def grown(
        cls,
        language: Language,
        operations: tuple[str, ...],
        columns: Float64[np.ndarray, "v m"],
        most: int,
        seed: int,
        given: Sequence[Postfix] = (),
    ) -> "FormulaBank":
        """Enumerate the given formulas and all others up to `most`, or to the largest size."""
        growth = _Growth(language, operations, columns, np.random.default_rng(seed))
        leaves = len(growth.heads)
        growth.plant(given, most)
        planted = len(growth.heads) - leaves
        for size in range(2, LARGEST + 1):
            if not growth.add(size, most):
                break
        return cls(
            language,
            growth.heads,
            growth.arguments,
            np.array(growth.size),
            growth.dims,
            np.stack(growth.values),
            growth.looked_at,
            planted,
        )

    @cached_property
    def by_dimension(self) -> dict[Dimension, Int64[np.ndarray, " k"]]:
        """Numbers of the formulas of each dimension, short ones first."""
        found: dict[Dimension, list[int]] = {}
        for i, d in enumerate(self.dims):
            found.setdefault(d, []).append(i)
        return {d: np.array(rows) for d, rows in found.items()}

    def of(self, dim: Dimension) -> Int64[np.ndarray, " k"]:
        """Return the formulas of a dimension."""
        return self.by_dimension.get(dim, np.zeros(0, np.int64))

    @cached_property
    def _parted(self) -> dict[Dimension, tuple[np.ndarray, np.ndarray]]:
        """Given formulas, and all others, by dimension."""
        leaves = len(self.language.names) + 1
        own = {d: (rows >= leaves) & (rows < leaves + self.planted)
               for d, rows in self.by_dimension.items()}  # fmt: skip
        return {d: (rows[own[d]], rows[~own[d]]) for d, rows in self.by_dimension.items()}

    def first(self, dim: Dimension, most: int) -> Int64[np.ndarray, " k"]:
        """Return short formulas of a dimension, up to half of them given ones."""
        if dim not in self._parted:
            return np.zeros(0, np.int64)
        given, others = self._parted[dim]
        given = given[: most // 2]
        return np.concatenate([given, others[: most - len(given)]])

    def postfix(self, i: int) -> Postfix:
        """Return the tokens of a formula."""
        before = [t for j in self.arguments[i] for t in self.postfix(j)]
        return (*before, self.heads[i])


class _Growth:
    """Bank under construction."""

    def __init__(
        self,
        language: Language,
        operations: tuple[str, ...],
        columns: np.ndarray,
        rng: np.random.Generator,
    ) -> None:
        self.rng = rng
        self.unary = [o for o in operations if OPERATIONS[o].arity == 1]
        self.binary = [o for o in operations if OPERATIONS[o].arity == 2]
        self.heads = [*language.names, "1"]
        self.arguments: list[tuple[int, ...]] = [()] * len(self.heads)
        self.size = [1] * len(self.heads)
        self.dims = [*language.dims, language.zero]
        ones = np.ones(columns.shape[1])
        self.values = [*columns, ones]
        self.looked_at = len(self.values)
        self.probe = rng.standard_normal((columns.shape[1], 2))
        self.known = {self._key(v): i for i, v in enumerate(self.values)}
        exponents = [abs(e) for d in (*language.dims, language.target) for e in d]
        self.steepest = STEEP * max([*exponents, 12])

    def _key(self, values: np.ndarray) -> tuple[float, ...]:
        """Return a key that is equal for formulas with the same values, to ten digits."""
        size = float(np.sqrt(values @ values))
        reported = values @ self.probe / size
        return (float(f"{size:.9e}"), *(float(round(x, 9)) for x in reported))

    def plant(self, given: Sequence[Postfix], most: int) -> None:
        """Add formulas with all their parts."""
        place: dict[Postfix, int] = {(h,): i for i, h in enumerate(self.heads)}
        with np.errstate(all="ignore"):
            for one in given:
                for begin, end in parts(one):
                    part = one[begin:end]
                    if part in place:
                        continue
                    own = _arguments(part)
                    if not all(a in place for a in own):
                        break
                    found = self._store(part[-1], tuple(place[a] for a in own), len(part), most)
                    if found is None:
                        break
                    place[part] = found

    def add(self, size: int, most: int) -> bool:
        """Add the formulas of a size; return False once there is no space for more."""
        with np.errstate(all="ignore"):
            for head, own in self._unary(size):
                self._store(head, own, size, most)
            for head, own in self._pairs(size):
                self._store(head, own, size, most)
        return len(self.heads) < most

    def _unary(self, size: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        for i in [i for i, s in enumerate(self.size) if s == size - 1]:
            for head in self.unary:
                inside = self.heads[i]
                if (head, inside) not in UNDONE and not (head in POINTED and inside in POINTED):
                    yield head, (i,)

    def _pairs(self, size: int) -> list[tuple[str, tuple[int, ...]]]:
        """Return pairs whose sizes fit; a random subset where there are too many."""
        sizes = np.array(self.size)
        found: list[tuple[str, tuple[int, ...]]] = []
        for a in range(1, size - 1):
            left, right = np.flatnonzero(sizes == a), np.flatnonzero(sizes == size - 1 - a)
            i, j = (x.ravel() for x in np.meshgrid(left, right, indexing="ij"))
            if len(i) > AT_ONCE // size:
                sampled = np.sort(self.rng.choice(len(i), AT_ONCE // size, replace=False))
                i, j = i[sampled], j[sampled]
            for one, other in zip(i.tolist(), j.tolist(), strict=True):
                found += [(h, (one, other)) for h in self.binary if self._useful(h, one, other)]
        return found

    def _useful(self, head: str, i: int, j: int) -> bool:
        if head in ("+", "-"):
            return self.dims[i] == self.dims[j] and i != j and (head == "-" or i < j)
        one = self.heads[j] == "1" or (self.heads[i] == "1" and head == "*")
        return not one and (i <= j if head == "*" else i != j)

    def _store(self, head: str, own: tuple[int, ...], size: int, most: int) -> int | None:
        """Add a formula and return its number; None for inconsistent units or undefined values.

        A formula with known values returns the number of the stored one.
        """
        if len(self.heads) >= most:
            return None
        dim = dimension.after(head, [self.dims[i] for i in own])
        if dim is None or max(map(abs, dim), default=0) > self.steepest:
            return None
        self.looked_at += 1
        taken = [torch.from_numpy(self.values[i]) for i in own]
        values = OPERATIONS[head].value(*taken).numpy()
        if not np.isfinite(values).all() or np.ptp(values) <= 1e-12 * np.abs(values).max():
            return None
        key = self._key(values)
        if key in self.known or not all(map(np.isfinite, key)):
            return self.known.get(key)
        self.known[key] = len(self.heads)
        self.heads.append(head)
        self.arguments.append(own)
        self.size.append(size)
        self.dims.append(dim)
        self.values.append(values)
        return len(self.heads) - 1


def _arguments(tokens: Postfix) -> list[Postfix]:
    """Return the arguments of a formula's last operation."""
    found: list[Postfix] = []
    end = len(tokens) - 1
    begins = {b: a for a, b in parts(tokens)}
    for _ in range(OPERATIONS[tokens[-1]].arity if tokens[-1] in OPERATIONS else 0):
        found.insert(0, tokens[begins[end] : end])
        end = begins[end]
    return found
