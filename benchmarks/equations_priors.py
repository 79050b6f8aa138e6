"""Expressions that searches try until an exact law is found: with units, without, and Operon.

The laws are sampled at random from the Feynman tables, without noise. Each search is widened
fourfold until it finds the law, and expressions of the narrower ones count too: ours by the short
formulas that laws are built from, Operon by its evaluations. Ours counts expressions on rows of the
table, rounds of fits included, and separately sums and products whose misfit follows from linear
algebra without evaluation; Operon its evaluations of residuals and of Jacobians.

Run `python -m benchmarks equations_priors`, with INGENIUM_FEYNMAN as for `equations_feynman` and
Operon installed as there.
"""

import statistics
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from benchmarks.equations_feynman import OPERATIONS, SEED, operon_of, some
from benchmarks.measuring import report, save
from ingenium.domains.equations.law.genetic import LawSearch
from ingenium.domains.equations.law.table import read
from ingenium_book.checks.equations.searches import LawHunt
from ingenium_book.studies.equations.feynman import FOUND, FeynmanLaw, everyone

LAWS = 10
BANKS = (50, 200, 800, 3200)  # short formulas
EVALUATIONS = (2_000, 8_000, 32_000, 128_000)  # of Operon
GENERATIONS = 2  # of the genetic part
NAME, TITLE = "equations_priors", "Expressions tried until the exact law is there"


def cell(hunt: LawHunt) -> str:
    """Format a search as a cell."""
    alongside = f" + {hunt.algebra:,}" if hunt.algebra else ""
    return f"{'' if hunt.found else 'not in '}{hunt.rows:,}{alongside}"


def ours(law: FeynmanLaw, *, reported: bool) -> LawHunt:
    """Count for the search of laws."""
    units = law.units if reported else ["1"] * len(law.units)
    table = read(law.table(law.clean, units), "target", ())
    rows = algebra = 0
    for bank in BANKS:
        archive = LawSearch(table, OPERATIONS, bank, 1.0, 0).evolved([], GENERATIONS)
        rows, algebra = rows + archive.count.rows, algebra + archive.count.algebra
        front = archive.front()
        if front and front[-1].misfit < FOUND:
            return LawHunt(rows, algebra, found=True)
    return LawHunt(rows, algebra, found=False)


def operon(law: FeynmanLaw) -> LawHunt:
    """Count for Operon."""
    spent = 0
    for evaluations in EVALUATIONS:
        found, own = operon_of(law, 0.0, evaluations)
        spent += own
        if found:
            return LawHunt(spent, 0, found=True)
    return LawHunt(spent, 0, found=False)


METHODS: Mapping[str, Callable[[FeynmanLaw], LawHunt]] = {
    "units told": partial(ours, reported=True),
    "not told": partial(ours, reported=False),
    "Operon": operon,
}


def summed(hunts: Sequence[Mapping[str, LawHunt]]) -> list[dict[str, str]]:
    """Number of laws each finds, and its expressions relative to the search with units."""
    found = {by: f"{sum(h[by].found for h in hunts)} of {len(hunts)}" for by in METHODS}
    times = dict.fromkeys(METHODS, "")
    for by in METHODS:
        both = [(h[by], h["units told"]) for h in hunts if h[by].found and h["units told"].found]
        rows = [own.rows / with_units.rows for own, with_units in both]
        each = [own.all / with_units.all for own, with_units in both]
        if both:
            middle, of_all = statistics.median(rows), statistics.median(each)
            times[by] = f"{middle:.3g} on rows, {of_all:.3g} in all"
    return [{"law": "found"} | found, {"law": "median times, where both find it"} | times]


def run() -> None:
    """Write and print a table."""
    hunts: list[dict[str, LawHunt]] = []
    rows: list[dict[str, str]] = []
    for law in some(everyone(SEED), LAWS):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            hunts.append({by: method(law) for by, method in METHODS.items()})
        rows.append({"law": law.name} | {by: cell(hunt) for by, hunt in hunts[-1].items()})
        save(NAME, TITLE, rows, {})
    report(NAME, TITLE, [*rows, *summed(hunts)], {})
