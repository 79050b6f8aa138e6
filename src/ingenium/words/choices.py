"""Names of a contract that a request mentions: categories of conditions, values of settings."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ingenium.words.contract import ContractEntry
from ingenium.words.lexicon import terms
from ingenium.words.lines import named_line
from ingenium.words.reading import Choice, OpenQuestion, Part, ReadValue, Span
from ingenium.words.tokens import Request

PARTLY = {"weekend": ("saturday", "sunday")}  # words that are ambiguous among several
NEGATION = re.compile(r"\b(?:not|never|no|without|except|excluding)(?:\s\w+){0,2}\s*$", re.I)
TRIVIAL = ("none", "true", "false", "best")
JOINED = 7  # letters; a longer name may be written as two words
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
        return _of_usual(request, entry), []
    mentions = [m for choice in entry.choices for m in _mentions(request, entry, choice)]
    mentions = [m for m in mentions if not any(_inside(m, other) for other in mentions)]
    wanted = list(dict.fromkeys(m.choice for m in mentions if not m.against))
    barred = list(dict.fromkeys(m.choice for m in mentions if m.against))
    spans = tuple(dict.fromkeys(_with_negation(request, m) for m in mentions))
    if set(wanted) & set(barred):
        text = f"{entry.name} is to be {wanted[0]} and not to be; which one?"
        return [], [
            OpenQuestion(entry.name, "contradiction", text, spans, _each(entry, entry.choices))
        ]
    partly = _partly(request, entry, wanted)
    if partly:
        return [], [partly]
    if barred and not wanted:
        wanted = [c for c in entry.choices if c not in barred]
    if not wanted:
        return [], []
    if entry.kind == "setup" and len(wanted) > 1 and not entry.several:
        text = f"{entry.name} is one of {', '.join(wanted)}; which one?"
        return [], [OpenQuestion(entry.name, "open", text, spans, _each(entry, wanted))]
    part: Part = "condition" if entry.kind == "condition" else "setup"
    return [ReadValue(part, entry, spans, names=tuple(wanted))], []


def _of_usual(request: Request, entry: ContractEntry) -> list[ReadValue]:
    """Names of a list that a request names, where the default has them all."""
    usual = entry.default if entry.several and isinstance(entry.default, list) else []
    named = [u for u in usual if isinstance(u, str) and len(u) >= SHORT]
    found = {u: re.search(rf"\b{re.escape(u)}\b", request.text, re.I) for u in named}
    spans = {u: m.span() for u, m in found.items() if m and not _against(request, m.start())}
    if not spans or len(spans) == len(usual):
        return []
    return [ReadValue("setup", entry, tuple(spans.values()), names=tuple(spans))]


def _partly(request: Request, entry: ContractEntry, wanted: list[str]) -> OpenQuestion | None:
    """Ask about a word that means several of the choices."""
    for token in request.tokens:
        parts = PARTLY.get(token.term, ())
        meant = [c for c in entry.choices or () for p in parts if p in c.split("_")]
        if len(meant) > 1 and not set(meant) & set(wanted):
            text = f"{entry.name}: {' or '.join(meant)}, or both?"
            choices = (*_each(entry, meant), Choice("both", named_line(entry, ", ".join(meant))))
            return OpenQuestion(entry.name, "open", text, ((token.start, token.end),), choices)
    return None


def _each(entry: ContractEntry, names: Iterable[str]) -> tuple[Choice, ...]:
    return tuple(Choice(name, named_line(entry, name)) for name in names)


def _mentions(request: Request, entry: ContractEntry, choice: str) -> Iterator[Mention]:
    for phrase in (phrase for name, phrase in entry.spelled if name == choice):
        yield from _as_written(request, choice, phrase)
    if choice == "none" and entry.kind == "condition":
        yield from _without(request, entry, choice)
        return
    if choice in TRIVIAL:
        return
    if not choice[0].isalnum():
        same = (c for c in request.codes if c.text.lower() == choice.lower())
        yield from (Mention(choice, (c.start, c.end), _against(request, c.start)) for c in same)
        return
    if any(map(str.isdigit, choice)) or len(choice) < SHORT:
        yield from _coded(request, entry, choice)
        return
    for part in re.split(r"_or_", choice):
        yield from _spelled(request, entry, choice, part.replace("_", " "))
    if choice.isalpha() and len(choice) >= JOINED:
        form = r"[-\s]?".join(choice)
        for match in re.finditer(rf"\b{form}\b", request.text, re.I):
            if not match[0].isalpha():  # `re-entrant`, `heavy hex`
                yield Mention(choice, match.span(), _against(request, match.start()))


def _as_written(request: Request, choice: str, phrase: str) -> Iterator[Mention]:
    """Find a choice under another name of the field, word by word."""
    form = r"[\s-]+".join(map(re.escape, re.split(r"[\s-]+", phrase)))
    for match in re.finditer(rf"(?<![\w-]){form}s?(?![\w-])", request.text, re.I):
        yield Mention(choice, match.span(), _against(request, match.start()))


def _coded(request: Request, entry: ContractEntry, choice: str) -> Iterator[Mention]:
    """Find a choice that is a code: `u1` is written U(1) or u-1, `IDV 11` also IDV11."""
    pieces = re.findall(r"[a-z]+|\d+", choice.lower())
    form = r"[\s_(-]{0,2}".join(map(re.escape, pieces)) + r"\)?"
    for match in re.finditer(rf"(?<![\w.]){form}(?![\w.]|-\w)", request.text, re.I):
        capital = match[0].isupper() or (any(map(str.isdigit, choice)) and not choice.isdigit())
        name = entry.name.replace("_", " ")
        alongside = re.match(rf"\s*{name}\b", request.text[match.end() :], re.I)
        if capital or alongside:
            yield Mention(choice, match.span(), _against(request, match.start()))


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
    alongside = any(t in near and t not in terms(part) for t in own)
    written = request.text[start:end].lower().replace("-", " ").removesuffix("s")
    return alongside or (written == part.lower().removesuffix("s") and part.lower() not in USUAL)


USUAL = frozenset(
    ["density", "large", "medium", "steps", "cost", "all", "even", "proposal", "sensitivity"]
)


def _without(request: Request, entry: ContractEntry, choice: str) -> Iterator[Mention]:
    """Find `without any attack`, for a condition whose choices include `none`."""
    name = set(terms(entry.name))
    for token in request.tokens:
        before = re.search(
            r"\b(?:no|without|free of)(?:\s(?:any|an?|single))?\s*$",
            request.text[: token.start],
            re.I,
        )
        if token.term in name and before:
            yield Mention(choice, (before.start(), token.end), against=False)


def _inside(one: Mention, other: Mention) -> bool:
    """True for a choice within a longer one: `etoile` of `etoile_2`."""
    return (
        other.words[0] <= one.words[0]
        and one.words[1] <= other.words[1]
        and (one.words != other.words)
    )


def _with_negation(request: Request, mention: Mention) -> Span:
    """The words of a mention, with the negation that rules it out."""
    start, end = mention.words
    near = NEGATION.search(request.text, max(0, start - 40), start) if mention.against else None
    return (near.start(), end) if near else (start, end)


def _against(request: Request, place: int) -> bool:
    """True if a choice is ruled out by the words before it."""
    return NEGATION.search(request.text[max(0, place - 40) : place]) is not None
