"""Drafts: checks of a text before it is read, and what in it looks like something else."""

import re

from ingenium.core.errors import InputError
from ingenium.domains.desk.story.words import words_of

MOST_WORDS = 100_000
WORDS = re.compile(r"\w+(?:['\u2019-]\w+)*")
ENGLISH = frozenset(
    words_of(
        "the of and to in a was he she it that his her had with for on at as they were said but "
        "from by not him be is this have all there out up one an which so"
    )
)
LEAST_ENGLISH, ENOUGH = 0.15, 60  # share of these words; words from which on it is counted
BROKEN = re.compile(
    "\ufffd|\u00c3[\u0080-\u00bf]|\u00e2\u20ac[\u0080-\u2122\u0153\u009d]?|[\u0080-\u009f]"
)
COMMANDS = re.compile(
    r"(?im)^.*\b(?:ignore (?:all |the )?(?:previous|above|earlier)|disregard (?:all|the) "
    r"(?:previous|above)|you are (?:now )?(?:an?|the) (?:ai|assistant|language model)|"
    r"system prompt)\b.*$"
)


def checked_draft(text: str, where: str) -> str:
    """Return a draft as it is.

    Raises:
        InputError: for one without words, of too many, in another language than English, or of
            mixed encodings.
    """
    words = WORDS.findall(text)
    if not words or not re.search(r"[.!?]", text):
        raise InputError("a draft of sentences", f"none in {where}")
    if len(words) > MOST_WORDS:
        raise InputError(
            f"a draft of at most {MOST_WORDS} words",
            f"{len(words)} in {where}",
            "Give it in parts.",
        )
    odd = BROKEN.search(text)
    if odd:
        line = text.count("\n", 0, odd.start()) + 1
        raise InputError(
            "a draft in one encoding, UTF-8",
            f"{odd[0]!r} in line {line} of {where}, a trace of another one",
            "Convert it, for example with iconv.",
        )
    share = sum(w.lower() in ENGLISH for w in words) / len(words)
    if len(words) >= ENOUGH and share < LEAST_ENGLISH:
        raise InputError(
            "a draft in English",
            f"{where}, in which {share:.0%} of the words are common English ones",
        )
    return text


def commands(text: str) -> tuple[str, ...]:
    """Return lines that look like instructions to a program; they remain text."""
    return tuple(m[0].strip()[:120] for m in COMMANDS.finditer(text))
