"""A network of spikes that reads digits: what the studies of codes and slopes train.

Spikes of a code enter, layers of leaky neurons follow, and the largest of ten voltages is the
answer. The same digits, batches and steps for all.

Shapes: n digits, t steps, m inputs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from ingenium.domains.neuro.digits.data import LEVELS, SIDE, digits, held_out
from ingenium.kits.spikes.layered import Rhythm, fired
from ingenium.kits.spikes.networks import DEEPER, SpikeLinear, SpikeReadout
from ingenium.kits.spikes.surrogate import FIXED, Sharpness

RHYTHM = Rhythm(steps=16, step_ms=1.0, tau_ms=8.0)
SIDE_SEEN = SIDE // 2  # means of 2 x 2 pixels
BATCH, RATE = 64, 2e-3
Code = Callable[[Float[Tensor, "n m"], torch.Generator], Float[Tensor, "t n k"]]


@dataclass(frozen=True, eq=False)
class ReadDigits:
    """Digits to learn and to be asked, as numbers from 0 to 1."""

    x: Float[Tensor, "n m"]
    y: Tensor
    requested: Float[Tensor, "q m"]
    right: Tensor

    @classmethod
    def of(cls, known: int) -> "ReadDigits":
        """So many known digits; those that are held out are asked."""
        grey, labels = digits()
        halves = grey.reshape(-1, SIDE_SEEN, 2, SIDE_SEEN, 2).mean((2, 4)).reshape(len(grey), -1)
        x, y = torch.from_numpy(halves / LEVELS).float(), torch.from_numpy(labels.astype(np.int64))
        held = torch.from_numpy(held_out())
        return cls(x[~held][:known], y[~held][:known], x[held], y[held])


class SpikingReader(nn.Module):
    """Layers of one width; the last is read, after steps in which nothing enters any more.

    A layer takes a step to pass on what it gets: without `rests` the last ones of a deep network
    would never hear of the digit.
    """

    def __init__(
        self,
        inputs: int,
        width: int,
        depth: int,
        sharpness: Sharpness = FIXED,
        *,
        rests: int = 0,
    ) -> None:
        super().__init__()
        self.rests = rests
        sizes = [inputs, *[width] * depth]
        layers = [SpikeLinear(a, b) for a, b in pairwise(sizes)]
        self.layers = nn.ModuleList(layers)
        self.leave = SpikeReadout(width, 10, RHYTHM)
        self.schedule, self.sharpness = sharpness, sharpness.first
        with torch.no_grad():
            for layer in layers:
                layer.weight.mul_(DEEPER)

    def forward(self, spikes: Float[Tensor, "t n k"]) -> tuple[Tensor, Tensor]:
        """Ten voltages a digit, and how many spikes its neurons sent."""
        sent = spikes.new_zeros(spikes.shape[1])
        spikes = torch.cat([spikes, spikes.new_zeros(self.rests, *spikes.shape[1:])])
        for layer in self.layers:
            spikes = fired(layer(spikes), RHYTHM, self.sharpness)
            sent = sent + spikes.sum((0, 2))
        return self.leave(spikes), sent


def learned(
    data: ReadDigits, net: nn.Module, code: Code, *, epochs: int, seed: int
) -> tuple[list[float], float]:
    """Accuracy on what is asked after each epoch, and the spikes that it takes at the end."""
    rng = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(net.parameters(), lr=RATE)
    steps, course, sent = max(1, len(data.x) // BATCH), [], 0.0
    for epoch in range(epochs):
        if isinstance(net, SpikingReader):
            net.sharpness = net.schedule.at(epoch / max(1, epochs - 1))
        order = torch.randperm(len(data.x), generator=rng)
        for rows in order[: steps * BATCH].split(BATCH):
            loss = functional.cross_entropy(net(code(data.x[rows], rng))[0], data.y[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        with torch.no_grad():
            voltages, spikes = net(code(data.requested, rng))
            sent = float(spikes.mean())
            course.append(float((voltages.argmax(1) == data.right).float().mean()))
    return course, sent
