"""40 briefs, written by hand before the reader existed, their meanings, and a score."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

from ingenium.domains.words.rooms.brief import BuildingBrief
from ingenium.domains.words.rooms.zoning import broken, rules_of
from ingenium.words.lexicon import terms
from ingenium_book.findings import Commands

BRIEFS = Path(__file__).with_name("briefs.txt")
Relation = tuple[str, str, bool]  # two names in order, and whether they lie together
Answer = tuple[set[Relation], set[int]]


@dataclass(frozen=True)
class RequestedBrief:
    """A brief, the rules of its place, and the expected reading."""

    text: str
    rules: str
    relations: frozenset[Relation]
    broken: frozenset[int]


@cache
def briefs() -> tuple[RequestedBrief, ...]:
    """All briefs."""
    found: list[RequestedBrief] = []
    own: dict[str, str] = {}
    for line in [*BRIEFS.read_text(encoding="utf-8").splitlines(), "? "]:
        sign, _, rest = line.partition(" ")
        if sign == "?" and own:
            relations = _relations(own["="], True) | _relations(own["!"], False)
            numbers = frozenset(map(int, own["x"].split()))
            found.append(RequestedBrief(own["?"], own["#"], relations, numbers))
            own = {}
        if sign in ("?", "=", "!", "x") or (sign == "#" and "?" in own):
            own[sign] = rest
    return tuple(found)


def _relations(text: str, together: bool) -> frozenset[Relation]:
    """Parse relations from `a-b, c-d`; the name of one room has a hyphen of its own."""
    found = set()
    for pair in filter(None, (p.strip() for p in text.split(","))):
        head, _, tail = pair.replace("x-ray", "x~ray").partition("-")
        one, other = sorted((head.replace("~", "-"), tail.replace("~", "-")))
        found.add((one, other, together))
    return frozenset(found)


def by_reader(brief: RequestedBrief) -> Answer:
    """Answer of the reader."""
    found = BuildingBrief.of(brief.text).relations
    relations = {(r.one, r.other, r.together) for r in found}
    return relations, {b.number for b in broken(brief.text, brief.rules)}


def by_keywords(brief: RequestedBrief) -> Answer:
    """Answer by keywords: rooms of a sentence are adjacent; a rule is violated if a word occurs."""
    known = {n for r in BuildingBrief.of(brief.text).relations for n in (r.one, r.other)}
    relations: set[Relation] = set()
    for sentence in brief.text.lower().split(".")[1:]:
        held = sorted({n for n in known if n in sentence})
        relations |= {(a, b, True) for a, b in combinations(held, 2)}
    said = set(terms(brief.text))
    return relations, {i for i, r in enumerate(rules_of(brief.rules), 1) if set(terms(r)) & said}


def scored(
    reader: Callable[[RequestedBrief], Answer], requested: Iterable[RequestedBrief]
) -> Mapping[str, float]:
    """F1 of relations, its precision and recall, detected violations, and false flags."""
    met = listed = wanted = right = flagged = planted = whole = 0
    for one in requested:
        relations, flags = reader(one)
        met += len(relations & one.relations)
        listed, wanted = listed + len(relations), wanted + len(one.relations)
        right += len(flags & one.broken)
        flagged, planted = flagged + len(flags), planted + len(one.broken)
        whole += relations == one.relations and flags == one.broken
    return {
        "f1": 2 * met / (listed + wanted),
        "precision": met / listed,
        "recall": met / wanted,
        "planted": planted,
        "found": right,
        "wrong_flags": flagged - right,
        "whole": whole,
    }


def read(commands: Commands, values: Mapping[str, Any]) -> Mapping[str, float]:
    """Scores of the reader on all briefs."""
    return {**scored(by_reader, briefs()), "briefs": len(briefs())}


def by_sentence(commands: Commands, values: Mapping[str, Any]) -> Mapping[str, float]:
    """Scores of keywords on all briefs."""
    return scored(by_keywords, briefs())


def first_written(commands: Commands, values: Mapping[str, Any]) -> bool:
    """Write the first brief and its rules as files."""
    first = briefs()[0]
    for name, text in (("brief.txt", first.text), ("rules.txt", first.rules)):
        (commands.folder / name).write_text(text)
    return True
