"""Scansion of iambic pentameters, and rhymes of lines.

A line has ten syllables. A word of several syllables has its main stress on an even place; words of
one syllable and weaker stresses may be anywhere. This is the strict core of what Halle and Keyser
(English Stress, 1971, ch. 3) allow: an inverted first foot, a feminine ending and an elided
syllable count as violations.
"""

import re
from dataclasses import dataclass

from ingenium.domains.words.verse.pronouncing import Sound, dictionary

FEET, SYLLABLES = 5, 10
WORD = re.compile(r"[a-z]+(?:'[a-z]+)*'?|'[a-z]+(?:'[a-z]+)*")
MARKS = re.compile(r"[.,;:!?()\"\u201c\u201d\u2018\u2014\u2013-]+")
STRANGE = re.compile(r"[^A-Za-z' \t]+")  # that no poem needs: digits, and hidden or alike ones
NO_WORD = "*"
FORMS = {
    "petrarchan": "abbaabbacdecde",
    "shakespearean": "ababcdcdefefgg",
    "blank": " " * 14,  # no rhyme
}
LINES = 14


@dataclass(frozen=True)
class Scan:
    """Scanned line: a sound for each word, or None where it does not scan."""

    words: tuple[str, ...]
    sounds: tuple[Sound, ...] | None
    unknown: int  # words that the dictionary does not have

    @property
    def end(self) -> str:
        """Last word."""
        return self.words[-1] if self.words else ""


def lines(text: str) -> list[list[str]]:
    """Split a text into the words of each line, in lower case, without punctuation.

    Any other sign that is no letter counts as an unknown word.
    """
    plain = MARKS.sub(" ", text.replace("\u2019", "'")).replace("\r\n", "\n")
    listed = [STRANGE.sub(f" {NO_WORD} ", line).lower().split() for line in plain.split("\n")]
    return [words for words in listed if words]


def fits(stresses: str, place: int) -> bool:
    """Return True if a word may begin at this syllable of a line."""
    if place + len(stresses) > SYLLABLES:
        return False
    if len(stresses) == 1:
        return True
    return all((place + i) % 2 == 1 for i, s in enumerate(stresses) if s == "1")


def scan(words: list[str]) -> Scan:
    """Return the first scansion of a line, in the order of the dictionary."""
    known = dictionary()
    unknown = sum(w not in known for w in words)
    ways: dict[int, tuple[Sound, ...]] = {0: ()}
    for i, word in enumerate(words):
        after: dict[int, tuple[Sound, ...]] = {}
        for place, said in ways.items():
            for sound in known.get(word, ()):
                last = i + 1 == len(words)
                if fits(sound.stresses, place) and (not last or sound.closes):
                    after.setdefault(place + len(sound.stresses), (*said, sound))
        ways = after
    return Scan(tuple(words), ways.get(SYLLABLES), unknown)


def rhymes(one: str, two: str) -> bool:
    """Return True if two words rhyme: equal from the last vowel on, and different before it."""
    known = dictionary()
    return any(
        a.rhyme == b.rhyme and a.onset != b.onset and a.closes and b.closes
        for a in known.get(one, ())
        for b in known.get(two, ())
    )


def unrhymed(ends: list[str], form: str) -> int:
    """Count lines that do not rhyme with the first line of their letter."""
    scheme = FORMS[form]
    first: dict[str, str] = {}
    broken = 0
    for letter, end in zip(scheme, ends, strict=False):
        if letter == " ":
            continue
        if letter in first:
            broken += not rhymes(first[letter], end)
        first.setdefault(letter, end)
    return broken
