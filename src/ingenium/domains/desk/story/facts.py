"""Facts of a story, in the order of the text, each with its place there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

PAGE = 250  # words, as publishers count them

Kind = str  # one of KINDS
KINDS = {
    "dies": 1, "acts": 1, "at": 3, "goes": 3, "loses": 3, "uses": 3, "finds": 2, "age": 2,
    "shows": 2, "learns": 2, "season": 1, "passes": 1, "breaks": 0,
}  # fmt: skip
CONFLICTS = {
    "dead": "a dead person acts",
    "place": "a person is at two places without a way between them",
    "lost": "a thing that is lost is used",
    "age": "two ages that time does not explain",
    "knowledge": "a person shows knowledge before being told",
    "season": "two seasons without time between them",
}


@dataclass(frozen=True)
class Fact:
    """A statement of a sentence: its kind, what it is about, and the sentence's characters."""

    kind: Kind
    args: tuple[str, ...]
    start: int = -1  # of the sentence; -1 in the premise
    end: int = -1
    said: str = ""  # the sentence

    @property
    def event(self) -> tuple[str, ...]:
        """Kind and subjects, which are compared between continuations."""
        return (self.kind, *self.args)


@dataclass(frozen=True)
class Contradiction:
    """Two facts that cannot both be true; `first` and `second` are their numbers."""

    kind: str
    first: int
    second: int

    def told(self, facts: Sequence[Fact]) -> tuple[str, str]:
        """Return the two sentences, as far as they are in the text."""
        return _said(facts[self.first]), _said(facts[self.second])


def _said(fact: Fact) -> str:
    return fact.said or f"premise: {fact.kind} {', '.join(a for a in fact.args if a)}"


def moved(facts: Sequence[Fact], by: int) -> tuple[Fact, ...]:
    """Return facts of a text that begins `by` characters later."""
    return tuple(replace(f, start=f.start + by, end=f.end + by) for f in facts)


def page_and_line(text: str, place: int) -> tuple[int, int]:
    """Return the page, of 250 words each, and the line of a character; both from 1 on."""
    before = text[: max(place, 0)]
    return len(before.split()) // PAGE + 1, before.count("\n") + 1
