"""A reader of sketches that has seen none of the icons that generators learn from.

`python -m ingenium.domains.edge.doodle.recognition FOLDER` trains it anew, in about two minutes: on
the icons that are held out, moved, turned, made larger and smaller, with pens of several widths.

Shapes: n sketches, s squares to a side, k words.
"""

import argparse
import math
from functools import cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float64
from safetensors.torch import load_file, save
from torch import Tensor, nn
from torch.nn import functional

from ingenium.core.errors import CorruptError
from ingenium.core.folders import write_atomic
from ingenium.core.seeds import one_thread
from ingenium.domains.edge.doodle.data import KINDS, icons
from ingenium.domains.edge.doodle.raster import PEN, drawn
from ingenium.domains.edge.doodle.strokes import BOX, Stroke, strokes_of

SQUARES = 32
STEPS, BATCH, RATE = 1200, 64, 2e-3
FOLDER = Path(__file__).parent


class SketchNet(nn.Module):
    """Three layers of convolution, and the mean over the picture."""

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
    """Of each word, for one sketch; whatever sketches come with it."""
    x = torch.from_numpy(drawn(strokes, SQUARES))[None]
    with torch.no_grad(), one_thread():
        found: np.ndarray = reader(kind)(x)[0].softmax(0).numpy()
    return found


@cache
def reader(kind: str) -> SketchNet:
    """The one that comes with the package.

    Raises:
        CorruptError: if its weights are not readable.
    """
    path = FOLDER / f"reader_{kind}.safetensors"
    made = SketchNet(len(KINDS[kind])).eval()
    try:
        made.load_state_dict({k: v.float() for k, v in load_file(path).items()})
    except Exception as error:  # of classes that libraries keep to themselves
        raise CorruptError(str(path), f"is no reader ({error})", "Install it again.") from error
    return made.double()


def _moved(strokes: list[Stroke], rng: np.random.Generator) -> list[np.ndarray]:
    """Turned, sheared, made larger or smaller, moved."""
    turn, grow = rng.normal(0, 0.12), rng.uniform(0.8, 1.1, 2)
    map_ = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]]) * grow
    off = rng.uniform(-2, 2, 2) + BOX / 2
    jitter = rng.normal(0, 0.3)
    return [(s - BOX / 2) @ map_.T + off + rng.normal(0, abs(jitter), s.shape) for s in strokes]


def train(kind: str) -> tuple[SketchNet, float]:
    """A reader, and the share of learned icons, which it never saw, that it reads rightly."""
    words, rng = KINDS[kind], np.random.default_rng(0)
    own = [(strokes_of(i.text), words.index(i.kind)) for i in icons(words) if i.held_out]
    chance = np.array([1 / sum(k == y for _, k in own) for _, y in own])
    torch.manual_seed(0)
    net = SketchNet(len(words))
    optimiser = torch.optim.AdamW(net.parameters(), RATE, weight_decay=1e-2)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=STEPS)
    for _ in range(STEPS):
        rows = rng.choice(len(own), BATCH, p=chance / chance.sum())
        pictures = [
            drawn(_moved(own[i][0], rng), SQUARES, width=PEN * rng.uniform(0.7, 1.4)) for i in rows
        ]
        x = torch.from_numpy(np.stack(pictures)).float()
        loss = functional.cross_entropy(net(x), torch.tensor([own[i][1] for i in rows]))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        rates.step()
    net.eval()
    others = [(strokes_of(i.text), words.index(i.kind)) for i in icons(words) if not i.held_out]
    x = torch.from_numpy(np.stack([drawn(s, SQUARES) for s, _ in others])).float()
    with torch.no_grad():
        right = net(x).argmax(1) == torch.tensor([y for _, y in others])
    return net, float(right.double().mean())


def main() -> None:
    """Train the readers of subjects and of surroundings into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    with one_thread():
        for kind in KINDS:
            net, right = train(kind)
            state = {k: v.half().contiguous() for k, v in net.state_dict().items()}
            write_atomic(asked.folder / f"reader_{kind}.safetensors", save(state))
            print(f"{kind}: reads {100 * right:.1f} % of icons that it never saw")


if __name__ == "__main__":
    main()
