"""Guard against fabrication: each statement of a text must stand in a given source.

A sentence with a name, a number, a quotation or a citation needs a passage that states the same:
its numbers with their units, its names and numbers in their order, as many negations and hedges,
and no word of substance that the passage lacks. Quotations and citations must stand there to the
letter, and a quotation next to the name of who said it. What is not found is withheld.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property

from ingenium.words.lexicon import STOP, WORD, term, terms
from ingenium.words.passages import DocumentSet, Passage, sentences
from ingenium.words.quotes import FIRST, NAME, lacking
from ingenium.words.retrieval import SentenceIndex

QUOTATION = re.compile(
    r"[\"\u201c\u201e\u00ab]([^\"\u201c\u201d\u201e\u00ab\u00bb]{2,}?)[\"\u201d\u201c\u00bb]"
)
CITATIONS = re.compile(
    r"(?P<case>(?:[A-Z][\w'.&-]*\s){1,5}v\.?\s(?:[A-Z][\w'.&-]*[ ,]?){1,5})"
    r"|(?P<report>\b\d{1,4}\s[A-Z][\w.]*(?:\s?\d?[a-z]{0,2}\.)*\s\d{1,5}\b(?:\s\([^)]*\d{4}\))?)"
    r"|(?P<neutral>\[\d{4}\]\s[A-Z]{2,}(?:\s[A-Z][a-z]+)?\s\d+)"
    r"|(?P<author>[A-Z][\w'-]+(?:\s(?:et\sal\.|and\s[A-Z][\w'-]+))?"
    r",?\s\(?(?:19|20)\d\d[a-z]?\))"
    r"|(?P<digital>\b(?:10\.\d{4,9}/\S+|arXiv:\d{4}\.\d{4,5}))"
)
HEDGES = re.compile(
    r"\b(?:may|might|could|should|would|unless|except|only|if|alleged(?:ly)?|suspected|reportedly|"
    r"about|approximately|nearly|almost|up to|at least|at most|more than|less than|before|after|"
    r"until|under|over|according to|claim(?:s|ed)?|believe[sd]?|argue[sd]?|accus\w+|"
    r"den(?:y|ies|ied)|rumou?r\w*|false(?:ly)?|myth)\b",
    re.IGNORECASE,
)
ATTRIBUTION = re.compile(
    r"^(?:according to (?:the )?[\w .'-]{1,60}?, "
    r"|as (?:the )?[\w .'-]{1,60}? (?:says|states|notes), )",
    re.IGNORECASE,
)
SAYING = frozenset(terms("said says stated states wrote writes added noted explained"))
CLAUSE = re.compile(r",? (?:and|while) |; ")
PERSONAL = re.compile(r"\b(?:I|we|you|our|your|my|please|thanks?|hello)\b", re.IGNORECASE)
FOUND = 6  # passages of a sentence that are compared
NEAR = 1  # passages before and after, within which the speaker of a quotation is named


@dataclass(frozen=True)
class Supported:
    """A sentence of a text, and the passage that states the same."""

    sentence: str
    passage: Passage | None  # None where nothing needs a source


@dataclass(frozen=True)
class Withheld:
    """A sentence of a text that no source states, and why."""

    sentence: str
    why: str


@dataclass(frozen=True, eq=False)
class FabricationGuard:
    """Guard over given sources."""

    documents: DocumentSet

    @cached_property
    def _index(self) -> SentenceIndex:
        return SentenceIndex(self.documents.passages)

    def check(self, text: str) -> tuple[Supported | Withheld, ...]:
        """Return each sentence of a text with the passage that supports it, or why none does."""
        return tuple(self._sentence(p.text) for p in sentences("text", text))

    def _sentence(self, text: str) -> Supported | Withheld:
        sentence = " ".join(text.split())
        bare = ATTRIBUTION.sub("", sentence)
        quoted = [m[1] for m in QUOTATION.finditer(bare)]
        cited = [m[0].strip(" ,") for m in CITATIONS.finditer(bare)]
        if not quoted and not cited and not _facts(bare):
            return Supported(sentence, None)
        for kind, part in (*(("quotation", q) for q in quoted), *(("citation", c) for c in cited)):
            if not self._stands(part):
                return Withheld(sentence, f'no source has the {kind} "{part[:80]}"')
        if quoted:
            return self._quotation(sentence, bare, quoted)
        why = "no source says so"
        for passage, _ in self._index.found(bare, FOUND):
            fault = differing(bare, " ".join(passage.text.split()))
            if not fault:
                return Supported(sentence, passage)
            why = f"{passage.file}, character {passage.start}, does not say so: {fault}"
        return Withheld(sentence, why)

    def _stands(self, part: str) -> bool:
        wanted = _flat(part)
        return any(wanted in text for text in self._flat_texts)

    @cached_property
    def _flat_texts(self) -> tuple[str, ...]:
        return tuple(_flat(text) for text in self.documents.texts.values())

    def _quotation(self, sentence: str, bare: str, quoted: list[str]) -> Supported | Withheld:
        """Check who said a quotation, and what is said around it."""
        around = QUOTATION.sub(" ", bare)
        names = [n for n in _names(around) if n[:1].isupper()]
        listed = self.documents.passages
        for i, passage in enumerate(listed):
            near = listed[max(0, i - NEAR) : i + NEAR + 1]
            context = _flat(" ".join(p.text for p in near if p.file == passage.file))
            own = _flat(passage.text)
            if any(_flat(q) not in own for q in quoted):
                continue
            speaker = own if _names(_outside(passage.text)) else context
            loose = [t for t in terms(around) if t not in {*terms(speaker), *SAYING}]
            if all(_flat(n) in speaker for n in names) and not loose:
                return Supported(sentence, passage)
        return Withheld(sentence, "no source has the quotation next to who is said to have said it")


def differing(sentence: str, passage: str) -> str:
    """Return how a sentence differs in substance from a passage; empty if it does not.

    The passage may go on with a clause of its own, after `and` or `while`; not after `but` or `if`,
    which would take something back.
    """
    cuts = [m.start() for m in CLAUSE.finditer(passage)]
    faults = (_differing(sentence, passage[:end]) for end in (len(passage), *cuts))
    first = next(faults)
    return "" if not first or any(not fault for fault in faults) else first


def _differing(sentence: str, passage: str) -> str:
    if fault := lacking(sentence, passage):
        return fault
    if extra := Counter(_hedges(sentence)) - Counter(_hedges(passage)):
        return f"the hedge {next(iter(extra))}"
    if lost := Counter(_hedges(passage)) - Counter(_hedges(sentence)):
        return f"without its {next(iter(lost))}"
    there = set(terms(passage))
    if loose := [t for t in terms(sentence) if t not in there]:
        return f"the word {loose[0]}"
    return "" if _aligned(sentence, passage) else "names and numbers of another statement"


def _aligned(sentence: str, passage: str) -> bool:
    """True if the terms of a sentence follow each other in a passage, as one statement.

    What is left out between two terms may hold a name or a number only where the later term begins
    a part of its own, after `and` or a comma: a date of one event is not that of another.
    """
    own = terms(sentence)
    there = [(m[0], m.start()) for m in WORD.finditer(passage)]
    known = [None if raw.lower() in STOP else term(raw) for raw, _ in there]
    heavy = [raw[0].isdigit() or (i > 0 and raw[0].isupper()) for i, (raw, _) in enumerate(there)]

    @cache
    def from_place(done: int, at: int) -> bool:
        """True if the terms from `done` on follow the word at a place."""
        if done == len(own):
            return True
        return any(
            known[j] == own[done] and open_gap(at, j) and from_place(done + 1, j)
            for j in range(at + 1, len(there))
        )

    def open_gap(at: int, j: int) -> bool:
        if at < 0 or not any(heavy[at + 1 : j]):
            return True
        before = passage[: there[j][1]].rstrip()
        return before.endswith(",") or there[j - 1][0].lower() == "and"

    return from_place(0, -1)


def _hedges(text: str) -> Iterator[str]:
    return (m[0].lower() for m in HEDGES.finditer(text))


def _names(text: str) -> list[str]:
    found = [m[0] for m in NAME.finditer(text)]
    first = FIRST.match(text)
    return [
        n for n in found if not (first and n == first[0].strip() and n.istitle() and not terms(n))
    ]


def _facts(text: str) -> bool:
    """True if a sentence states something: not a question, and not a word between two people."""
    first = FIRST.match(text)
    rest = text[first.end() :] if first else text
    plain = PERSONAL.sub(" ", rest)
    if NAME.search(plain) or re.search(r"\d", text):
        return True
    return not (text.rstrip().endswith("?") or PERSONAL.search(text))


def _flat(text: str) -> str:
    plain = text.replace("\u2019", "'").replace("\u2011", "-")
    return " ".join(plain.casefold().split()).rstrip(".,;")


def _outside(text: str) -> str:
    return QUOTATION.sub(" ", text)
