"""Threads of messages as plain text, and the facts in them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from ingenium.core.errors import InputError
from ingenium.words.lexicon import terms
from ingenium.words.measures import measures
from ingenium.words.passages import Passage, sentences
from ingenium.words.quotes import NEGATIONS

HEAD = re.compile(r"(?P<name>From|Date|Subject|To): (?P<value>\S.*)")
GREETING = re.compile(
    r"^(?:hi|hello|hey|dear|good (?:morning|afternoon|evening))\b[^.!?\n]{0,60}[,!:]?$", re.I
)
CLOSING = re.compile(
    r"^(?:best|best regards|kind regards|regards|thanks|many thanks|thank you|cheers|sincerely|"
    r"yours(?: sincerely| faithfully)?|all the best|talk soon)\b[,!.]?$",
    re.IGNORECASE,
)
MONTH = "january|february|march|april|may|june|july|august|september|october|november|december"
WHEN = re.compile(
    rf"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:{MONTH}) \d{{1,2}}|\d{{1,2}} (?:{MONTH})"
    r"|\d{4}-\d\d-\d\d|\d{1,2}:\d\d)\b",
    re.IGNORECASE,
)
FORM = "From: NAME, Date: 2026-03-02, Subject: ..., an empty line, and the text"


@dataclass(frozen=True)
class ThreadMessage:
    """One message: who wrote it, when, about what, and its own text without quoted lines."""

    writer: str
    date: str
    subject: str
    text: str

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """Lines that are not empty."""
        return tuple(x.strip() for x in self.text.splitlines() if x.strip())

    @cached_property
    def greeting(self) -> str:
        """The greeting; empty if there is none."""
        return self.lines[0] if self.lines and GREETING.match(self.lines[0]) else ""

    @cached_property
    def closing(self) -> str:
        """The closing words; empty if there are none."""
        return next((x for x in self.lines[-3:] if CLOSING.match(x)), "")

    @cached_property
    def sentences(self) -> tuple[Passage, ...]:
        """Sentences between greeting and closing."""
        retained = []
        for line in self.text.splitlines():
            if line.strip() and line.strip() == self.closing:
                break
            retained.append("" if line.strip() == self.greeting else line)
        paragraphs = "\n".join(retained)
        return tuple(sentences(self.writer, re.sub(r"(?<=[^\n])\n(?=[^\n])", " ", paragraphs)))


def read_thread(text: str) -> tuple[ThreadMessage, ...]:
    """Read the messages of a thread, oldest first as they stand.

    Raises:
        InputError: for a thread without messages, or a message without writer, date or text.
    """
    blocks = [b for b in re.split(r"(?m)^(?=From: )", text) if b.strip()]
    if not blocks or not blocks[0].startswith("From: "):
        raise InputError(f"a thread of messages: {FORM}", "none", "Write From: at each start.")
    return tuple(_message(i, block) for i, block in enumerate(blocks, 1))


def _message(number: int, block: str) -> ThreadMessage:
    head, _, body = block.partition("\n\n")
    found = {m["name"]: m["value"].strip() for m in map(HEAD.fullmatch, head.splitlines()) if m}
    own = [x for x in body.splitlines() if not x.lstrip().startswith(">")]
    text = "\n".join(own).split("\n-- \n")[0].strip()
    absent = [n for n in ("From", "Date", "Subject") if n not in found]
    if absent or not text:
        got = f"message {number} without {', '.join(absent) or 'a text of its own'}"
        raise InputError(FORM, got)
    return ThreadMessage(found["From"], found["Date"], found["Subject"], text)


def facts(text: str) -> frozenset[str]:
    """Return the facts of a text: numbers with their units, days, times, and what is not so."""
    numbers = (f"{v:g} {m.unit or ''}".strip() for m in measures(text) for v in m.ends)
    days = (m[0].lower() for m in WHEN.finditer(text))
    denied = (terms(text[m.end() :])[:1] for m in NEGATIONS.finditer(text))
    return frozenset((*numbers, *days, *(f"not {t}" for own in denied for t in own)))


def covering(listed: Iterable[Passage]) -> list[int]:
    """Return the fewest sentences, found greedily, that have all facts, in order."""
    own = [facts(p.text) for p in listed]
    left, chosen = set().union(*own), list[int]()
    while left:
        best = max(range(len(own)), key=lambda i: (len(own[i] & left), -i))
        chosen.append(best)
        left -= own[best]
    return sorted(chosen)
