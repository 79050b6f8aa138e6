"""Parser of a brief: its rooms, which of them are adjacent or separate, and the words for it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from ingenium.domains.words.rooms.amounts import COUNTED

NOUN = r"[a-z\u00e0-\u00ff][\w\u00e0-\u00ff'-]*"
LISTED = re.compile(r"(?::|\b(?:with|has|needs?|wants?|ask for|consists of)\b)\s+", re.I)
SPLIT = re.compile(r"\s*(?:,\s*and\b|,|\band\b)\s*")
ARTICLE = re.compile(r"^(?:an?|the|both|each|every|our|some|shared|" + COUNTED + r")\s+", re.I)
TAIL = re.compile(r"\s+(?:for|above|that|which|of|in|at)\b.*$")
NEAR = (
    r"next to|adjoins?|adjacent(?: to)?|beside|connected(?: to| with)?|connects? to"
    r"|opens? (?:on)?to|open to|leads? to|attached to|near|close to|reached from|access to|serves"
)
APART = r"away from|apart from|far from|separated from|at a distance from"
CUE = re.compile(
    rf"(?P<apart>{APART})|(?P<denied>\bnot (?:to )?(?:be |lie )?(?:{NEAR})\b)"
    rf"|(?P<near>\b(?:{NEAR})\b)"
)
NEW = re.compile(r",|\band\b|\bbut\b")  # after which the first name is the subject again
THING = re.compile(r"\b(?:it|them)\b")
PLACE = re.compile(rf"(?:{NEAR}|{APART})\s+(?:to |the |an? )+(?P<name>{NOUN}(?: {NOUN})?)")


@dataclass(frozen=True)
class RoomRelation:
    """Two rooms that must be adjacent or separate, in alphabetical order."""

    one: str
    other: str
    together: bool
    start: int
    end: int


@dataclass(frozen=True)
class BuildingBrief:
    """Content of a brief."""

    text: str
    rooms: tuple[str, ...]
    relations: tuple[RoomRelation, ...]

    @classmethod
    def of(cls, text: str) -> "BuildingBrief":
        """Parse a text."""
        names = _names(text)
        found: dict[tuple[str, str, bool], RoomRelation] = {}
        for start, end in _sentences(text):
            for r in _relations(text, start, end, names):
                found.setdefault((r.one, r.other, r.together), r)
        used = [n for r in found.values() for n in (r.one, r.other)]
        rooms = tuple(dict.fromkeys([*_listed(text), *used]))
        return cls(text, rooms, tuple(found.values()))


def single(name: str) -> str:
    """Return a name in the singular: `dressing rooms` is `dressing room`."""
    words = re.sub(r"s'", "'s", name.lower().strip()).split()
    last = words[-1]
    if last.endswith("ies"):
        last = last[:-3] + "y"
    elif last.endswith("s") and not last.endswith(("ss", "us", "'s")):
        last = last[:-1]
    return " ".join([*words[:-1], last])


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for m in re.finditer(r"[.;](?=\s|$)", text):
        yield start, m.end()
        start = m.end()


def _listed(text: str) -> list[str]:
    """Return the rooms of the list with which a brief begins."""
    head = re.split(r"\.(?:\s|$)", text, maxsplit=1)[0]
    reported = [head[m.end() :] for m in LISTED.finditer(head)]
    lists = [rest for rest in reported if "," in rest or " and " in rest]
    found = []
    for part in SPLIT.split(lists[-1]) if lists else ():
        name = TAIL.sub("", part.strip())
        while (short := ARTICLE.sub("", name)) != name:
            name = short
        if name and len(name.split()) <= 3:
            found.append(single(name))
    return list(dict.fromkeys(found))


def _names(text: str) -> list[str]:
    """Return names of rooms and places in all their forms, the longest first."""
    found = set(_listed(text))
    for m in PLACE.finditer(text.lower()):
        name = m["name"]
        first, _, second = name.partition(" ")
        if single(name) in found:
            continue
        plain = second in (
            "",
            "and",
            "or",
            "but",
            "is",
            "at",
            "for",
            "in",
            "so",
            "with",
            "directly",
        )
        found.add(
            single(first if plain or re.search(rf"{re.escape(name)}\s*\w*ly", text) else name)
        )
    return sorted(found, key=lambda n: (-len(n), n))


def _relations(text: str, start: int, end: int, names: list[str]) -> Iterator[RoomRelation]:
    """Yield the relations of a sentence."""
    said = re.sub("s'", "'s", text[start:end].lower())
    places = _places(said, names)
    cues = list(CUE.finditer(said))
    subject: list[tuple[int, int, str]] = []
    for k, cue in enumerate(cues):
        upto = cues[k + 1].start() if k + 1 < len(cues) else len(said)
        before = [p for p in places if p[1] <= cue.start()]
        after = [p for p in places if cue.end() <= p[0] < upto]
        if not before:
            continue
        again = NEW.search(said[before[-1][1] : cue.start()]) is not None
        if not again or not subject:
            subject = before[:1] if again else _run(said, before)
        if k + 1 < len(cues) and after:
            gap = said[after[-1][1] : cues[k + 1].start()]
            if len(after) > 1 and not NEW.search(gap):
                after = after[:-1]
        together = cue["near"] is not None
        for one, other in pairwise(after):
            if re.fullmatch(r" (?:to|with) (?:the |an? )?", said[one[1] : other[0]]):
                after = [p for p in after if p not in (one, other)]
                more = cue.start(), cue.end(), together
                yield from _pairs(said, [one], [one], [other], more, start)
        yield from _pairs(said, subject, before, after, (cue.start(), cue.end(), together), start)


def _pairs(
    said: str,
    subject: list[tuple[int, int, str]],
    before: list[tuple[int, int, str]],
    after: list[tuple[int, int, str]],
    cue: tuple[int, int, bool],
    start: int,
) -> Iterator[RoomRelation]:
    """Yield the relations of one cue: names before it with names after it, or two before it."""
    begin, end, together = cue
    objects = [n for _, _, n in after]
    owners = [n for _, _, n in subject]
    if THING.match(said[end:].lstrip()) and len(before) > 0:
        objects = [before[-1][2]]
    if not objects and len(owners) > 1:
        owners, objects = owners[:1], owners[1:]
    for one in owners:
        for other in objects:
            if one != other:
                a, b = sorted((one, other))
                yield RoomRelation(a, b, together, start + begin, start + end)


def _run(said: str, before: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Return the last names before a cue that are joined by `and`."""
    run = [before[-1]]
    for one in reversed(before[:-1]):
        if not re.fullmatch(r"\s*(?:,|and|, and)\s*(?:the |an? )?", said[one[1] : run[0][0]]):
            break
        run.insert(0, one)
    return run


def _places(said: str, names: list[str]) -> list[tuple[int, int, str]]:
    """Locate names, singular or plural; a longer name hides a shorter one."""
    found: list[tuple[int, int, str]] = []
    for name in names:
        stem = re.escape(name[:-1]) + "(?:y|ies)" if name.endswith("y") else re.escape(name) + "s?"
        for m in re.finditer(rf"(?<![\w-]){stem}(?![\w-])", said):
            if not any(a < m.end() and m.start() < b for a, b, _ in found):
                found.append((m.start(), m.end(), name))
    return sorted(found)
