"""Row 19.3: accuracy, spikes and epochs by code, one classifier, beside an ordinary network.

Digits of 14 x 14 cells enter as spikes by rate, by latency, or by a population of four neurons for
each number, latency coded; one hidden layer of 128 leaky neurons reads them. The ordinary network
has the same layer with rectifiers and sees the numbers. Epochs are those until 98 % of an arm's own
best accuracy; spikes of a code are those that enter. Seeds draw weights, batches and rates.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import ArrayLike
from torch import Tensor, nn

from ingenium.core.seeds import one_thread
from ingenium.evaluate.trials import Readings, Trials
from ingenium.kits.spikes import encoders
from ingenium_book.studies.neuro.classifying import (
    RHYTHM,
    Code,
    ReadDigits,
    SpikingReader,
    learned,
)

CELLS, NEURONS, WIDTH, NEAR = 196, 4, 128, 0.98


class OrdinaryReader(nn.Module):
    """One layer of rectifiers."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(CELLS, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 10))

    def forward(self, x: Float[Tensor, "n m"]) -> tuple[Tensor, Tensor]:
        """Ten numbers a digit; it sends no spikes."""
        return self.inner(x), x.new_zeros(len(x))


ARMS: Mapping[str, tuple[Code, int]] = {
    "rate": (lambda x, rng: encoders.rate(x, RHYTHM.steps, rng), CELLS),
    "latency": (lambda x, rng: encoders.latency(x, RHYTHM.steps), CELLS),
    "population": (
        lambda x, rng: encoders.population(x, RHYTHM.steps, NEURONS),
        CELLS * NEURONS,
    ),
    "ordinary": (lambda x, rng: x, 0),
}


@dataclass(frozen=True)
class CodeTrial:
    """How much is learned."""

    known: int
    epochs: int


def run(arm: tuple[Code, int], seed: int, size: CodeTrial) -> Mapping[str, ArrayLike]:
    """One code learned."""
    code, inputs = arm
    data = ReadDigits.of(size.known)
    with torch.random.fork_rng(devices=[]), one_thread():
        torch.manual_seed(seed)
        net: nn.Module = SpikingReader(inputs, WIDTH, 1) if inputs else OrdinaryReader()
        course, sent = learned(data, net, code, epochs=size.epochs, seed=seed)
        entering = code(data.requested, torch.Generator().manual_seed(seed))
    first = next(i for i, a in enumerate(course) if a >= NEAR * max(course))
    most = float(entering.sum(0).max()) if inputs else 0.0
    reported = {"accuracy": course[-1], "epochs": first + 1, "spikes": sent, "most": most}
    return {k: np.array(v, dtype=np.float64) for k, v in reported.items()}


def read(found: Readings) -> Mapping[str, ArrayLike]:
    """Differences between codes, a row a seed."""
    accuracy = {arm: found(arm, "accuracy") for arm in ARMS}
    return {
        "over_rate": accuracy["population"] - accuracy["rate"],
        "below_ordinary": accuracy["ordinary"] - accuracy["population"],
        "sooner": found("rate", "epochs") - found("population", "epochs"),
        "single": found("latency", "most"),
        **{f"{arm}.accuracy": accuracy[arm] for arm in ARMS},
        **{f"{arm}.spikes": found(arm, "spikes") for arm in ARMS},
    }


measure = Trials(arms=ARMS, sizes=(CodeTrial(5000, 8), CodeTrial(256, 1)), run=run, read=read)
