"""Rows 30.14 and 33.6: planted contradictions of fifty pages, found by the command `verify`.

Tried against: solvers that report nothing (identity), and solvers that report pairs of facts at
random. The checks fail on both.
"""

import re
from ast import literal_eval
from collections.abc import Iterator, Mapping
from typing import Any

from ingenium_book.checks.desk.narratives import KINDS, narrative
from ingenium_book.findings import Commands

NARRATIVES, PAGES = 100, 50  # half of them with further phrasings
TOLD = re.compile(
    r"page \d+, line (?P<line>\d+): (?P<kind>.+?) \((?P<second>['\"].+); before, "
    r"page \d+, line (?P<before>\d+): (?P<first>['\"].+)\)"
)
WORDS = {
    "dead": "dead", "place": "two places", "lost": "lost", "age": "two ages",
    "knowledge": "know", "season": "two seasons",
}  # fmt: skip
Pair = tuple[str, str]


def planted(commands: Commands, values: Mapping[str, Any]) -> dict[str, Any]:
    """Count planted pairs that are reported with their lines, and reports of planted sentences."""
    told = [narrative(i // 2, frozen=bool(i % 2), pages=PAGES) for i in range(NARRATIVES)]
    names = [f"story_{i}.md" for i in range(NARRATIVES)]
    for name, one in zip(names, told, strict=True):
        (commands.folder / name).write_text(one.text)
    done = commands("verify", "desk.story", *names)
    found = dict.fromkeys(("reported", "right", "exact", "lines", "found", "planted"), 0)
    by_kind, disagreements, shares = dict.fromkeys(KINDS, 0), 0.0, []
    for one, design in zip(told, done.answer.get("designs", ()), strict=False):
        pairs = [{_bare(p.first), _bare(p.second)} for p in one.plants]
        lines = one.text.splitlines()
        seen: list[set[str]] = []
        for first, second, line, before in _reported(design["reasons"]):
            pair = {_bare(first), _bare(second)}
            seen.append(pair)
            found["reported"] += 1
            found["right"] += any(pair & p for p in pairs)
            found["exact"] += pair in pairs
            found["lines"] += _at(lines, line, second) and _at(lines, before, first)
        for plant, own in zip(one.plants, pairs, strict=True):
            found["planted"] += 1
            found["found"] += own in seen
            by_kind[plant.kind] += own in seen
        disagreements += design["measured"]["solver_disagreements"]["value"]
        shares.append(design["measured"]["read_share"]["value"])
    return {
        **found,
        "recall": found["found"] / max(found["planted"], 1),
        "precision": found["right"] / max(found["reported"], 1),
        "kinds": [by_kind[k] for k in KINDS],
        "words": sorted({len(one.text.split()) // 1000 for one in told}),
        "disagreements": disagreements,
        "read": sum(shares) / max(len(shares), 1),
    }


def _reported(reasons: list[str]) -> Iterator[tuple[str, str, int, int]]:
    """Yield both sentences and their lines; what has another form has no sentence and no line."""
    for reason in reasons:
        for piece in re.split(r"; (?=page \d+, line|and \d+ more)", reason):
            m = TOLD.fullmatch(piece)
            if m is None or literal(m["second"]) is None or literal(m["first"]) is None:
                yield "", "", 0, 0
            else:
                said = literal(m["first"]) or "", literal(m["second"]) or ""
                yield *said, int(m["line"]), int(m["before"])


def literal(text: str) -> str | None:
    """Return the sentence that is shown in quotes; None for another form."""
    try:
        found = literal_eval(text)
    except (ValueError, SyntaxError):
        return None
    return found if isinstance(found, str) else None


def _at(lines: list[str], number: int, said: str) -> bool:
    return 0 < number <= len(lines) and _bare(said) in lines[number - 1]


def _bare(sentence: str) -> str:
    return sentence.rstrip('"')
