"""Kinds of answer that questions want, and sentences that can contain one.

Likeness finds the sentence that speaks of a thing; whether it answers is a matter of form.
"""

import re
from dataclasses import dataclass

from ingenium.words.measures import measures

MONEY = re.compile(r"\b(?:euros?|pounds?|francs?|dollars?|EUR|USD|cents?)\b|[€$£]", re.IGNORECASE)
SPANS = r"(?:years?|months?|weeks?|days?|hours?|minutes?|seconds?)"
LONG = re.compile(
    rf"(?:\d[\d.,]*|\b(?:an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fourteen))"
    rf"[\s-]+(?:working\s)?{SPANS}\b",
    re.IGNORECASE,
)
OFTEN = re.compile(
    r"\b(?:every|each|once|twice|daily|weekly|monthly|quarterly|yearly|annually|times a|a year)\b",
    re.IGNORECASE,
)
MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December"
    "|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
)
WHEN = re.compile(
    rf"\b(?:{MONTHS})\b|\b(?:1[5-9]|20)\d\d\b|\b\d{{1,2}}:\d\d\b|\b{SPANS}\b"
    r"|\b(?:morning|evening|noon|midnight|before|after|until|season)\b",
)
NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|dozen)\b",
    re.IGNORECASE,
)
ROLE = re.compile(
    r"\b(?:landlord|tenant|owner|chair\w*|authority|committee|council|officer|porter|manager|director"
    r"|members?|agency|company|department|desk|team|mother|father|doctor|nurses?|staff)\b",
    re.IGNORECASE,
)
PERSON = re.compile(r"\b[A-Z][a-z]+(?:\s[A-Z][a-z]+)*\b")
NAMED = re.compile(r"(?<!^)(?<![.!?]\s)\b(?:[A-Z][\w-]+|[A-Z]+-?\d+\w*)")
LENGTHS = ("m", "cm", "mm", "km", "ft", "inch", "um")
KINDS: tuple[tuple[str, str], ...] = (
    ("age", r"\bhow old\b|\bwhat age\b"),
    ("often", r"\bhow often\b|\bhow frequently\b"),
    ("long", r"\bhow long\b|\bafter how (?:many|much)\b|\b(?:with)?in what time\b"),
    ("length", r"\bhow (?:deep|thick|high|tall|wide|far|long is the)\b"),
    ("who", r"^(?:and\s)?who(?:m|se)?\b|\bname of\b|\bby whom\b"),
    ("money", r"\b(?:costs?|prices?|pays?|rent|fees?|fine|bill|charge[ds]?|worth|expensive)\b"),
    ("when", r"^when\b|\b(?:which|what) (?:date|day|month|months|year|time|hours)\b"),
    ("many", r"\bhow many\b"),
    ("number", r"\bhow (?:much|large|big|hot|cold|fast|heavy)\b|\bby how much\b"),
    (
        "number",
        r"\b(?:at )?(?:what|which) (?:power|frequency|temperature|interest|rate|pH|height|size)\b",
    ),
)
OTHER = re.compile(
    r"^(?:why|what happen\w*|what does it mean|which data|how are|how is|how must)\b", re.I
)
HEAD = re.compile(r"\b(?:which|what|how many|how much)\s+((?:[a-z-]+\s+){0,2}?[A-Za-z-]+)\b", re.I)


@dataclass(frozen=True)
class AnswerType:
    """The kind of an answer, the noun it is about, and the names that the question states."""

    kind: str
    head: str
    names: frozenset[str]

    def fits(self, sentence: str) -> bool:
        """True if a sentence can hold such an answer."""
        check = getattr(self, f"_{self.kind}", None)
        return True if check is None else bool(check(sentence))

    def _age(self, s: str) -> bool:
        return (
            re.search(r"\d+[\s-]+years?(?: old|-old)?|\baged \d+|\bborn\b|\bunder \d+", s)
            is not None
        )

    def _often(self, s: str) -> bool:
        return OFTEN.search(s) is not None

    def _long(self, s: str) -> bool:
        return LONG.search(s) is not None

    def _length(self, s: str) -> bool:
        return any(m.unit in LENGTHS for m in measures(s))

    def _who(self, s: str) -> bool:
        people = {w for m in PERSON.finditer(s) for w in m[0].split()}
        first = s.split()[:1]
        lone = [w for w in people if w not in self.names and w not in first]
        double = re.search(r"^[A-Z][a-z]+ [A-Z][a-z]+\b|^[A-Z][a-z]+(?:,| and) ", s)
        role = ROLE.search(s)
        return bool(lone or double or role)

    def _money(self, s: str) -> bool:
        return MONEY.search(s) is not None

    def _when(self, s: str) -> bool:
        return WHEN.search(s) is not None

    def _many(self, s: str) -> bool:
        """A number that stands near the noun, since every other number counts something else."""
        last = self.head.split()[-1:] or [""]
        stem = last[0].lower()[: max(4, len(last[0]) - 3)]
        near = rf"(?:{NUMBER.pattern})[\w.,]*(?:\s+[\w-]+){{0,3}}?\s+{re.escape(stem)}"
        return re.search(near, s, re.IGNORECASE) is not None

    def _number(self, s: str) -> bool:
        own = measures(s)
        times = ("h", "d", "week", "month", "year", "minute", "s")
        return any(m.unit not in times for m in own)


def answer_type(question: str) -> AnswerType:
    """Return the kind of answer that a question wants; an empty one for any sentence."""
    said = " ".join(question.split())
    kind = ""
    if not OTHER.search(said):
        kind = next((k for k, form in KINDS if re.search(form, said, re.IGNORECASE)), "")
    if kind == "money" and re.match(r"who\b", said, re.IGNORECASE):
        kind = "who"
    head = HEAD.search(said)
    names = frozenset(m[0] for m in NAMED.finditer(said))
    return AnswerType(kind, head[1] if head else "", names)
