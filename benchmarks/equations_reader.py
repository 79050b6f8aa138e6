"""Laws of a network that reads tables, against the search of laws, at equal expressions.

The laws are fresh samples from the reader's training distribution, and every eighth of the Feynman
tables; with units, without noise. The search is that of `equations.law` with few short formulas and
no generations; the reader writes laws, whose constants are fitted, until it tested as many
expressions on rows as the search did, or has written as many as it may. Sums that the search tries
by linear algebra cost nothing here, and are listed separately. A law is found where a formula
leaves less than 1e-7 of the spread.

Run `python -m benchmarks equations_reader`, with INGENIUM_FEYNMAN as for `equations_feynman`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import torch

from benchmarks.equations_feynman import SEED
from benchmarks.measuring import report, save
from ingenium.domains.equations.law.archive import ExpressionCount, LawArchive
from ingenium.domains.equations.law.codec import LawCodec
from ingenium.domains.equations.law.dimension import PARTS
from ingenium.domains.equations.law.genetic import LawSearch
from ingenium.domains.equations.law.language import Postfix
from ingenium.domains.equations.law.read_laws import opened
from ingenium.domains.equations.law.table import (
    MeasuredColumn,
    MeasuredTable,
    of_columns,
    read,
)
from ingenium.generators.model import Family
from ingenium_book.studies.equations.feynman import FOUND, OPERATIONS, everyone
from ingenium_networks.recipes.chance_laws import ChanceLaw

DRAWN, FRESH, EVERY = 5, 2, 8  # laws sampled, the seed of their samples, and of the Feynman laws
BANK, PART, PARTS_MOST = 100, 64, 4  # short formulas; laws written together, and how often
ROUNDS, FIT = 12, 100  # of a fit; its rows
NAME, TITLE = "equations_reader", "Laws of a network that read tables"
Entry = tuple[Postfix, tuple[float, ...]]


def drawn_table(law: ChanceLaw) -> MeasuredTable:
    """Build a table with a base of units for each exponent."""
    names = [*(f"x{i}" for i in range(len(law.columns))), "target"]
    rows = torch.cat([law.columns, law.values[None]]).numpy()
    columns = []
    for name, dim, values in zip(names, law.dims, rows, strict=True):
        own = {f"[base {i}]": Fraction(p, PARTS) for i, p in enumerate(dim) if p}
        columns.append(MeasuredColumn(name, "1", own, values))
    return of_columns(columns[:-1], columns[-1], ())


def tables() -> dict[str, list[MeasuredTable]]:
    """Tables of both kinds of laws."""
    rng = np.random.default_rng([FRESH, 30])
    own: list[MeasuredTable] = []
    while len(own) < DRAWN:
        own.append(drawn_table(ChanceLaw.sampled(rng)))
    theirs = [read(law.table(law.clean, law.units), "target", ())
              for law in everyone(SEED)[::EVERY]]  # fmt: skip
    return {"Feynman's": theirs, "drawn by chance": own}


@dataclass
class Hunt:
    """One search for one law."""

    archive: LawArchive
    rows: int
    algebra: int = 0

    @property
    def misfit(self) -> float:
        """Misfit of the closest formula, in spreads."""
        front = self.archive.front()
        return front[-1].misfit if front else np.inf

    @property
    def found(self) -> bool:
        """True if a formula is exact."""
        return self.misfit < FOUND


def by_search(table: MeasuredTable, seeds: Sequence[Entry] = (), *, generations: int = 0) -> Hunt:
    """Search by short formulas, linear algebra, and additional seeds."""
    archive = LawSearch(table, OPERATIONS, BANK, 1.0, 0).evolved(seeds, generations)
    return Hunt(archive, archive.count.rows, archive.count.algebra)


def by_family(table: MeasuredTable, family: Family, codec: LawCodec, most: int) -> Hunt:
    """Search by generated laws with fitted constants, up to a number of expressions on rows."""
    count, rng = ExpressionCount(), torch.Generator().manual_seed(7)
    search = LawSearch(table, OPERATIONS, BANK, 1.0, 0)
    fit, archive = search.fit_on(FIT, count), LawArchive()
    known: set[Postfix] = set()
    for _ in range(PARTS_MOST):
        new: list[Entry] = []
        for one in codec.laws(family.propose(torch.zeros(PART, 1), rng)):
            if one is not None and one[0] not in known:
                known.add(one[0])
                new.append(one)
        archive.add(fit.fitted(new, ROUNDS))
        if count.rows >= most or Hunt(archive, 0).found:
            break
    return Hunt(archive, count.rows)


def hunts(table: MeasuredTable) -> dict[str, Hunt]:
    """Run all searches for the law of a table."""
    search, codec = by_search(table), LawCodec.of(table.language)
    reader = by_family(table, opened(table, codec), codec, search.rows)
    best = [(law.tokens, law.constants) for law in reader.archive.ranked()[:PART]]
    both = by_search(table, best)
    both.rows += reader.rows
    return {"search": search, "reader": reader, "search, seeded by it": both}


Found = Mapping[str, Sequence[Hunt]]  # searches for laws, with their results


def condition(kind: str, count: int, found: Found) -> list[dict[str, object]]:
    """Rows of the table, for a number of laws."""
    rows: list[dict[str, object]] = []
    for by, own in found.items():
        hits = [h for h in own if h.found]
        rows.append({
            "laws": kind, "by": by, "found": f"{len(hits)} of {count}",
            "expressions on rows": int(np.median([h.rows for h in own])),
            "by algebra": int(np.median([h.algebra for h in own])),
        })  # fmt: skip
    alone = sum(r.found and not s.found
                for r, s in zip(found["reader"], found["search"], strict=True))  # fmt: skip
    rows.append({"laws": kind, "by": "reader, where the search does not",
                 "found": f"{alone} of {count}", "expressions on rows": None,
                 "by algebra": None})  # fmt: skip
    return rows


def run() -> None:
    """Write and print a table."""
    hunted(NAME, TITLE, hunts, condition)


def hunted(
    name: str,
    title: str,
    ways: Callable[[MeasuredTable], Mapping[str, Hunt]],
    rows_of: Callable[[str, int, Found], list[dict[str, object]]],
) -> None:
    """Search the law of each table, report by kind, and save after each."""
    done: list[dict[str, object]] = []
    for kind, listed in tables().items():
        found: dict[str, list[Hunt]] = {}
        rows: list[dict[str, object]] = []
        for table in listed:
            for by, one in ways(table).items():
                found.setdefault(by, []).append(one)
            if found:
                rows = rows_of(kind, len(listed), found)
                save(name, title, [*done, *rows], {})
        done += rows
    report(name, title, done, {})
