"""Fixed classifier of digits, and the features by which images are compared.

A small convolutional network, trained on the digits that are not held out, with small random shifts
and rotations. Its weights ship with the package in half precision; the recipe is
`ingenium make digit_reader`, a few minutes of one processor.
"""

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor, nn
from torch.nn import functional

from ingenium.core.recipe import Recipe, printed
from ingenium.core.seeds import one_thread
from ingenium.domains.neuro.digits.data import LEVELS, SIDE, digits, held_out

PACKAGED = Path(__file__).parent / "reader.npz"
EPOCHS, BATCH, FEATURES = 30, 64, 64
ROWS = 1000  # images in a batch


class DigitReader(nn.Module):
    """Classifier of two convolutions, each with its pooling, then features and ten logits."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 16, 3, padding=1)
        self.second = nn.Conv2d(16, 32, 3, padding=1)
        self.gather = nn.Linear(32 * (SIDE // 4) ** 2, FEATURES)
        self.answer = nn.Linear(FEATURES, 10)

    def features(self, image: Float[Tensor, "n 28 28"]) -> Float[Tensor, "n 64"]:
        """Return the inputs of the last layer."""
        h = functional.max_pool2d(functional.relu(self.first(image[:, None] - 0.13)), 2)
        h = functional.max_pool2d(functional.relu(self.second(h)), 2)
        out: Tensor = functional.relu(self.gather(h.flatten(1)))
        return out

    def forward(self, image: Float[Tensor, "n 28 28"]) -> Float[Tensor, "n 10"]:
        """Return the logits of the ten digits."""
        out: Tensor = self.answer(self.features(image))
        return out


@cache
def reader() -> DigitReader:
    """Load the shipped network, in double precision."""
    made = DigitReader().double()
    arrays = RECIPE.complete()
    made.load_state_dict({k: torch.from_numpy(a.astype(np.float64)) for k, a in arrays.items()})
    return made.requires_grad_(False).eval()


@torch.no_grad()
def read(image: Float64[Tensor, "n 28 28"]) -> tuple[Float64[Tensor, "n 64"], Tensor]:
    """Return the features of images, and the probability of each digit."""
    both = []
    for part in image.split(ROWS):  # to limit memory
        found = reader().features(part)
        both.append((found, reader().answer(found).softmax(1)))
    return torch.cat([f for f, _ in both]), torch.cat([p for _, p in both])


@cache
def accuracy() -> float:
    """Share of the held-out digits that are classified correctly."""
    grey, labels = digits()
    held = held_out()
    probability = read(torch.from_numpy(grey[held] / LEVELS))[1].numpy()
    return float((probability.argmax(1) == labels[held]).mean())


def _moved(image: Float[Tensor, "n 28 28"], rng: torch.Generator) -> Float[Tensor, "n 28 28"]:
    """Turn images by up to 12 degrees, scale them by up to 10 %, move them by up to 2 pixels."""
    n = len(image)
    turn, size, right, down = (2 * torch.rand(4, n, generator=rng) - 1).unbind()
    turn, size = turn * math.radians(12), 1 + 0.1 * size
    rows = [size * turn.cos(), -size * turn.sin(), right * 4 / SIDE]
    rows += [size * turn.sin(), size * turn.cos(), down * 4 / SIDE]
    grid = functional.affine_grid(
        torch.stack(rows, 1).view(n, 2, 3), [n, 1, SIDE, SIDE], align_corners=False
    )
    return functional.grid_sample(image[:, None], grid, align_corners=False)[:, 0]


def _trained(_: int) -> Mapping[str, np.ndarray]:
    """Train the weights on known digits alone; half precision."""
    grey, labels = digits()
    known = ~held_out()
    x = torch.from_numpy(grey[known] / LEVELS).float()
    y = torch.from_numpy(labels[known].astype(np.int64))
    rng = torch.Generator().manual_seed(0)
    with torch.random.fork_rng(devices=[]), one_thread():
        torch.manual_seed(0)
        net = DigitReader()
        steps = EPOCHS * (len(x) // BATCH)
        optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-3)
        rate = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)
        for step in range(steps):
            rows = torch.randint(len(x), (BATCH,), generator=rng)
            logits = net(_moved(x[rows], rng))
            loss = functional.cross_entropy(logits, y[rows], label_smoothing=0.05)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            rate.step()
            if step % 100 == 0:
                printed("train the reader", step, steps)
    return {k: v.detach().numpy().astype(np.float16) for k, v in net.state_dict().items()}


RECIPE = Recipe(
    "digit_reader", {"epochs": EPOCHS, "batch": BATCH, "seed": 0}, _trained, packaged=PACKAGED
)
