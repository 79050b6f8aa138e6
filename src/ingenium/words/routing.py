"""Choice of the problem for a request: terms of the request, weighted by their rareness."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingenium.words.choices import PARTLY
from ingenium.words.contract import Contract
from ingenium.words.lexicon import terms
from ingenium.words.reading import Span
from ingenium.words.titles import others
from ingenium.words.tokens import Request

WORTH = {
    "name": 3.0,
    "also": 1.6,
    "summary": 2.0,
    "field": 1.0,
    "entry": 0.9,
    "choice": 0.9,
    "text": 0.35,
}
LEAST_TITLE = 2.2  # that the words of names and summaries must be worth
LEAST_SCORE = 3.2
STRONG_SCORE = 9.0  # by entries alone, without a word of the name or the summary
LEAST_KNOWN = 0.3
MISSED = 0.4  # of a word of a name that the request does not have
WHOLE_NAME = 5.0  # of a name of several words that are all there
LEAST_READ = 0.3  # share of the words that a problem knows of which it reads nothing
NAMED = 1.0  # share of known words that only the name of a problem exceeds
LEAST_NEAR, RESCUED = 0.42, 0.55  # likeness below which, and above which, words are overruled
LEAD = 0.04  # share of the best score, by which it has to lead


@dataclass(frozen=True)
class ProblemRoute:
    """Problems in order of fit, and the words that support the first."""

    scores: tuple[tuple[str, float], ...]
    words: tuple[Span, ...]
    titled: float  # worth of the words of its name and summary
    known: float = 1.0  # share of the words known to the first problem
    field: tuple[str, ...] = ()  # problems of the fields that are named
    near: float | None = None  # likeness of the best, where meaning was looked at as well
    weak_words: bool = False  # then: whether words alone were too few

    @property
    def outside(self) -> bool:
        """True if no problem fits."""
        if self.near is not None and self.known < NAMED:
            return self.near < (RESCUED if self.weak and not self.field else LEAST_NEAR)
        return self.weak and not self.field

    @property
    def stranger(self) -> bool:
        """True if so few words are known that at least some must also be read."""
        return self.known < LEAST_READ

    @property
    def weak(self) -> bool:
        """True if too few words name the best problem."""
        if self.near is not None:
            return self.weak_words
        if not self.scores or (self.known < LEAST_KNOWN and self.titled < 3 * LEAST_TITLE):
            return True
        best = self.scores[0][1]
        return best < LEAST_SCORE or (self.titled < LEAST_TITLE and best < STRONG_SCORE)

    @property
    def rivals(self) -> tuple[str, ...]:
        """Other problems that fit nearly as well as the best; for a field, all of its problems."""
        if self.weak:
            return tuple(name for name in self.field if name != self.scores[0][0])
        best = self.scores[0][1]
        return tuple(name for name, score in self.scores[1:] if score > best * (1 - LEAD))


class Router:
    """Chooser among contracts."""

    def __init__(self, contracts: Sequence[Contract]) -> None:
        self.bags = {c.problem: _bag(c) for c in contracts}
        seen = Counter(term for bag in self.bags.values() for term in bag)
        self.rare = {t: math.log(1 + len(self.bags) / n) for t, n in seen.items()}
        self.fields = {c.problem.partition(".")[0] for c in contracts}
        self.titles = {c.problem: _title(c) for c in contracts}

    def route(self, request: Request) -> ProblemRoute:
        """Rank the problems for a request."""
        named = [n for n in self.bags if re.search(rf"\b{re.escape(n)}\b", request.text)]
        counted = Counter(t.term for t in request.tokens if len(t.term) > 1)
        scores = {
            name: sum(self.rare[t] * bag[t] for t in counted if t in bag)
            - MISSED * sum(self.rare[t] for t in self.titles[name] if t not in counted)
            + WHOLE_NAME * (len(self.titles[name]) > 1 and self.titles[name] <= set(counted))
            - self._unsaid(name, counted)
            + 99.0 * (name in named)
            for name, bag in self.bags.items()
        }
        ranked = tuple(sorted(scores.items(), key=lambda row: -row[1]))
        best = self.bags[ranked[0][0]] if ranked else {}
        met = [t for t in request.tokens if best.get(t.term, 0.0) >= WORTH["field"]]
        spans = tuple((t.start, t.end) for t in met)
        worth = sum(self.rare[t] * best[t] for t in {x.term for x in met})
        fields = {n: set(terms(n.partition(".")[0])) for n in self.bags}
        own = tuple(n for n, _ in ranked if fields[n] & set(counted))
        share = sum(t in best for t in counted) / max(1, len(counted))
        return ProblemRoute(ranked, spans, worth + 99.0 * bool(named), share + bool(named), own)

    def _unsaid(self, name: str, said: Mapping[str, int]) -> float:
        """Penalty for a problem whose name is also a field, unless its own name is in the request.

        So `molecules` means the field of that name before the problem in another one.
        """
        field = set(terms(name.partition(".")[0]))
        other = any(self.titles[name] == set(terms(f)) for f in self.fields) and not (
            field & set(said)
        )
        if not other:
            return 0.0
        less = WORTH["name"] - WORTH["field"]  # its name speaks for a field alone
        named = sum(self.rare.get(t, 0.0) * less for t in self.titles[name])
        return (
            named
            + WHOLE_NAME * (len(self.titles[name]) > 1)
            + sum(self.rare.get(t, 0.0) for t in field)
        )


def _title(contract: Contract) -> frozenset[str]:
    """Terms of a problem's name in its field."""
    return frozenset(terms(contract.problem.partition(".")[2].replace("_", " ")))


def _bag(contract: Contract) -> Mapping[str, float]:
    """Terms of a contract with their weights."""
    bag: dict[str, float] = {}

    def add(text: str, worth: float) -> None:
        for t in terms(text.replace("_", " ").replace(".", " ")):
            bag[t] = max(bag.get(t, 0.0), worth)

    field, _, name = contract.problem.partition(".")
    add(name, WORTH["name"])
    add(contract.summary, WORTH["summary"])
    add(f"{field} {contract.field}", WORTH["field"])
    add(" ".join(others().get(contract.problem, ())), WORTH["also"])
    for entry in contract.entries:
        add(entry.name, WORTH["entry"])
        add(" ".join((*entry.also, *(p for _, p in entry.spelled))), WORTH["entry"])
        add(entry.text, WORTH["text"])
        add(" ".join(entry.choices or ()), WORTH["choice"])
        usual = entry.default if isinstance(entry.default, str) else ""
        add(usual if usual.isalpha() else "", WORTH["choice"])
        own = {part for choice in entry.choices or () for part in choice.split("_")}
        add(" ".join(w for w, parts in PARTLY.items() if own & set(parts)), WORTH["choice"])
    return bag
