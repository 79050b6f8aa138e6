"""Binary digits of 7 x 7 cells by small networks of spikes, trained with and without gradients.

Shapes: p networks, n drives, q real digits, o cells, w weights.
Source of the loss: Gneiting and Raftery, J. American Statistical Association 102, 2007, eq. 22.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.domains.neuro.digits.data import LEVELS, SIDE, digits, held_out
from ingenium.kits.spikes.layered import Rhythm
from ingenium_book.checks.neuro.evolution import LayerSizes

CELLS, NOISE = 7, 4
RHYTHM = Rhythm(steps=10, step_ms=1.0, tau_ms=8.0)


@dataclass(frozen=True, eq=False)
class BinaryDigits:
    """Drives of each digit with noise of their own, and real digits for comparison."""

    drive: Float64[Tensor, "n m"]
    real: Float64[Tensor, "10 q o"]

    @classmethod
    def of(cls, draws: int = 8, real: int = 40, seed: int = 0) -> "BinaryDigits":
        """Build `draws` drives of each digit, and `real` known digits."""
        grey, labels = digits()
        grey, labels = grey[~held_out()] / LEVELS, labels[~held_out()]
        size = SIDE // CELLS
        coarse = grey.reshape(-1, CELLS, size, CELLS, size).mean((2, 4)).reshape(len(grey), -1)
        own = np.stack([(coarse[labels == d][:real] > 0.5).astype(float) for d in range(10)])
        rng = torch.Generator().manual_seed(seed)
        noise = torch.rand(10 * draws, NOISE, generator=rng, dtype=torch.float64)
        reported = torch.eye(10, dtype=torch.float64).repeat_interleave(draws, 0)
        return cls(torch.cat([reported, noise], 1), torch.from_numpy(own))

    def wiring(self, neurons: int) -> LayerSizes:
        """Layers of a network with a number of neurons."""
        return LayerSizes((self.drive.shape[1], neurons, CELLS**2), RHYTHM)

    def loss(self, read: Float64[Tensor, "p n o"]) -> Float64[Tensor, " p"]:
        """Energy score of networks' digits, for each digit against its real ones."""
        drawn = torch.sigmoid(2 * read).unflatten(1, (10, -1))  # p, 10, draws, cells
        near = torch.cdist(drawn, self.real.expand(len(drawn), *self.real.shape)).mean((1, 2, 3))
        draws = drawn.shape[2]
        among = torch.cdist(drawn, drawn).sum((1, 2, 3)) / (10 * draws * (draws - 1))
        score: Tensor = near - among / 2
        return score

    def by_gradient(
        self, wiring: LayerSizes, *, steps: int, seed: int
    ) -> tuple[Tensor, list[float]]:
        """Weights after `steps` steps of Adam on surrogate gradients, and the losses."""
        rng = torch.Generator().manual_seed(seed)
        flat = torch.randn(1, wiring.count, generator=rng, dtype=torch.float64).requires_grad_()
        optimiser, course = torch.optim.Adam([flat], lr=0.05), []
        for _ in range(steps):
            loss = self.loss(wiring.networks(flat).run(self.drive).read)[0]
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            course.append(float(loss.detach()))
        return flat.detach()[0], course
