"""Tone of messages: pairs of formal and casual phrases, and the form that both have in common.

A change of tone replaces phrases of these pairs and nothing else, so that two texts of one
canonical form state the same facts.
"""

import math
import re
from collections import Counter

PAIRS = (
    ("do not", "don't"), ("does not", "doesn't"), ("did not", "didn't"), ("cannot", "can't"),
    ("will not", "won't"), ("is not", "isn't"), ("are not", "aren't"), ("was not", "wasn't"),
    ("were not", "weren't"), ("has not", "hasn't"), ("have not", "haven't"),
    ("would not", "wouldn't"), ("should not", "shouldn't"), ("could not", "couldn't"),
    ("I am", "I'm"), ("I have", "I've"), ("I will", "I'll"), ("I would", "I'd"),
    ("we are", "we're"), ("we have", "we've"), ("we will", "we'll"), ("you are", "you're"),
    ("it is", "it's"), ("that is", "that's"), ("they are", "they're"), ("let us", "let's"),
    ("inform", "tell"), ("receive", "get"), ("received", "got"), ("require", "need"),
    ("however", "but"), ("therefore", "so"), ("approximately", "about"), ("purchase", "buy"),
    ("assist", "help"), ("ensure", "make sure"), ("regarding", "about the matter of"),
    ("postpone", "put off"), ("postponed", "put off earlier"), ("commence", "start"),
    ("additional", "extra"), ("sufficient", "enough"), ("attempt", "try"), ("obtain", "pick up"),
)  # fmt: skip
_TO_FORMAL = {c.lower(): f for f, c in PAIRS}
_TO_CASUAL = {f.lower(): c for f, c in PAIRS}


def _form(phrases: dict[str, str]) -> re.Pattern[str]:
    listed = sorted(phrases, key=len)[::-1]
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, listed))})\b(?!')", re.IGNORECASE)


_CASUAL, _FORMAL = _form(_TO_FORMAL), _form(_TO_CASUAL)


def formal(text: str) -> str:
    """Return a text with the formal phrase of each pair."""
    return _CASUAL.sub(lambda m: _cased(m[0], _TO_FORMAL[m[0].lower()]), text)


def casual(text: str) -> str:
    """Return a text with the casual phrase of each pair."""
    return _FORMAL.sub(lambda m: _cased(m[0], _TO_CASUAL[m[0].lower()]), text)


def canonical(text: str) -> str:
    """Return the form that texts of all tones have in common."""
    return " ".join(formal(text.replace("\u2019", "'")).casefold().split()).rstrip(".")


def formality(text: str) -> float:
    """Return formal less casual phrases, for a hundred words."""
    counts = len(_FORMAL.findall(text)) - len(_CASUAL.findall(text))
    return 100 * counts / max(1, len(text.split()))


def voice_distance(text: str, own: str) -> float:
    """Return how far the triples of characters of a text are from a writer's own, 0 to 1.

    Source: Kešelj et al., N-gram-based author profiles, PACLING 2003.
    """
    one, other = (_triples(t) for t in (text, own))
    dot = sum(n * other[k] for k, n in one.items())
    size = math.sqrt(sum(n * n for n in one.values()) * sum(n * n for n in other.values()))
    return 1 - dot / size if size else 1.0


def _triples(text: str) -> Counter[str]:
    plain = f" {' '.join(text.lower().split())} "
    return Counter(plain[i : i + 3] for i in range(len(plain) - 2))


def _cased(before: str, after: str) -> str:
    return after[:1].upper() + after[1:] if before[:1].isupper() and before[:2] != "I " else after
