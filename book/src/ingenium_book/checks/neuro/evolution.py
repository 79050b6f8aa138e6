"""Small networks of spikes trained without gradients: a population is evaluated in one call.

Shapes: p networks, n rows, m inputs, o outputs, w weights of a network.
Source: Hansen, arXiv:1604.00772, 2016 (CMA-ES); Ros and Hansen, PPSN X, 2008 (with a diagonal
covariance, whose work grows with the number of weights and not with its square).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.errors import InputError, MissingExtra
from ingenium.kits.spikes.layered import LayeredNetwork, Rhythm

Loss = Callable[[Float64[Tensor, "p n o"]], Float64[Tensor, " p"]]  # of the outputs of networks


@dataclass(frozen=True)
class LayerSizes:
    """Sizes of layers, and the mapping of weight vectors to networks.

    Raises:
        InputError: for fewer layers than a spiking one and an output.
    """

    sizes: tuple[int, ...]
    rhythm: Rhythm

    def __post_init__(self) -> None:
        if len(self.sizes) < 3:
            raise InputError("inputs, neurons and outputs", self.sizes, "Write (6, 16, 64).")

    @property
    def count(self) -> int:
        """Number of all weights and biases."""
        return sum((a + 1) * b for a, b in zip(self.sizes, self.sizes[1:], strict=False))

    def networks(self, flat: Float64[Tensor, "p w"]) -> LayeredNetwork:
        """Build one network a row; a weight of 1 is scaled to the needs of its layer."""
        weights, biases, at = [], [], 0
        for i, (a, b) in enumerate(zip(self.sizes, self.sizes[1:], strict=False)):
            scale = (3.0 if i == 0 else 1.5) / math.sqrt(a)
            weights.append(scale * flat[:, at : at + a * b].view(-1, b, a))
            biases.append(0.1 * flat[:, at + a * b : at + (a + 1) * b])
            at += (a + 1) * b
        return LayeredNetwork(tuple(weights), tuple(biases), self.rhythm)


def evolved(
    wiring: LayerSizes,
    drive: Float64[Tensor, "n m"],
    loss: Loss,
    *,
    generations: int,
    seed: int,
    population: int = 64,
) -> tuple[Float64[Tensor, " w"], list[float]]:
    """Weights after some generations of CMA-ES, and the least loss after each."""
    try:
        import cma
    except ModuleNotFoundError as error:
        raise MissingExtra("search", "cma") from error
    start = np.random.default_rng(seed).standard_normal(wiring.count)
    options = {"popsize": population, "seed": seed + 1, "CMA_diagonal": True, "verbose": -9}
    strategy = cma.CMAEvolutionStrategy(start, 0.3, options)
    course = []
    with torch.no_grad():
        for _ in range(generations):
            rows = np.array(strategy.ask())
            read = wiring.networks(torch.from_numpy(rows)).run(drive).read
            lost = loss(read)
            strategy.tell(list(rows), lost.tolist())
            course.append(float(strategy.best.f))
    return torch.from_numpy(np.asarray(strategy.best.x, dtype=np.float64)), course
