"""Reader of prose: facts from patterns over the words of each sentence, with their characters.

What stands in quotes, under a negation, a condition, a wish, a memory or the past perfect is no
fact of the story and is not read. A sentence that names a person and gives none counts as not read.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ingenium.domains.desk.story import words as w
from ingenium.domains.desk.story.facts import Fact
from ingenium.domains.desk.story.patterns import IN_SEASON, LONG, NEXT, PASSED, compiled
from ingenium.words.passages import Passage, sentences

NOT_THINGS = w.words_of(
    "way thread game race war argument battle time use sight temper mind voice balance hope head "
    "hand hands eye eyes face door window words word place seat turn side breath part road train "
    "boat curtain shutters fire oar oars others other one rest whole"
)
IRREGULAR = {"his": "he", "her": "she", "their": "they", "the": "", "its": "it"}


@dataclass(frozen=True)
class FactReading:
    """Facts of a text, sentences that name a person, and those of them that gave no fact."""

    facts: tuple[Fact, ...]
    naming: int
    unread: tuple[Passage, ...]
    persons: tuple[str, ...]

    @property
    def share(self) -> float:
        """Share of the sentences that name a person in which a fact was read."""
        return 1 - len(self.unread) / self.naming if self.naming else 1.0


class FactReader:
    """Reads facts; persons and places of a premise are known beforehand."""

    def __init__(self, persons: tuple[str, ...] = (), places: dict[str, str] | None = None) -> None:
        self.known, self.levels = persons, w.LEVEL | (places or {})

    def read(self, text: str) -> FactReading:
        """Read a text; its headings and its lines in other marks are breaks."""
        persons = tuple(dict.fromkeys((*self.known, *_discovered(text))))
        forms = _Forms(persons, self.levels)
        facts: list[Fact] = []
        unread: list[Passage] = []
        naming, last, ended, lost = 0, "", 0, set[str]()
        for one in sentences("draft", text):
            gap = text[ended : one.start]
            ended = one.end
            if one.text.startswith("#") or "***" in gap or "* * *" in gap:
                facts.append(Fact("breaks", (), one.start, one.end, one.text))
                last = ""
                if one.text.startswith("#"):
                    continue
            if one.text.startswith(("> ", "<!--", "[[", "::")):
                continue
            bare = forms.bare(one.text)
            named = forms.name.findall(bare)
            if not named and last and re.match(r"(?:He|She)\b", bare):
                bare = re.sub(r"^(?:He|She)\b", last, bare)
                named = [last]
            found = []
            for kind, args in forms.read(bare):
                lost |= {args[1]} if kind == "loses" else set()
                if kind == "finds" and not args[0] and args[1] not in lost:
                    continue  # another thing of this kind matters only where one is lost
                found.append(Fact(kind, args, one.start, one.end, one.text))
            facts += found
            if named:
                naming += 1
                last = named[0] if len(set(named)) == 1 else ""
                if not any(f.kind != "passes" for f in found):
                    unread.append(one)
            elif "\n\n" in gap:
                last = ""
        return FactReading(tuple(facts), naming, tuple(unread), persons)


def _discovered(text: str) -> list[str]:
    """Return names: capitalised words that speak or act, and that stand inside sentences too."""
    plain = w.QUOTED.sub(' "" ', text)
    acting = rf"(?:{w.any_of(w.SPEAK)}|{w.any_of(w.ACT)})"
    before = re.findall(rf"\b([A-Z][a-z]+)\b(?:,? (?:who|which)\b[^,]*,)? {acting}\b", plain)
    after = re.findall(rf"\"\" (?:{w.any_of(w.SPEAK)}) ([A-Z][a-z]+)\b", plain)
    buried = re.findall(r"\bburied ([A-Z][a-z]+)\b", plain)
    counts = re.findall(r"\b([A-Z][a-z]+)\b (?:was|died|drowned|is) ", plain)
    common = set(re.findall(r"\b[a-z]+\b", plain))
    found = dict.fromkeys((*before, *after, *buried))
    twice = dict.fromkeys(n for n in counts if counts.count(n) > 1 or n in found)
    listed = dict.fromkeys((*found, *twice))
    spoken = set(after)
    often = Counter(re.findall(r"\b[A-Z][a-z]+\b", plain))
    return [
        n
        for n in listed
        if n not in w.STRANGERS and n.lower() not in common and (n in spoken or often[n] > 1)
    ]


@dataclass(frozen=True, eq=False)
class _Forms:
    """Patterns for some persons and places."""

    persons: tuple[str, ...]
    levels: dict[str, str]

    @cached_property
    def one(self) -> str:
        names = "|".join(sorted(map(re.escape, self.persons), key=len)[::-1]) or "(?!)"
        titles = "Mr|Mrs|Miss|Dr|Captain|Old|Father|Aunt|Uncle"
        return rf"(?:(?:{titles})\.? )?(?:{names})(?: (?:{names}))?"

    @cached_property
    def name(self) -> re.Pattern[str]:
        """Pattern of a person's name."""
        names = "|".join(sorted(map(re.escape, self.persons), key=len)[::-1]) or "(?!)"
        return re.compile(rf"\b(?:{names})\b")

    def bare(self, sentence: str) -> str:
        """Return a sentence in one line, with empty quotes."""
        return " ".join(w.QUOTED.sub('""', sentence).split())

    def person(self, said: str) -> str:
        """Return the name by which a person is known."""
        return next(iter(self.name.findall(said)), said)

    def read(self, bare: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield facts of a sentence in the order of its words."""
        yield from _times(bare)
        found: list[tuple[int, str, tuple[str, ...]]] = []
        turned = self.patterns["turned"].search(bare)
        if turned:
            found.append((0, "age", (self.person(turned["p"]), str(w.value(turned["n"])))))
        spoken = self.patterns["speech"].finditer(bare)
        found += [(m.start(), "acts", (self.person(m["p"] or m["q"]),)) for m in spoken]
        if not w.DOUBT.search(bare):
            real = "".join(c for c in w.CLAUSE.split(bare) if not w.UNREAL.search(c))
            found += self._events(real) if self.name.search(real) else []
        for _, kind, args in sorted(dict.fromkeys(found)):
            yield kind, args

    def _events(self, bare: str) -> list[tuple[int, str, tuple[str, ...]]]:
        found: list[tuple[int, str, tuple[str, ...]]] = []
        for key in (
            "dies",
            "act",
            "go",
            "leave",
            "at",
            "inside",
            "lose",
            "drop",
            "slip",
            "find",
            "use",
        ):
            for m in self.patterns[key].finditer(bare):
                found += [(m.start(), *f) for f in self._fact(key, m)]
        for key in ("age", "aged", "at_age", "tell", "confess", "learn", "show", "new"):
            for m in self.patterns[key].finditer(bare):
                found += [(m.start(), *f) for f in self._fact(key, m)]
        dead = {args[0] for _, kind, args in found if kind == "dies"}
        return [f for f in found if not (f[1] == "acts" and f[2][0] in dead)]

    def _fact(self, key: str, m: re.Match[str]) -> list[tuple[str, tuple[str, ...]]]:
        groups = m.groupdict()
        p = self.person(groups["p"]) if groups.get("p") else ""
        if key == "dies":
            return [("dies", (self.person(next(x for x in m.groups() if x)),))]
        if key == "act":
            return [("acts", (p,))]
        if key == "leave":
            return [("goes", (p, "", "site")), ("goes", (p, "", "room")), ("acts", (p,))]
        if key in ("go", "at", "inside"):
            return self._place(key, p, groups["l"])
        if key in ("lose", "drop", "slip", "find", "use", "new"):
            return self._thing(key, p, groups)
        if key in ("age", "aged", "at_age"):
            return [("age", (p, str(w.value(groups["n"]))))] if p else []
        topic = groups["s"].strip()
        if key in ("tell", "confess"):
            q = self.person(groups["q"])
            return [("shows", (q, topic)), ("learns", (p, topic)), ("acts", (q,))]
        return [("learns" if key == "learn" else "shows", (p, topic)), ("acts", (p,))][
            : 1 if key == "learn" else 2
        ]

    def _place(self, key: str, p: str, place: str) -> list[tuple[str, tuple[str, ...]]]:
        level = self.levels.get(place)
        if level is None and key != "go":
            return []
        kind = "goes" if key == "go" else "at"
        found: list[tuple[str, tuple[str, ...]]] = []
        if level is None:
            found = [("goes", (p, "", v)) for v in ("site", "room")]
        else:
            found = [(kind, (p, place, level))]
        return [*found, ("acts", (p,))] if key != "at" else found

    def _thing(
        self, key: str, p: str, groups: dict[str, str | None]
    ) -> list[tuple[str, tuple[str, ...]]]:
        thing = groups["o"] or ""
        if thing in NOT_THINGS or thing in self.levels:
            return []
        owner = groups.get("d") or ""
        owner = IRREGULAR.get(owner.lower(), owner.removesuffix("'s").removesuffix("\u2019s"))
        acts = [("acts", (p,))] if p else []
        if key in ("find", "new"):
            return [("finds", (p, thing)), *(acts if key == "find" else [])]
        return [("uses" if key == "use" else "loses", (p, thing, owner)), *acts]

    @cached_property
    def patterns(self) -> dict[str, re.Pattern[str]]:
        """Compiled patterns by key."""
        return compiled(self.one, tuple(self.levels))


def _times(bare: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield time that passes, and the season; in whole years, or as -1 for less."""
    passed = PASSED.search(bare)
    if passed:
        unit = (passed["u"] or passed["v"]).lower()
        count = w.value(passed["n"] or passed["m"])
        short = unit.startswith(("day", "hour"))
        yield "passes", ("-2" if short else f"{count if unit.startswith('year') else 0}",)
    elif LONG.search(bare):
        yield "passes", ("-1",)
    elif NEXT.search(bare):
        yield "passes", ("-2",)
    found = IN_SEASON.search(bare)
    if found and not re.search(r"\b(?:might|would|could|if)\b", bare):
        word = next(g for g in found.groups() if g).lower()
        yield "season", (w.MONTHS[word],)
