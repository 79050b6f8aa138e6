"""Style of a text in a few numbers, for before and after."""

import re
from dataclasses import dataclass
from statistics import fmean, pstdev

SENTENCE = re.compile(r"[^.!?]+[.!?]+[\"'\u201d\u2019)]*")
WORD = re.compile(r"\w+(?:['\u2019-]\w+)*")
QUOTED = re.compile(r"\"[^\"]*\"|\u201c[^\u201d]*\u201d")
WINDOW = 100  # words over which different ones are counted


@dataclass(frozen=True)
class Style:
    """Lengths of sentences and words, different words, and speech."""

    words: int
    sentence_words: float  # mean
    sentence_spread: float  # standard deviation
    different_words: float  # share, mean over stretches of 100 words
    word_letters: float
    speech: float  # share of characters in quotes

    @classmethod
    def of(cls, text: str) -> "Style":
        """Measure a text; headings and marks of Markdown are left out."""
        plain = re.sub(r"(?m)^#.*$", "", text)
        words = WORD.findall(plain)
        lengths = [n for s in SENTENCE.findall(plain) if (n := len(WORD.findall(s)))]
        stretches = [words[i : i + WINDOW] for i in range(0, len(words), WINDOW)]
        whole = [s for s in stretches if len(s) == WINDOW] or [words]
        return cls(
            len(words),
            fmean(lengths) if lengths else 0.0,
            pstdev(lengths) if lengths else 0.0,
            fmean(len({w.lower() for w in s}) / len(s) for s in whole) if words else 0.0,
            fmean(map(len, words)) if words else 0.0,
            sum(map(len, QUOTED.findall(plain))) / max(1, len(plain)),
        )
