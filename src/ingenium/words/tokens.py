"""A request cut into words, names that contain digits, and ends of clauses."""

import difflib
import re
from dataclasses import dataclass, field
from functools import cache, cached_property

from ingenium.words.files import NamedFile, named_files
from ingenium.words.lexicon import STOP, WORD, term
from ingenium.words.materials import ALIKE
from ingenium.words.measures import Measure, measures

CHUNK = re.compile(r"\S+")
IDENTIFIER = re.compile(r"[a-z]+\d*(?:_[a-z0-9]+)+", re.I)
ATOMS = re.compile(r"(?:\[[^\]\s]+\]|Cl|Br|[BCNOPSFIHbcnops]|[0-9@+\-\[\]()=#%/\\.])+")
NAMED = re.compile(r"[+-]?[A-Za-z0-9]+(?:[-_+]+[A-Za-z0-9]+)*|[+-][a-z]")
HARD = re.compile(r"[;\n!?]|\.(?=\s|$)")
SOFT = re.compile(
    r"[,:()\[\]{}\u2013\u2014]|\b(?:and|but|with|while|whose|where|when|that|which)\b", re.I
)
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
SHORTS = {"l/d": "lift drag", "t/c": "thickness"}
SHORT = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, SHORTS)) + r")(?!\w)", re.I)
STEP = re.compile(r"\bevery(?=\s+\d+\s*(?:s|min|h|seconds|minutes|hours)\b)", re.I)  # of time
_TIME = r"(?=\s+(?:about\s|another\s)?(?:\d+(?:\.\d+)?|[a-z]+)\s*(?:h|hours?|days?)\b)"
TIMES = (  # words before a time, and what they say
    (re.compile(rf"\b(?:for|during){_TIME}", re.I), "length"),
    (re.compile(r"\b(?:from|at|after|in)\s+(?:the\s)?hour(?=\s\d)", re.I), "onset"),
)
LONG, SLIP = 6, 0.85  # letters of a word that may be misspelt, and how near it is
SET = re.compile(r"[A-Za-z]\w*(?:=|<=|>=|<|>|≤|≥)[-+]?[\d.]")  # `N=150` sets a value
ABBREVIATED = re.compile(r"\b(?:min|max|e\.g|i\.e|approx|p\.u|pu|no|nr|ca|resp)$", re.I)


@dataclass(frozen=True)
class Token:
    """A content word, as its term."""

    term: str
    start: int
    end: int
    written: str  # without an ending


@dataclass(frozen=True)
class Code:
    """A name with digits or signs in it, such as a formula or a network's code."""

    text: str
    start: int
    end: int

    @property
    def formula(self) -> bool:
        """True if it may be a molecule."""
        return ATOMS.fullmatch(self.text) is not None and sum(map(str.isalpha, self.text)) > 2


@dataclass(frozen=True)
class Request:
    """A text and its parts."""

    text: str
    digits: frozenset[str] = frozenset()  # that are part of names, as the 90 of `coverage_90`
    phrases: frozenset[str] = frozenset()  # with a number in them, as `20 % strain`
    names: re.Pattern[str] | None = None  # with a number in them, as `two-qubit`
    taken: set[tuple[int, int]] = field(default_factory=set)  # words that an aim has used
    nouns: frozenset[str] = frozenset()  # names that look like units
    vocabulary: tuple[str, ...] = ()  # words for which slips are taken

    @cached_property
    def codes(self) -> tuple[Code, ...]:
        """Names that contain digits or signs, and formulas."""
        return tuple(c for m in CHUNK.finditer(self.text) for c in _codes(m))

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """Numbers and ranges outside codes."""
        away = [(c.start, c.end) for c in self.codes]
        away += [m.span() for _, form in ALIKE for m in form.finditer(self.text)]
        away += [(f.start, f.end) for f in self.files]
        away += self.named
        found = measures(self.text, away, self.nouns)
        return tuple(m for m in found if not self._part(m))

    @property
    def named(self) -> list[tuple[int, int]]:
        """Places of names that have a number in them: `two-qubit gates`."""
        return [m.span() for m in self.names.finditer(self.text)] if self.names else []

    def _part(self, measure: Measure) -> bool:
        """True if a number is part of a name: `the band of 90 %`."""
        written = f"{measure.low.value:g}"
        after = self.text[measure.start :].lower()
        if any(after.startswith(phrase) for phrase in self.phrases):
            return True
        plain = measure.high is None and measure.sense == "value"
        return plain and written in self.digits and measure.unit in ("percent", None)

    @cached_property
    def files(self) -> tuple[NamedFile, ...]:
        """Files and folders that are named."""
        return named_files(self.text)

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """Content words, without codes and measures with their units."""
        away = [(c.start, c.end) for c in self.codes if not IDENTIFIER.fullmatch(c.text)]
        away += [(m.start, m.end) for m in self.measures if m.unit not in ("d", "week", "year")]
        short = [
            Token(term(word), m.start(), m.end(), word.removesuffix("s"))
            for m in SHORT.finditer(self.text)
            for word in SHORTS[m[0].lower()].split()
        ]
        for form, word in TIMES:
            short += [Token(term(word), *m.span(), word) for m in form.finditer(self.text)]
        short += [Token(term("step"), *m.span(), "step") for m in STEP.finditer(self.text)]
        away += [(t.start, t.end) for t in short]
        away += [(f.start, f.end) for f in self.files]
        plain = [
            Token(
                term(slip(m[0].lower(), self.vocabulary)),
                m.start(),
                m.end(),
                m[0].lower().removesuffix("s"),
            )
            for m in WORD.finditer(self.text)
            if m[0].lower() not in STOP and not any(a <= m.start() < b for a, b in away)
        ]
        return tuple(sorted((*plain, *short), key=lambda t: t.start))

    @cached_property
    def stops(self) -> tuple[int, ...]:
        """Ends of sentences and list items."""
        return tuple(
            m.start()
            for m in HARD.finditer(self.text)
            if not self._inside(m.start()) and not ABBREVIATED.search(self.text, 0, m.start())
        )

    @cached_property
    def pauses(self) -> tuple[int, ...]:
        """Possible ends of clauses within a sentence."""
        return tuple(m.start() for m in SOFT.finditer(self.text) if not self._inside(m.start()))

    def stopped(self, start: int, end: int) -> bool:
        """True if a sentence ends between two places."""
        return any(start <= s < end for s in self.stops)

    def paused(self, start: int, end: int) -> int:
        """Count possible ends of clauses between two places."""
        return sum(start <= s < end for s in self.pauses)

    def clause(self, place: int) -> tuple[int, int]:
        """The sentence or item around a place."""
        before = [s + 1 for s in self.stops if s < place]
        after = [s for s in self.stops if s >= place]
        return max(before, default=0), min(after, default=len(self.text))

    def _inside(self, place: int) -> bool:
        spans = [(m.start, m.end) for m in self.measures] + [(c.start, c.end) for c in self.codes]
        return any(a <= place < b for a, b in spans)


def _codes(match: re.Match[str]) -> list[Code]:
    """The codes of a piece of text between blanks."""
    chunk, start = match[0], match.start()
    bare = chunk.rstrip(".,;:!?\"'")
    while bare.startswith(("(", '"', "'")) and bare.count("(") != bare.count(")"):
        bare, start = bare[1:], start + 1
    if bare.startswith("(") and bare.endswith(")"):
        bare, start = bare[1:-1], start + 1
    if bare.endswith(")") and bare.count("(") < bare.count(")"):
        bare = bare[:-1]
    if is_code(bare) or DATE.fullmatch(bare):
        return [Code(bare, start, start + len(bare))]
    return [
        Code(part[0], start + part.start(), start + part.end())
        for part in re.finditer(r"[A-Za-z0-9_+-]+", bare)
        if IDENTIFIER.fullmatch(part[0])
    ]


@cache
def slip(word: str, vocabulary: tuple[str, ...]) -> str:
    """The known word nearest to a misspelt one; the word itself if it is known or near to none."""
    if len(word) < LONG or word in vocabulary or word.removesuffix("s") in vocabulary:
        return word
    near = difflib.get_close_matches(word, vocabulary, n=1, cutoff=SLIP)
    return near[0] if near else word


def is_code(text: str) -> bool:
    """True if a text is a name, and neither a word nor a number with its unit."""
    letters, digits = any(map(str.isalpha, text)), any(map(str.isdigit, text))
    if not letters or SET.match(text):
        return False
    if ATOMS.fullmatch(text) and len(text) > 2:
        chain = re.fullmatch(r"(?:Cl|Br|[BCNOPSFI]){3,}", text)
        return bool(chain) or ((digits or "=" in text or "(" in text) and not number_first(text))
    if re.fullmatch(r"[+-][xyz]", text):
        return True
    return digits and NAMED.fullmatch(text) is not None and not number_first(text)


def number_first(text: str) -> bool:
    """True if a number leads and the rest is its unit or its range, unlike `1-LV-rural1`."""
    match = re.match(r"[-+\u2212]?[\d.,]+", text)
    return match is not None and re.match(r"-[A-Za-z]", text[match.end() :]) is None
