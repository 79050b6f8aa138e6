"""Names of a contract that a request mentions: categories of conditions, values of settings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingenium.words.contract import ContractEntry
from ingenium.words.lexicon import terms
from ingenium.words.reading import OpenQuestion, Part, ReadValue, Span
from ingenium.words.tokens import Request

PARTLY = {"weekend": ("saturday", "sunday")}  # words that are ambiguous among several
NEGATION = re.compile(r"\b(?:not|never|no|without|except|excluding)(?:\s\w+){0,2}\s*$", re.I)
TRIVIAL = ("none", "true", "false", "best")
SHORT = 4  # letters; a shorter name has to be written exactly


@dataclass(frozen=True)
class Mention:
    """A choice that a request names, and its place; `against` if it is ruled out."""

    choice: str
    words: Span
    against: bool


def of_choices(
    request: Request, entry: ContractEntry
) -> tuple[list[ReadValue], list[OpenQuestion]]:
    """Find values of an entry with choices."""
    if not entry.choices:
        return [], []
    mentions = [m for choice in entry.choices for m in _mentions(request, entry, choice)]
    wanted = list(dict.fromkeys(m.choice for m in mentions if not m.against))
    barred = list(dict.fromkeys(m.choice for m in mentions if m.against))
    spans = tuple(dict.fromkeys(m.words for m in mentions))
    if set(wanted) & set(barred):
        text = f"{entry.name} is asked to be {wanted[0]} and not to be; which one?"
        return [], [OpenQuestion(entry.name, "contradiction", text, spans)]
    partly = _partly(request, entry, wanted)
    if partly:
        return [], [partly]
    if barred and not wanted:
        wanted = [c for c in entry.choices if c not in barred]
    if not wanted:
        return [], []
    if entry.kind == "setup" and len(wanted) > 1 and not entry.several:
        text = f"{entry.name} is one of {', '.join(wanted)}; which one?"
        return [], [OpenQuestion(entry.name, "open", text, spans)]
    part: Part = "condition" if entry.kind == "condition" else "setup"
    return [ReadValue(part, entry, spans, names=tuple(wanted))], []


def _partly(request: Request, entry: ContractEntry, wanted: list[str]) -> OpenQuestion | None:
    """Ask about a word that means several of the choices."""
    for token in request.tokens:
        parts = PARTLY.get(token.term, ())
        meant = [c for c in entry.choices or () for p in parts if p in c.split("_")]
        if len(meant) > 1 and not set(meant) & set(wanted):
            text = f"{entry.name}: {' or '.join(meant)}, or both?"
            return OpenQuestion(entry.name, "open", text, ((token.start, token.end),))
    return None


def _mentions(request: Request, entry: ContractEntry, choice: str) -> Iterator[Mention]:
    if choice == "none" and entry.kind == "condition":
        yield from _without(request, entry, choice)
        return
    if choice in TRIVIAL:
        return
    for code in request.codes:
        if code.text.lower() == choice.lower():
            yield Mention(choice, (code.start, code.end), _against(request, code.start))
    for part in re.split(r"_or_", choice):
        yield from _spelled(request, entry, choice, part.replace("_", " "))


def _spelled(request: Request, entry: ContractEntry, choice: str, part: str) -> Iterator[Mention]:
    """Find places where the terms of a choice are adjacent."""
    wanted = terms(part)
    if not wanted or len(part) < SHORT or any(map(str.isdigit, part)):
        return
    tokens = request.tokens
    for at in range(len(tokens) - len(wanted) + 1):
        run = tokens[at : at + len(wanted)]
        if [t.term for t in run] != wanted:
            continue
        if entry.kind == "setup" and not _alone(request, entry, part, run[0].start, run[-1].end):
            continue
        yield Mention(choice, (run[0].start, run[-1].end), _against(request, run[0].start))


def _alone(request: Request, entry: ContractEntry, part: str, start: int, end: int) -> bool:
    """True if a setting's value is named as such: next to its setting, or by an unambiguous name.

    `density` is a value of one filter, and a common word; `neuralfoil` is nothing else.
    """
    own = terms(entry.name.replace(".", " ").replace("_", " "))
    near = [t.term for t in request.tokens if abs(t.start - end) < 25 or abs(start - t.end) < 25]
    beside = any(t in near and t not in terms(part) for t in own)
    written = request.text[start:end].lower().replace("-", " ").removesuffix("s")
    return beside or (written == part.lower().removesuffix("s") and part.lower() not in USUAL)


USUAL = frozenset(
    ["density", "large", "medium", "steps", "cost", "all", "even", "proposal", "sensitivity"]
)


def _without(request: Request, entry: ContractEntry, choice: str) -> Iterator[Mention]:
    """Find `without any attack`, for a condition whose choices include `none`."""
    name = set(terms(entry.name))
    for token in request.tokens:
        if token.term in name and re.search(
            r"\b(?:no|without|free of)(?:\s(?:any|an?|single))?\s*$",
            request.text[: token.start],
            re.I,
        ):
            yield Mention(choice, (token.start, token.end), against=False)


def _against(request: Request, place: int) -> bool:
    """True if a choice is ruled out by the words before it."""
    return NEGATION.search(request.text[max(0, place - 40) : place]) is not None
