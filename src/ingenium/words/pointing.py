"""Assignment of measures of a request to entries of a contract: features, and a linear model.

The features use the words before and behind a measure, up to its neighbours; a word counts less
the more clauses end in between. Each feature has a weight, and the scores of all entries give
probabilities by a softmax.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from ingenium.core.errors import InputError
from ingenium.core.units import convert
from ingenium.words.contract import Contract, ContractEntry
from ingenium.words.lexicon import terms
from ingenium.words.measures import Measure
from ingenium.words.tokens import Request

FEATURES = (
    "name",
    "text",
    "uncovered",
    "whole",
    "unit",
    "bare",
    "bound setting",
    "plain setting",
    "plain condition",
    "near",
    "way",
    "explained",
    "inner",
    "literal",
)
RULES = np.array([1.0, 0.6, -0.22, 0.3, 1.6, -0.15, -0.7, 0.2, 0.3, 0.5, 0.2, 0.8, -0.3, 0.5])
NEARLY = 0.94  # by which a word counts less for each word in between
PAUSED = 0.45  # and for each clause that may end in between
BEHIND = 0.8  # a word behind the measure
THEIRS = 0.15  # a word behind it that begins the next clause
ALIKE = 0.85  # a word of a name that means the same and is another: `time` of `quick`
MOST_MISSED = 6.0
STEM = 4  # letters by which words are forms of one
HEADS = 3  # first words of a text that say what an entry is
EMPTY = ("count", "number", "score")  # of a name that says the rest
PERIODS = {"d": "days", "week": "weeks", "year": "years", "h": "hours"}
WHOLE = FEATURES.index("whole")
COUNTED = 1.5
LONGER = 0.5  # for each further word of a name that is there in full
ANGLES = ("degree", "rad", "radian")


@cache
def fits(unit: str, entry: str) -> bool:
    """True if a unit converts to that of an entry; angles are no plain numbers here."""
    if unit == entry:
        return True
    if (unit in ANGLES) != (entry in ANGLES) or "dB" in (unit, entry):
        return False
    try:
        convert(1.0, unit, entry, of="a number")
    except InputError:
        return False
    return True


@dataclass(frozen=True)
class Naming:
    """Terms of an entry, and the weight of each."""

    entry: ContractEntry
    name: Mapping[str, float]
    text: Mapping[str, float]
    written: str = ""  # the name, or another one of the field

    @property
    def parts(self) -> list[str]:
        """Words of the name as they are written, without an ending."""
        spaced = self.written.lower().replace(".", " ").replace("_", " ").replace("-", " ")
        return [p.removesuffix("s") for p in spaced.split()]

    @property
    def last(self) -> set[str]:
        """Terms of the name that have to be said for it to be named in full."""
        inner = self.entry.name if self.written == self.entry.name else ""
        return set(_terms(inner.rpartition(".")[2])) if inner else set(self.name)

    @property
    def plain(self) -> bool:
        """True if its values are pure numbers."""
        return self.entry.unit in ("1", "", "percent")


class Lexis:
    """Entries of a contract with their terms; rare terms weigh more."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        own = [
            (entry, written, _terms(written) if written == entry.name else terms(written))
            for entry in contract.entries
            for written in dict.fromkeys((entry.name, *entry.also))
        ]
        seen = Counter(
            t
            for e in contract.entries
            for t in {*_terms(e.name), *terms(e.text), *terms(" ".join(e.also))}
        )
        title = {*terms(contract.problem), *terms(contract.summary)}

        def weight(one: str) -> float:
            rare = math.log(1 + len(contract.entries) / seen[one])
            return rare * (0.4 if one in title else 1.0)

        self.namings = tuple(
            Naming(
                entry,
                {t: weight(t) for t in name},
                {t: weight(t) for t in terms(entry.text) if t not in name},
                written,
            )
            for entry, written, name in own
        )
        self.known = frozenset(seen) | title

    @cached_property
    def numeric(self) -> tuple[Naming, ...]:
        """Entries with numeric values."""
        return tuple(n for n in self.namings if n.entry.numeric and not n.entry.several)

    @cached_property
    def first(self) -> tuple[Naming, ...]:
        """Entries with numeric values by their own names, each once."""
        return tuple(n for n in self.numeric if n.written == n.entry.name)

    def called(self, entry: ContractEntry) -> tuple[Naming, ...]:
        """All namings of an entry."""
        return tuple(n for n in self.namings if n.entry == entry)

    def alone(self, unit: str) -> bool:
        """True if a single entry has a unit of this dimension."""
        return len({n.entry.name for n in self.numeric if fits(unit, n.entry.counts_in)}) == 1

    def sharing(self, entry: ContractEntry, measure: Measure) -> int:
        """Count quantities to limit that have the dimension of an entry.

        If the problem's own limits bound some of them on that side, only these count.
        """
        own = [n.entry for n in self.first if n.entry.kind == "limit"]
        own = [e for e in own if fits(e.counts_in, entry.counts_in)]
        alike = [e for e in own if _way(self.contract, e, measure)]
        return max(1, len(alike) if entry in alike else len(own))


def _terms(name: str) -> list[str]:
    """Terms of a name, without the unit at its end."""
    parts = [p for p in name.replace(".", "_").split("_") if p]
    retained = [p for p in parts if len(p) > 1 and p not in EMPTY] or parts
    return terms(" ".join(retained)) or [p.lower() for p in retained]


@dataclass(frozen=True)
class View:
    """Words around a measure: terms with their weights and places."""

    weights: Mapping[str, float]
    literal: frozenset[str]  # the words as they are written, without an ending
    written: Mapping[str, str]  # of each term, the word that counts
    places: Mapping[str, tuple[int, int]]
    steps: Mapping[str, int]


def view(request: Request, number: int) -> View:
    """The words around a measure, up to its neighbours in its sentence."""
    own = request.measures[number]
    start, end = request.clause(own.start)
    if number:
        start = max(start, request.measures[number - 1].end)
    if number + 1 < len(request.measures):
        end = min(end, request.measures[number + 1].start)
    free = [t for t in request.tokens if not any(a <= t.start < b for a, b in request.taken)]
    before = [t for t in free if start <= t.start < own.start][::-1]
    behind = [t for t in free if own.end <= t.start < end]
    weights: dict[str, float] = {}
    written: dict[str, str] = {}
    places: dict[str, tuple[int, int]] = {}
    steps: dict[str, int] = {}
    for side, listed in ((1.0, before), (BEHIND, behind)):
        for step, token in enumerate(listed):
            between = (token.end, own.start) if side == 1.0 else (own.end, token.start)
            inside = side != 1.0 and request.text[own.end : token.start].startswith(" (")
            paused = request.paused(*between) - inside
            theirs = bool(paused) and side != 1.0
            worth = side * NEARLY**step * (THEIRS if theirs else PAUSED**paused)
            if worth > weights.get(token.term, 0.0):
                weights[token.term], written[token.term] = worth, token.written
                places[token.term] = (token.start, token.end)
                steps[token.term] = step + 2 * paused
    literal = frozenset(t.written for t in (*before, *behind))
    return View(weights, literal, written, places, steps)


def features(lexis: Lexis, one: Naming, seen: View, measure: Measure) -> np.ndarray | None:
    """Features of an entry for a measure; None if its unit or its kind does not fit."""
    entry = one.entry
    unit = measure.unit
    period = PERIODS.get(unit or "")
    counted = entry.whole and (unit in ("d", "week", "year") or entry.name == period)
    if unit is not None and not counted and not fits(unit, entry.counts_in):
        return None
    if entry.whole and any(v != int(v) for v in measure.ends):
        return None
    name = sum(w * seen.weights.get(t, 0.0) * _kin(one, seen, t) for t, w in one.name.items())
    text = sum(w * seen.weights.get(t, 0.0) for t, w in one.text.items())
    own = {t for t in one.name if seen.weights.get(t, 0.0) > THEIRS}
    missed = sum(w for t, w in one.name.items() if t not in own)
    alone = unit is not None and lexis.alone(unit)
    named = (counted and entry.name == period) or one.last <= own or _headed(entry, seen)
    if entry.kind == "setup" and not _settable(entry, measure, bool(own), named, alone):
        return None
    met = [t for t in (*one.name, *one.text) if t in seen.weights]
    near = 1 / (1 + min((seen.steps[t] for t in met), default=99))
    total = sum(seen.weights[t] for t in seen.weights if t in lexis.known) or 1.0
    explained = sum(seen.weights[t] for t in met) / total
    bound, setting = measure.sense in ("least", "most"), entry.kind == "setup"
    dimension = unit not in (None, "percent") and not one.plain
    return np.array(
        [
            name,
            text,
            min(missed, MOST_MISSED),
            float(bool(one.name) and not missed),
            1 / lexis.sharing(entry, measure) if dimension else 0.0,
            float(unit is None and not one.plain and not met),
            float(setting and bound and not _ended(entry, measure)),
            float(setting and not bound),
            float(entry.kind == "condition" and not bound),
            near if met else 0.0,
            _way(lexis.contract, entry, measure),
            explained,
            float("." in one.written or (not met and setting)),
            _literal(one, seen),
        ]
    )


def _headed(entry: ContractEntry, seen: View) -> bool:
    """True if a first word of what an entry is stands next to the number: `viscosity 0.01`."""
    first = terms(entry.text)[:HEADS]
    return any(seen.steps.get(t, 9) <= 1 and seen.weights[t] > THEIRS for t in first)


def _literal(naming: Naming, seen: View) -> float:
    """Share of a name that is written as in the contract."""
    return sum(p in seen.literal for p in naming.parts) / len(naming.parts)


def _kin(naming: Naming, seen: View, one: str) -> float:
    """Weight of a term of a name: less if the written word is not in the name."""
    begins = {part[:STEM] for part in naming.parts}
    return 1.0 if seen.written.get(one, one)[:STEM] in begins else ALIKE


def _ended(entry: ContractEntry, measure: Measure) -> bool:
    """True if a setting's name contains the end of a range, as in `most_deg`."""
    return measure.sense in entry.name.lower().split("_")


def _settable(
    entry: ContractEntry, measure: Measure, named: bool, whole: bool, alone: bool
) -> bool:
    """True if a number can belong to a setting: by its name, or by a unit that few entries have.

    A setting with a unit takes a bare number only next to its whole name, and one that usually
    exceeds one takes no share.
    """
    usual = entry.default if isinstance(entry.default, int | float) else 0.0
    if measure.unit == "percent" and (entry.whole or abs(usual) > 1) and entry.unit == "1":
        return False
    if measure.unit is None or measure.unit == "percent":
        return whole
    return named or alone or measure.sense != "value"


def _way(contract: Contract, entry: ContractEntry, measure: Measure) -> float:
    """Agreement of the bound's side with that of the problem's own limit."""
    sides = [
        "least" if limit.at_least is not None else "most"
        for limit in contract.limits
        if limit.quantity in (entry.name, entry.measured)
    ]
    return float(measure.sense in sides)


@dataclass(frozen=True)
class Pointing:
    """Entries that a measure may mean, the likeliest first."""

    entries: tuple[ContractEntry, ...]
    scores: tuple[float, ...]
    words: tuple[tuple[int, int], ...]  # that name the first
    named: bool  # whether any word or unit supports it
    lone: bool = False  # whether only its unit does, and it is unique to it


def _long(one: Naming, feature: np.ndarray, seen: View) -> float:
    """Worth of a name of several words that is there in full: `lift to drag` is no drag."""
    nearest = min((seen.weights.get(t, 0.0) for t in one.name), default=0.0)
    return LONGER * (len(one.name) - 1) * float(feature[WHOLE]) * nearest


def _behind(request: Request, measure: Measure) -> list[str]:
    """Terms right behind a measure, before a pause."""
    free = [t for t in request.tokens if measure.end <= t.start]
    return [t.term for t in free[:3] if not request.paused(measure.end, t.start)]


def _counts(one: Naming, measure: Measure, behind: Sequence[str]) -> float:
    """Worth of the name of what is counted, right behind the number: `30 tests`."""
    counted = one.entry.whole and measure.unit is None and measure.high is None
    return COUNTED * (counted and set(behind[: len(one.name)]) == set(one.name))


def _containing(
    scored: list[tuple[float, Naming, np.ndarray]], seen: View
) -> list[tuple[float, Naming, np.ndarray]]:
    """The longest name that is there in full and contains the first: before it."""
    if not scored:
        return scored
    best, first, _ = scored[0]
    longer = [
        row
        for row in scored[1:]
        if set(row[1].name) > {t for t in first.name if seen.weights.get(t, 0.0) > PAUSED}
        and row[2][WHOLE]
        and min(seen.weights.get(t, 0.0) for t in row[1].name) > PAUSED
    ]
    if not longer:
        return scored
    _, naming, feature = max(longer, key=lambda row: (len(row[1].name), row[0]))
    return [(best + LONGER, naming, feature), *scored]


def point(lexis: Lexis, request: Request, number: int) -> Pointing:
    """Rank the entries for a measure."""
    seen, measure = view(request, number), request.measures[number]
    rows = [(n, features(lexis, n, seen, measure)) for n in lexis.numeric]
    behind = _behind(request, measure)
    scored = [
        (float(f @ RULES) + _long(n, f, seen) + _counts(n, measure, behind), n, f)
        for n, f in rows
        if f is not None
    ]
    scored.sort(key=lambda row: -row[0])
    scored = _containing(scored, seen)
    scored = list({n.entry.name + n.entry.kind: (s, n, f) for s, n, f in scored[::-1]}.values())
    scored.sort(key=lambda row: -row[0])
    if not scored:
        return Pointing((), (), (), named=False)
    best = scored[0][1]
    words = tuple(seen.places[t] for t in (*best.name, *best.text) if t in seen.places)
    lone = float(scored[0][2][FEATURES.index("unit")]) >= 1
    telling = lone and (measure.sense != "value" or not fits(measure.unit or "1", "m"))
    return Pointing(
        tuple(n.entry for _, n, _ in scored),
        tuple(s for s, _, _ in scored),
        words,
        lone=telling and not words,
        named=telling or any(seen.weights.get(t, 0) > THEIRS for t in (*best.name, *best.text)),
    )
