"""The reading of a request, repeated in fixed words: each line of a spec with its words."""

from dataclasses import dataclass

from ingenium.words.reading import Span
from ingenium.words.specs import ValueOrigin, Worded

SIDES = {"at_least": "at least", "at_most": "at most"}


@dataclass(frozen=True)
class PhraseLine:
    """One line of a spec: its name, its value, and the words or the default behind it."""

    what: str
    value: str
    words: tuple[str, ...]
    default: str
    spans: tuple[Span, ...]
    note: str = ""  # what it replaces


def lines(made: Worded, text: str) -> list[PhraseLine]:
    """Lines of a spec, those from the request first."""
    said = [_line(o, text) for o in made.origins]
    return sorted(said, key=lambda line: bool(line.default))


def _line(origin: ValueOrigin, text: str) -> PhraseLine:
    part, _, name = origin.place.partition(".")
    what, _, side = name.rpartition(".")
    listed = part in ("limits", "conditions") and side in SIDES
    head = f"{PARTS.get(part, part)} {what if listed else name}".strip()
    number = f"{origin.value:.12g}" if isinstance(origin.value, float) else _plain(origin.value)
    unit = "" if origin.unit in ("", "1") else f" {origin.unit}"
    value = f"{SIDES[side]} {number}{unit}" if listed else f"{number}{unit}"
    pieces = tuple(dict.fromkeys(" ".join(text[a:b].split()) for a, b in origin.words))
    return PhraseLine(head, value, pieces, origin.default, origin.words, origin.note)


PARTS = {
    "limits": "limit on",
    "conditions": "under",
    "objectives": "best is",
    "fixed": "fixed",
    "setup": "setting",
    "given": "given",
    "problem": "problem",
    "n": "designs",
}


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
