"""Requests of verbs that need data and no problem: alarms on streams, models of tables."""

import re

from ingenium.words.accounting import OPERATORS
from ingenium.words.measures import measures
from ingenium.words.reading import Choice, OpenQuestion, RequestReading, Span
from ingenium.words.verbs import MODEL, MONITOR, VerbReading

NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
WORD = re.compile(r"[a-z]+", re.IGNORECASE)
HARMLESS = frozenset(
    ["than", "at", "most", "least", "no"]
)  # in `no more than 2`, which a number reads
TIME = ("week", "month", "day", "year", "d")
PER = re.compile(r"\b(?:a|per|each|every|in)\s+(?:one\s+)?week\b", re.IGNORECASE)


def of_data(text: str, plain: str, verb: VerbReading) -> RequestReading:
    """Questions of a request for an alarm or a model: the file, and what no option is.

    The rest of its words describes the data, and becomes the title.
    """
    requested = []
    if not verb.files:
        what = (
            "stream of measurements, with time in the first column"
            if verb.verb == MONITOR
            else ("table over time")
        )
        requested.append(OpenQuestion("file", "missing", f"Which file holds the {what}?"))
    used = [*verb.words, *verb.used, *(m.span() for m in PER.finditer(plain))]
    left = _left(plain, used, verb)
    if left:
        shown = ", ".join(f'"{plain[a:b]}"' for a, b in left)
        reported = f"Not understood: {shown}. What is meant by it?"
        go_on = Choice("nothing more: go on without these words")
        requested.append(OpenQuestion("words", "unread", reported, tuple(left), (go_on,)))
    return RequestReading(text, None, (), tuple(requested), tuple(left))


def _left(plain: str, used: list[Span], verb: VerbReading) -> list[Span]:
    """Numbers and negations that no option took; a count of what is measured describes the data."""
    found: list[Span] = []
    for measure in measures(plain):
        taken = any(a < measure.end and measure.start < b for a, b in used)
        counts = measure.sense == "value" and (measure.unit is None or measure.unit in TIME)
        if not taken and not counts and verb.verb != MODEL:
            found += [(measure.start, measure.end)]
    for match in WORD.finditer(plain):
        word = match[0].lower()
        inside = any(a <= match.start() < b for a, b in used)
        if word in OPERATORS - HARMLESS - {"but", "or"} and not inside and verb.verb != MODEL:
            found.append(match.span())
    return sorted(found)
