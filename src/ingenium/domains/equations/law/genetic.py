"""Seeded genetic search over formulas with consistent units: parts are exchanged.

It starts from laws found by linear algebra, and exchanges parts only for parts of the same
dimension, so that no child has inconsistent units.

Source: Koza, Genetic Programming, 1992; Keijzer and Babovic, GECCO 1999 (dimensions).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain

import numpy as np
import torch

from ingenium.domains.equations.law import enclosure
from ingenium.domains.equations.law.archive import (
    ExpressionCount,
    FittedLaw,
    LawArchive,
    LawFit,
)
from ingenium.domains.equations.law.bank import FormulaBank
from ingenium.domains.equations.law.curves import CurveSearch
from ingenium.domains.equations.law.language import PURE, Language, Postfix, parts
from ingenium.domains.equations.law.pairs import DraftLaw, drafts
from ingenium.domains.equations.law.powers import columns_of, parts_of, seeds
from ingenium.domains.equations.law.table import MeasuredTable

BANK_ROWS, FIT_ROWS = 48, 120  # rows that formulas of the bank, and children, are evaluated on
SHORT = 12  # formulas of the bank of a dimension that a part is exchanged for
EACH, FEW = 24, 40  # products of a dimension that the bank is given; its size over the most of them
ANGLE = "rad"
CHILDREN, ROUNDS, WHOLE = 120, 5, 20  # of a generation; rounds of a fit, first and last
SWAPS = {"+": "-", "-": "+", "sin": "cos", "cos": "sin", "exp": "tanh", "log": "sqrt"}
Entry = tuple[Postfix, tuple[float, ...]]


@dataclass(frozen=True, eq=False)
class LawSearch:
    """Search for laws of a table; its results depend on the seed alone."""

    table: MeasuredTable
    operations: tuple[str, ...]
    bank_size: int
    wider: float  # times the box, in which a law should be proved to have a value
    seed: int

    @property
    def language(self) -> Language:
        """Language of the table."""
        return self.table.language

    def rows(self, most: int) -> torch.Tensor:
        """Return evenly spread rows of the fit."""
        train = self.table.train
        if len(train) <= most:
            return train
        return train[torch.linspace(0, len(train) - 1, most).round().to(torch.int64)]

    def fit_on(self, most: int, count: ExpressionCount | None = None) -> LawFit:
        """Return a fit on at most `most` rows."""
        rows, own = self.rows(most), count or ExpressionCount()
        return LawFit(self.language, self.table.columns[:, rows], self.table.values[rows], own)

    @property
    def angles(self) -> tuple[str, ...]:
        """Columns that are angles, by their unit."""
        both = zip(self.language.names, self.table.units, strict=True)
        return tuple(name for name, unit in both if unit == ANGLE)

    def curved(self, count: ExpressionCount) -> Iterator[DraftLaw]:
        """Yield laws of one product of powers."""
        rows = self.rows(FIT_ROWS)
        columns = self.table.columns[:, rows]
        own = [b for b in columns_of(self.language, columns) if b.tokens[0] not in self.angles]
        more = parts_of(self.language, columns, self.angles, self.operations)
        own, more = ([b for b in part if b.values.all()] for part in (own, more))  # by logarithms
        if not own and not more:
            return iter(())
        target = self.table.values[rows].numpy()
        return CurveSearch(self.language, own, more, target, self.operations, count).found()

    @cached_property
    def bank(self) -> FormulaBank:
        """Short formulas without constants."""
        columns = self.table.columns[:, self.rows(BANK_ROWS)].numpy()
        few = min(EACH, self.bank_size // FEW)
        given = seeds(self.language, self.table.columns, self.angles, few) if few else []
        return FormulaBank.grown(
            self.language, self.operations, columns, self.bank_size, self.seed, given
        )

    @cached_property
    def drafted(self) -> LawArchive:
        """Laws found by linear algebra, fitted to all rows of the fit."""
        target = self.table.values[self.rows(BANK_ROWS)].numpy()
        found: dict[int, list[tuple[float, Entry]]] = {}
        count = ExpressionCount(rows=self.bank.looked_at)
        laws = chain(drafts(self.bank, target, self.operations, count), self.curved(count))
        for one in laws:
            entry = (one.tokens, tuple(map(float, one.constants)))
            found.setdefault(len(one.tokens), []).append((one.misfit, entry))
        best: list[Entry] = []
        for _, listed in sorted(found.items()):
            best += dict.fromkeys(e for _, e in sorted(listed, key=lambda x: x[0])[:12])
        retained = [e for e in best if self.language.whole(e[0]) and not self.language.faults(e[0])]
        archive = LawArchive(count=count)
        archive.add(self.fit_on(10**6, count).fitted(retained, WHOLE))
        return archive

    def evolved(
        self,
        seeds: Sequence[Entry],
        generations: int,
        reported: Callable[[int, int, float], None] | None = None,
    ) -> LawArchive:
        """Return the archive after some generations, from the drafts and given seeds."""
        rng = np.random.default_rng([self.seed, 1])
        count = replace(self.drafted.count)
        archive = LawArchive({s: list(own) for s, own in self.drafted.by_size.items()}, count)
        whole, fit = self.fit_on(10**6, count), self.fit_on(FIT_ROWS, count)
        archive.add(whole.fitted(list(seeds), WHOLE))
        known = {law.tokens for law in archive.ranked()}
        for generation in range(generations):
            front = archive.front()
            if not front or front[-1].misfit < 1e-9:
                break
            children = self.children(archive, rng, CHILDREN, known)
            quick = fit.fitted(children, ROUNDS)
            better = [(law.tokens, law.constants) for law in quick if archive.admits(law)]
            archive.add(whole.fitted(better, WHOLE))
            if reported is not None:
                reported(generation + 1, generations, front[-1].misfit)
        return archive

    def proved(self, archive: LawArchive) -> tuple[LawArchive, list[FittedLaw]]:
        """Split the laws into those proved to have a value in the wider box, and the others."""
        box = self.table.wide(self.wider).numpy()
        sound, others = LawArchive(), []
        for law in archive.ranked():  # each has boxes of its own
            if enclosure.unproven(self.language, law.tokens, law.constants, box):
                others.append(law)
            else:
                sound.add([law])
        return sound, others

    def children(
        self, archive: LawArchive, rng: np.random.Generator, n: int, known: set[Postfix]
    ) -> list[Entry]:
        """Return new formulas from those of an archive, except `known` ones."""
        ranked = archive.ranked()
        found: list[Entry] = []
        for _ in range(8 * n):
            if len(found) == n:
                break
            one, other = (
                ranked[min(int(rng.exponential(len(ranked) / 4)), len(ranked) - 1)]
                for _ in range(2)
            )
            child = self._child(one.tokens, other.tokens, rng)
            if child in known or not self.language.whole(child) or self.language.faults(child):
                continue
            known.add(child)
            held = sum(t in self.language.held for t in child)
            start = [*one.constants, *rng.normal(0, 1, 8)][:held]
            found.append((child, tuple(float(c) for c in start)))
        return found

    def _child(self, one: Postfix, other: Postfix, rng: np.random.Generator) -> Postfix:
        """Return a formula with a part exchanged, multiplied, inverted or removed."""
        own = list(parts(one))
        begin, end = own[rng.integers(len(own))]
        dim = self.language.dimension(one[begin:end])
        kind = rng.integers(5)
        if kind == 0:
            alike = [
                other[a:b] for a, b in parts(other) if self.language.dimension(other[a:b]) == dim
            ]
            new = alike[rng.integers(len(alike))] if alike else (PURE,)
        elif kind == 1:
            rows = [] if dim is None else self.bank.of(dim)[:SHORT].tolist()
            new = self.bank.postfix(int(rows[rng.integers(len(rows))])) if len(rows) else (PURE,)
        elif kind == 2:
            new = (PURE, *one[begin:end], str(rng.choice(["*", "*", "+"])))
        elif kind == 3:
            inside = [(a, b) for a, b in own if begin <= a and b < end]
            smaller = [one[a:b] for a, b in inside if self.language.dimension(one[a:b]) == dim]
            new = smaller[rng.integers(len(smaller))] if smaller else (PURE,)
        else:
            head = one[end - 1]
            new = (*one[begin : end - 1], SWAPS.get(head, head))
            if SWAPS.get(head, head) not in (*self.operations, head):
                new = one[begin:end]
        return (*one[:begin], *new, *one[end:])
