"""Pronunciation of English words: syllables, their stress, and rhymes.

Source: CMU Pronouncing Dictionary (BSD-2-Clause), of whose 134,000 entries those of letters alone.
"""

import lzma
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

DICTIONARY = Path(__file__).parent / "cmudict.xz"


@dataclass(frozen=True)
class Sound:
    """Pronunciation of a word."""

    phones: tuple[str, ...]  # of ARPAbet; vowels end with their stress: 1, 2, or 0 for none

    @cached_property
    def stresses(self) -> str:
        """Stress of each syllable."""
        return "".join(p[-1] for p in self.phones if p[-1].isdigit())

    @cached_property
    def rhyme(self) -> str:
        """Last vowel and following sounds, without its stress."""
        last = max(i for i, p in enumerate(self.phones) if p[-1].isdigit())
        return " ".join((self.phones[last][:-1], *self.phones[last + 1 :]))

    @cached_property
    def onset(self) -> str:
        """Consonants before the last vowel, in which rhymes must differ."""
        last = max(i for i, p in enumerate(self.phones) if p[-1].isdigit())
        before = [i for i in range(last) if self.phones[i][-1].isdigit()]
        return " ".join(self.phones[(before[-1] + 1 if before else 0) : last])

    @property
    def closes(self) -> bool:
        """True if it can end a line on a strong place: its last syllable bears a stress."""
        return len(self.stresses) == 1 or self.stresses[-1] in "12"


@cache
def dictionary() -> dict[str, tuple[Sound, ...]]:
    """Return all words in lower case, with their pronunciations, the usual one first."""
    found: dict[str, list[Sound]] = {}
    text = lzma.decompress(DICTIONARY.read_bytes()).decode()
    for line in text.splitlines():
        word, *phones = line.split()
        if any(p[-1].isdigit() for p in phones):
            found.setdefault(word, []).append(Sound(tuple(phones)))
    return {word: tuple(sounds) for word, sounds in found.items()}
