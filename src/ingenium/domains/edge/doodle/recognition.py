"""Classifier of sketches, trained on none of the icons that generators train on.

`ingenium make sketch_readers` trains it on the icons that are held out, shifted, rotated and
scaled, with pens of several widths.

Shapes: n sketches, s squares to a side, k words.
"""

from functools import cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float64
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from ingenium.core.errors import CorruptError
from ingenium.core.seeds import one_thread
from ingenium.domains.edge.doodle.data import KINDS
from ingenium.domains.edge.doodle.raster import drawn
from ingenium.domains.edge.doodle.strokes import Stroke

SQUARES = 32
FOLDER = Path(__file__).parent


class SketchNet(nn.Module):
    """Classifier of three convolutions, and the mean over the picture."""

    def __init__(self, words: int) -> None:
        super().__init__()
        self.look = nn.Sequential(
            nn.Conv2d(1, 16, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 48, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.leave = nn.Linear(48 * (SQUARES // 8) ** 2, words)

    def forward(self, x: Float[Tensor, "n s s"]) -> Float[Tensor, "n k"]:
        out: Tensor = self.leave(
            functional.dropout(self.look(x[:, None]).flatten(1), 0.3, self.training)
        )
        return out


def chances(strokes: list[Stroke], kind: str) -> Float64[np.ndarray, " k"]:
    """Probability of each word for one sketch, independent of any batch."""
    x = torch.from_numpy(drawn(strokes, SQUARES))[None]
    with torch.no_grad(), one_thread():
        found: np.ndarray = reader(kind)(x)[0].softmax(0).numpy()
    return found


@cache
def reader(kind: str) -> SketchNet:
    """Load the shipped classifier.

    Raises:
        CorruptError: if its weights are not readable.
    """
    path = FOLDER / f"reader_{kind}.safetensors"
    made = SketchNet(len(KINDS[kind])).eval()
    try:
        made.load_state_dict({k: v.float() for k, v in load_file(path).items()})
    except Exception as error:  # of classes private to libraries
        raise CorruptError(str(path), f"is no reader ({error})", "Install it again.") from error
    return made.double()
