"""Check that a sentence agrees with its quote before it is shown."""

import re
from dataclasses import dataclass

from ingenium.words.lexicon import terms
from ingenium.words.measures import measures
from ingenium.words.passages import DocumentSet, Passage

NEGATIONS = re.compile(
    r"\b(?:no|not|never|none|nobody|nothing|neither|nor|without|cannot|[a-z]+n['\u2019]t)\b", re.I
)
NAME = re.compile(r"\b(?:[A-Z][\w-]*|[a-z]*\d[\w-]*|[a-z]+[A-Z]\w*)\b")
FIRST = re.compile(r"^\W*\w+")
LEAST = 0.5  # share of its words that occur in the quote


@dataclass(frozen=True)
class QuotedSentence:
    """A sentence and its quote."""

    text: str
    quote: Passage


def lacking(sentence: str, quote: str) -> str:
    """The statement of a sentence that is not in its quote; empty if it may be shown."""
    own, there = _measures(sentence), _measures(quote)
    if loose := own - there:
        value, unit = min(loose, key=str)
        return f"the number {value:g}{f' {unit}' if unit else ''}"
    if len(NEGATIONS.findall(sentence)) != len(NEGATIONS.findall(quote)):
        return "as many negations"  # fewer may be a part of it, or may not
    names = {m[0] for m in NAME.finditer(sentence)}
    if (first := FIRST.match(sentence)) is not None and not re.search(r"\d", first[0]):
        head = first[0].strip("\"'([ ")
        if head not in quote and set(terms(head)) <= set(terms(quote)):
            names -= {head}
    words = set(re.findall(r"[\w-]+", quote.lower()))
    stray = [n for n in sorted(names) if n.lower() not in words and terms(n)]
    if stray:
        return f"the name {stray[0]}"
    requested, held = terms(sentence), set(terms(quote))
    if not requested or sum(t in held for t in requested) < LEAST * len(requested):
        return "words that the quote does not have"
    return ""


def leaves(one: QuotedSentence, documents: DocumentSet) -> bool:
    """True if the quote is at its stated place, and supports the sentence."""
    return documents.stands(one.quote) and not lacking(one.text, one.quote.text)


def _measures(text: str) -> set[tuple[float, str]]:
    return {(value, m.unit or "") for m in measures(text) for value in m.ends}
