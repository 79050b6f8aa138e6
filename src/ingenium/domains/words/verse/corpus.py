"""Training verse: 152 sonnets of Shakespeare, and Paradise Lost in pieces of fourteen lines.

Source: texts of Open Shakespeare (package shakespeare 0.6), taken from Project Gutenberg, CC BY
2.5; the works are in the public domain.
"""

import lzma
from functools import cache
from pathlib import Path

from ingenium.domains.words.verse.scansion import NO_WORD, lines

VERSES = Path(__file__).parent / "verses.xz"
LICENCE = (
    "Verse: Shakespeare, Sonnets (1609), and Milton, Paradise Lost (1674), in the public domain, "
    "as Open Shakespeare brings them (CC BY 2.5). Pronunciations: CMU Pronouncing Dictionary "
    "(BSD-2-Clause)."
)


@cache
def verses() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the sonnets and the pieces of blank verse, in the form of designs."""
    text = lzma.decompress(VERSES.read_bytes()).decode()
    sonnets, blank = (
        tuple(written(_clean(poem)) for poem in part.split("\n\n")) for part in text.split("\n\n\n")
    )
    return sonnets, blank


def _clean(poem: str) -> list[list[str]]:
    """Return the words of a poem, without artefacts of the transcription."""
    return [[w for w in line if w != NO_WORD] for line in lines(poem)]


def written(words: list[list[str]]) -> str:
    """Write a poem as designs store it: a blank before each word, and line after line."""
    return "\n".join("".join(f" {w}" for w in line) for line in words)
