"""Tokeniser of a task's text: sentences of names and numbers, and tables."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from ingenium.words.numbers import ONES

NUMBER = re.compile(r"(?<![\w.])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?!\d)")
WORD = re.compile(r"[A-Za-z\u00c0-\u024f][\w']*")
STOP = re.compile(r"(?<=[\w)%])[.;?!](?=\s|$)|\n")
AFTER_NAME = re.compile(
    r"[-,.)]|\s(?:\d|to |has |takes |costs |and |needs |covers |runs |holds |is )"
)
_GLUE = """
a an the and or of to from in on at by for with without per as is are be been was has have had it
its they them their he she his her we our you your this that these those there which who what when
where how all each every any no not only also both one ones than then so such if can could may
might must shall should will would do does done get gets got go goes going make makes made take
takes taken need needs needed want wants wanted order ordered hold holds held stock cost costs
price prices profit profits earn earns bring brings sell sells sold require requires required
available at least most more less few fewer possible minimum maximum minimise maximise total sum
together total least cheapest shortest fastest smallest largest lowest highest early earliest late
soon find plan choose decide assign pick give gives given gets run runs running use uses used used
work works working start starts starting end ends ending begin begins open opens opened opening
serve serves served serving cover covers covered covering see sees seen visit visits visited
return returns come comes back home again exactly once twice same different equal equally
identical alike way ways directions direction between over under into out up down about after
before until while because since during within around euro euros dollar dollars cent cents million
thousand hour hours h minute minutes min second seconds s day days week weeks month months year
years kg g mg t tonne tonnes ton tons km m mj kj kwh litre litres liter liters l hectolitre
hectolitres pallet pallets crate crates unit units piece pieces portion portions serving servings
kilogram kilograms gram grams percent plant plants factory factories warehouse warehouses shop
shops store stores customer customers town towns city cities place places site sites node nodes
link links road roads leg legs station stations district districts area areas machine machines job
jobs task tasks worker workers clerk clerks person people shift shifts row rows column columns
table data time times distance distances number numbers amount amounts name names route routes
tour trip path line lines carry carries carried carrying ship ships shipped shipping deliver
delivers delivered deliveries transport travel travelling driving freight supply supplies demand
demands contain contains content contents capacity room load loads vehicle vehicles truck trucks
van vans lorry lorries depot mix mixes mixture blend blends food foods product products resource
resources allowed cannot never nobody nothing must either neither except contrast meanwhile
respectively alone just still even however therefore instead whole
produce produces offer offers send sends
"""
GLUE = frozenset(_GLUE.split())  # words that are no names, unless a text writes them as such
_PLACES = """
depot yard plant factory warehouse shop store office home base hub station school clinic port
market farm mill mine brewery bakery garage centre
"""
PLACES = frozenset(_PLACES.split())  # that are names in legs such as `depot to Adler 8`
LEG = re.compile(r"([A-Za-z]\w*)(?:-| to )(?:the )?([A-Za-z]\w*)[^\d,;.]{0,20}? \d")
AFTER_NUMBER = (
    re.compile(r"\d\s*(?:[a-zA-Z%]+\s+)?of\s+(?:the\s+)?([a-z]\w+)"),
    re.compile(r"\d\s*(?:%|m?g|kg|MJ|h)\s+([a-z]\w+)"),
)
UNITS = re.compile(
    r"\s*(%|euros?|dollars?|cents?|million|thousand|[a-zA-Z]{1,3}\b(?<!to)(?<!and)(?<!for)(?<!of)"
    r"|tonnes?|hours?|minutes?|seconds?|litres?|hectolitres?|kilograms?)"
)


@dataclass(frozen=True)
class Item:
    """Name or number at its place in the text."""

    start: int
    end: int
    name: str = ""
    value: float = 0.0
    unit: str = ""

    @property
    def number(self) -> bool:
        """True for a number."""
        return not self.name


@dataclass
class TaskText:
    """Text with its tables, and the words in it that are names."""

    text: str
    read: set[int] = field(default_factory=set)  # where numbers begin that were used

    @cached_property
    def lines(self) -> list[tuple[int, str]]:
        """Lines, with the position of each."""
        found, at = [], 0
        for line in self.text.split("\n"):
            found.append((at, line))
            at += len(line) + 1
        return found

    @cached_property
    def tables(self) -> list[tuple[tuple[str, ...], dict[tuple[str, str], float], int, int]]:
        """Tables: columns, cells by row and column, and the span of each."""
        found = []
        rows: list[tuple[str, list[re.Match[str]], int]] = []
        head: tuple[tuple[str, ...], int] | None = None
        for at, line in [*self.lines, (len(self.text), "")]:
            numbers = list(NUMBER.finditer(line))
            words = WORD.findall(line)
            if head and numbers and len(numbers) == len(head[0]) and len(words) == 1:
                rows.append((words[0].lower(), numbers, at))
                continue
            if head and len(rows) > 1:
                cells = {
                    (row, column): float(m[0].replace(",", ""))
                    for row, ms, _ in rows
                    for column, m in zip(head[0], ms, strict=True)
                }
                found.append((head[0], cells, head[1], at))
            rows, head = [], None
            if not numbers and len(words) > 1 and not re.search(r"[.,:;?!]", line):
                head = (tuple(w.lower() for w in words), at)
        return found

    @cached_property
    def numbers(self) -> list[re.Match[str]]:
        """Numbers in figures, outside of tables."""
        inside = [(a, b) for *_, a, b in self.tables]
        return [
            m for m in NUMBER.finditer(self.text) if not any(a <= m.start() < b for a, b in inside)
        ]

    @cached_property
    def sentences(self) -> list[tuple[int, int]]:
        """Spans of the sentences."""
        inside = [(a, b) for *_, a, b in self.tables]
        stops = [m.end() for m in STOP.finditer(self.text)]
        edges = sorted({0, len(self.text), *stops, *(x for pair in inside for x in pair)})
        return [
            (a, b)
            for a, b in pairwise(edges)
            if self.text[a:b].strip() and not any(x <= a < y for x, y in inside)
        ]

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Words that are names, each with its first written form."""
        found: set[str] = {w for columns, cells, *_ in self.tables for w in columns}
        found |= {row for _, cells, *_ in self.tables for row, _ in cells}
        for a, b in self.sentences:
            words = list(WORD.finditer(self.text, a, b))
            found |= {m[0].lower() for m in words[1:] if self._proper(m)}
            found |= set(self._listed(words))
            found |= set(self._alongside(a, b))
        counted = re.findall(rf"\b(?:{'|'.join(ONES)}) ([a-z]+)\b", self.text, re.I)
        found -= {*ONES, *(word.lower() for word in counted)}
        folded = {w: w + "s" for w in found if w + "s" in found}
        lone = {
            m[0].lower()
            for m in WORD.finditer(self.text)
            if f"{m[0].lower()}s" in found and m[0].lower() not in found
        }
        return {w: folded.get(w, w) for w in found} | {w: w + "s" for w in lone}

    def _proper(self, match: re.Match[str]) -> bool:
        word = match[0]
        upper = word[0].isupper() and (len(word) > 1 or word not in "AI" or self._coded(match))
        digit = any(c.isdigit() for c in word)
        return (upper or digit) and not (word.isupper() and word.lower() in GLUE and len(word) > 1)

    def _coded(self, match: re.Match[str]) -> bool:
        """Return True if a single A or I is a name, by similar names around it."""
        return len(re.findall(r"\b[B-HJ-Z]\b", self.text)) > 1

    def _listed(self, words: list[re.Match[str]]) -> Iterator[str]:
        """Return words of lists of three or more, or of two after a colon, `of` or `from`."""
        run: list[str] = []
        last: re.Match[str] | None = None
        for m in [*words, None]:
            plain = m is not None and m[0].lower() not in GLUE
            joined = False
            if m is not None and last is not None:
                gap = self.text[last.end() : m.start()]
                joined = bool(re.fullmatch(r"\s*(?:,|,?\s*(?:and|or))\s*(?:(?:the|an?)\s+)?", gap))
            if m is not None and m[0].lower() in ("and", "or", "the", "a", "an"):
                continue
            if run and not (plain and joined):
                if len(run) > 1:
                    yield from run
                run = []
            if plain and m is not None:
                run = [*run, m[0].lower()] if joined and run else [m[0].lower()]
            last = m

    def _alongside(self, start: int, end: int) -> Iterator[str]:
        """Return words right before a number, or after it and `of`."""
        piece = self.text[start:end]
        for pattern in AFTER_NUMBER:
            yield from (m[1] for m in pattern.finditer(piece) if m[1] not in GLUE)
        for m in LEG.finditer(piece):
            yield from (x.lower() for x in m.groups() if x.lower() in PLACES or x[0].isupper())
        for m in re.finditer(r"([A-Za-z][\w']*)(?:\s+(?:costs?|takes?|runs?|has))?\s+\d", piece):
            if m[1].lower() not in GLUE and (m.start() or m[1][0].islower()):
                yield m[1].lower()

    def items(self, start: int, end: int) -> list[Item]:
        """Return names and unread numbers, in order."""
        found = []
        for m in WORD.finditer(self.text, start, end):
            low = m[0].lower()
            if low in self.names and not (m[0] in ("A", "I", "a") and not self._named(m)):
                found.append(Item(m.start(), m.end(), self.names[low]))
        for m in self.numbers:
            if start <= m.start() < end and m.start() not in self.read:
                unit = UNITS.match(self.text, m.end())
                value = float(m[0].replace(",", ""))
                found.append(Item(m.start(), m.end(), "", value, unit[1] if unit else ""))
        return sorted(found, key=lambda item: item.start)

    def _named(self, match: re.Match[str]) -> bool:
        """Return True if an A is a name here, not an article."""
        if match[0] != "A" or not self._coded(match):
            return False
        inner = bool(re.search(r"[\w,]\s$", self.text[max(0, match.start() - 2) : match.start()]))
        return inner or AFTER_NAME.match(self.text, match.end()) is not None

    def between(self, one: Item, other: Item) -> str:
        """Return the text between two items."""
        return self.text[one.end : other.start]

    def take(self, item: Item) -> float:
        """Return the value of a number, and mark it as read."""
        self.read.add(item.start)
        return item.value

    @property
    def unread(self) -> list[str]:
        """Return the unread numbers."""
        return [m[0] for m in self.numbers if m.start() not in self.read]
