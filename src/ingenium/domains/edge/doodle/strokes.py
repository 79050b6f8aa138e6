"""Text encoding of sketches: pen strokes on a grid of 23 by 23 points.

A text begins with the word that it shows. A point is two letters, its column from the left and its
row from the top, `b` to `x`; a space lifts the pen. `<tag>bbxx xbbx` is a cross that shows a tag. A
stroke of one point is a dot.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Real

from ingenium.generators.tokens.vocabulary import Vocabulary

BOX = 24  # side of an icon; points range from LEAST to MOST, so that a pen of width 2 stays inside
LEAST, MOST = 1, 23
LIFT = " "
LETTERS = "".join(chr(ord("a") + i) for i in range(MOST + 1))
PATTERN = f"<[a-z]+>|[{LETTERS[LEAST]}-{LETTERS[MOST]}]{{2}}| "
STEPS = 45  # tokens of a sketch with its word and end: what 50 ms allow on a Cortex-M7
LONGEST = 2 * STEPS + 14

Stroke = Real[np.ndarray, "_ 2"]  # points, each (x, y)


def vocabulary(words: Sequence[str]) -> Vocabulary:
    """Return a token for each word, one that lifts the pen, and one for each point of the grid."""
    own = LETTERS[LEAST:]
    points = (x + y for x in own for y in own)
    return Vocabulary((*(f"<{word}>" for word in words), LIFT, *points), PATTERN)


def written(word: str, strokes: Sequence[Stroke]) -> str:
    """Encode strokes that show a word."""
    lines = LIFT.join("".join(LETTERS[x] + LETTERS[y] for x, y in s) for s in strokes)
    return f"<{word}>{lines}"


def word_of(text: str) -> str:
    """Return the word of a text; empty if it has none."""
    return text[1 : text.index(">")] if text.startswith("<") and ">" in text else ""


def strokes_of(text: str) -> list[Stroke]:
    """Parse the strokes of a text; skips invalid points."""
    found = []
    for part in text.rpartition(">")[2].split(LIFT):
        pairs = [part[i : i + 2] for i in range(0, len(part) - 1, 2)]
        points = [(LETTERS.find(pair[0]), LETTERS.find(pair[1])) for pair in pairs]
        retained = [p for p in points if min(p) >= LEAST]
        if retained:
            found.append(np.array(retained))
    return found


def moved(text: str, right: int, down: int) -> str | None:
    """Shift a sketch to the right and down; None where it would leave the grid."""
    strokes = [s + np.array([right, down]) for s in strokes_of(text)]
    inside = all(s.min() >= LEAST and s.max() <= MOST for s in strokes)
    return written(word_of(text), strokes) if inside else None
