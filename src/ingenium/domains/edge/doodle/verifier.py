"""Verifier of a sketch: the word that a classifier reads, its ink, and likeness to copies."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float64
from PIL import Image, ImageDraw
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.core.text import texts
from ingenium.domains.edge.doodle.data import KINDS, icons
from ingenium.domains.edge.doodle.raster import PEN, cornered, drawn, likeness
from ingenium.domains.edge.doodle.recognition import chances
from ingenium.domains.edge.doodle.strokes import BOX, Stroke, strokes_of, word_of

FINE = 96  # squares to a side, for ink
COARSE = 24  # for copies
TIMES = 40  # pixels for a unit of the box, in the cross-check
INK = Quantity("ink", "1", "share of the box that ink covers")


@dataclass(frozen=True, eq=False)
class SketchReader:
    """Measures sketches; NaN without strokes or for an unknown word."""

    kind: str
    name: str = "reader of sketches"
    version: str = "1"
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: tuple[Quantity, ...] = (
        Quantity("recognised", "1", "1 if a reader that knows other icons takes it for its word"),
        Quantity("confidence", "1", "chance that the reader gives its word", rounding=1e-6),
        INK,
        Quantity("extent", "1", "longer side of all strokes over that of the box"),
        Quantity("strokes", "1", "times that the pen is set down"),
        Quantity("points", "1", "points of all strokes"),
        Quantity("copy", "1", "likeness to the nearest icon that was learned; 1 for the same"),
    )

    @cached_property
    def learned(self) -> Float64[np.ndarray, "m s s"]:
        """Pictures of the training icons, moved to their corners."""
        own = [strokes_of(i.text) for i in icons(KINDS[self.kind]) if not i.held_out]
        return np.stack([drawn(cornered(s), COARSE) for s in own])

    def measure(self, *arrays: Tensor) -> Float64[Tensor, "n 7"]:
        """Measure one sketch at a time, so that none depends on its batch."""
        rows = [self._sketch(text) for text in texts(arrays[0])]
        return torch.tensor(rows, dtype=torch.float64).reshape(-1, len(self.quantities))

    def _sketch(self, text: str) -> list[float]:
        strokes, words = strokes_of(text), KINDS[self.kind]
        if not strokes or word_of(text) not in words:
            return [np.nan] * len(self.quantities)
        chance, place = chances(strokes, self.kind), words.index(word_of(text))
        points = np.concatenate(strokes)
        copy = likeness(drawn(cornered(strokes), COARSE), self.learned).max()
        return [
            float(chance.argmax() == place),
            float(chance[place]),
            float(drawn(strokes, FINE).mean()),
            float(np.ptp(points, axis=0).max() / BOX),
            float(len(strokes)),
            float(len(points)),
            float(copy),
        ]


@dataclass(frozen=True)
class PillowInk:
    """Cross-check of the ink of a sketch, as Pillow draws it."""

    name: str = "Pillow"
    version: str = version("pillow")
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: tuple[Quantity, ...] = (INK,)

    def measure(self, *arrays: Tensor) -> Float64[Tensor, "n 1"]:
        """Render one picture for each sketch."""
        found = [_ink(strokes_of(text)) for text in texts(arrays[0])]
        return torch.tensor(found, dtype=torch.float64)[:, None]


def _ink(strokes: Sequence[Stroke]) -> float:
    if not strokes:
        return float("nan")
    image = Image.new("1", (BOX * TIMES, BOX * TIMES))
    pen, reach = ImageDraw.Draw(image), PEN / 2 * TIMES
    for stroke in strokes:
        places = [(float(x * TIMES), float(y * TIMES)) for x, y in stroke]
        if len(places) > 1:
            pen.line(places, fill=1, width=round(PEN * TIMES))
        for x, y in places:
            pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=1)
    return float(np.asarray(image).mean())
