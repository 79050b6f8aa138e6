"""Measurements of a text under a world and a draft: contradictions, distance, coherence."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ingenium.domains.desk.story.facts import (
    CONFLICTS,
    Contradiction,
    Fact,
    moved,
    page_and_line,
)
from ingenium.domains.desk.story.grammar import jaccard
from ingenium.domains.desk.story.reader import FactReader, FactReading
from ingenium.domains.desk.story.solvers import by_clingo, by_propagation
from ingenium.domains.desk.story.tree import read_tree
from ingenium.domains.desk.story.world import World
from ingenium.words.lexicon import terms

TENSE = {"dies": 4.0, "loses": 3.0, "finds": 2.0, "learns": 2.0, "shows": 1.0, "uses": 0.5}
ABOUT = {"dies": 1, "acts": 1, "at": 2, "goes": 2, "loses": 2, "uses": 2, "finds": 2, "age": 1,
         "shows": 2, "learns": 2}  # fmt: skip


@dataclass(frozen=True)
class UsualContinuation:
    """The usual continuation, from which distances are measured: its events and its words."""

    events: frozenset[tuple[str, ...]]
    text: str

    @cached_property
    def counts(self) -> Counter[str]:
        """Count of each term."""
        return Counter(terms(self.text))

    def words_from(self, text: str) -> float:
        """Cosine distance of the terms of a text from those of the usual continuation."""
        other = Counter(terms(text))
        dot = sum(n * other[t] for t, n in self.counts.items())
        size = math.sqrt(
            sum(n * n for n in self.counts.values()) * sum(n * n for n in other.values())
        )
        return 1 - dot / size if size else 1.0


@dataclass(frozen=True)
class JudgedText:
    """Facts of the premise, the draft and one text, and the contradictions that end in the text."""

    facts: tuple[Fact, ...]
    first: int  # number of the text's first fact
    reading: FactReading
    found: frozenset[Contradiction]
    other: frozenset[Contradiction]  # by the second solver

    @property
    def own(self) -> tuple[Fact, ...]:
        """Facts of the text."""
        return self.facts[self.first :]


@dataclass(frozen=True, eq=False)
class StoryJudge:
    """Judge of texts that go on from a premise and a draft."""

    world: World
    draft: FactReading
    draft_text: str
    reader: FactReader

    @cached_property
    def before(self) -> tuple[Fact, ...]:
        """Facts of the premise and the draft."""
        return (*self.world.facts, *self.draft.facts)

    def judge(self, text: str) -> JudgedText:
        """Read a text and find what contradicts it."""
        reading = self.reader.read(text)
        facts = (*self.before, *moved(reading.facts, len(self.draft_text)))
        first = len(self.before)
        both = (
            frozenset(c for c in solve(facts, self.world.inside) if c.second >= first)
            for solve in (by_clingo, by_propagation)
        )
        return JudgedText(facts, first, reading, *both)

    def paths(self, text: str) -> list[str]:
        """Return the texts along the ways of a tree; the text itself where it is none."""
        tree = read_tree(text)
        return [text] if tree is None else [tree.text(p) for p in tree.paths()]

    def coherence(self, judged: JudgedText) -> float:
        """Share of facts that are about known names alone and that nothing contradicts."""
        about = [f for f in judged.own if f.kind in ABOUT]
        wrong = {c.second for c in judged.found}
        names = self.world.names() if self.before else frozenset[str]()
        good = 0
        for number, fact in enumerate(judged.own, judged.first):
            if fact.kind in ABOUT:
                known = not names or {a for a in fact.args[: ABOUT[fact.kind]] if a} <= names
                good += known and number not in wrong
        return good / len(about) if about else 1.0


def contradictions(judge: StoryJudge, text: str) -> list[tuple[str, ...]]:
    """Return a row for each contradiction of a text, with pages and lines of both sentences."""
    judged = judge.judge(text)
    return rows_of(judged.found, judged.facts, judge.draft_text + text)


def rows_of(
    found: frozenset[Contradiction], facts: Sequence[Fact], whole: str
) -> list[tuple[str, ...]]:
    """Return what contradicts: the kind, then page, line and sentence of both facts."""
    rows = []
    for one in sorted(found, key=lambda c: (c.second, c.first, c.kind)):
        cells: list[str] = [CONFLICTS[one.kind]]
        for number, said in zip((one.first, one.second), one.told(facts), strict=True):
            start = facts[number].start
            page, line = page_and_line(whole, start) if start >= 0 else ("", "")
            cells += [str(page), str(line), " ".join(said.split())[:120]]
        rows.append(tuple(cells))
    return rows


def tension(facts: Sequence[Fact]) -> float:
    """Return the mean tension of facts."""
    own = [TENSE.get(f.kind, 0.0) for f in facts if f.kind != "breaks"]
    return sum(own) / len(own) if own else 0.0


def spread(sets: Sequence[frozenset[tuple[str, ...]]]) -> float:
    """Return the mean distance of pairs of event sets; 0 for fewer than two."""
    pairs = [jaccard(a, b) for i, a in enumerate(sets) for b in sets[:i]]
    return sum(pairs) / len(pairs) if pairs else 0.0
