"""Whether lines are iambic pentameters, and which of them rhyme.

A line has ten syllables. A word of several syllables has its main stress on an even place; words
of one syllable and weaker stresses may stand anywhere. This is the strict core of what Halle and
Keyser (English Stress, 1971, ch. 3) allow: an inverted first foot, a feminine ending and an elided
syllable are not counted as held.
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
    """A line as it is said: a sound for each word, or none where it does not scan."""

    words: tuple[str, ...]
    sounds: tuple[Sound, ...] | None
    unknown: int  # words that the dictionary does not have

    @property
    def end(self) -> str:
        """The last word."""
        return self.words[-1] if self.words else ""


def lines(text: str) -> list[list[str]]:
    """The words of each line of a text, in lower case; marks between words say nothing.

    Any other sign that is no letter counts as a word that nobody knows.
    """
    plain = MARKS.sub(" ", text.replace("\u2019", "'")).replace("\r\n", "\n")
    listed = [STRANGE.sub(f" {NO_WORD} ", line).lower().split() for line in plain.split("\n")]
    return [words for words in listed if words]


def fits(stresses: str, place: int) -> bool:
    """Whether a word may begin after so many syllables of a line."""
    if place + len(stresses) > SYLLABLES:
        return False
    if len(stresses) == 1:
        return True
    return all((place + i) % 2 == 1 for i, s in enumerate(stresses) if s == "1")


def scan(words: list[str]) -> Scan:
    """The first way in which a line scans, in the order of the dictionary."""
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
    """Whether two words rhyme: alike from the last vowel on, and another consonant before it."""
    known = dictionary()
    return any(
        a.rhyme == b.rhyme and a.onset != b.onset and a.closes and b.closes
        for a in known.get(one, ())
        for b in known.get(two, ())
    )


def unrhymed(ends: list[str], form: str) -> int:
    """Lines that do not rhyme with the first line of their letter."""
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
