"""NeuralFoil's networks on tensors, so that gradients pass and a batch is one call.

The weights are read from the installed package; tests compare with the package's own code.
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.domains.airfoils.cst import WEIGHTS
from ingenium.domains.airfoils.packages import folder_of

Size = Literal["medium", "large", "xlarge", "xxlarge", "xxxlarge"]
SPEEDS = 32  # stations of one surface with the speed at the edge of its boundary layer
FLIPPED = (16, 18)  # inputs whose sign changes when a section is mirrored


@dataclass(frozen=True)
class SectionFlow:
    """Flow quantities that the network predicts for each case.

    Shapes: n cases; edge speeds relative to the free stream, from nose to tail.
    """

    lift: Float[Tensor, " n"]
    drag: Float[Tensor, " n"]
    moment: Float[Tensor, " n"]  # about the quarter chord, nose up
    confidence: Float[Tensor, " n"]  # probability that XFOIL converges, from 0 to 1
    upper_transition: Float[Tensor, " n"]
    lower_transition: Float[Tensor, " n"]
    upper_speed: Float[Tensor, "n 32"]
    lower_speed: Float[Tensor, "n 32"]


@dataclass(frozen=True, eq=False)
class NeuralFoilNetwork:
    """NeuralFoil: lift, drag, moment and boundary layer of a section in two-dimensional flow.

    Source: Sharpe and Hansman, NeuralFoil, 2025, arXiv:2503.16323; weights and scalings are those
        of the package.
    """

    layers: tuple[tuple[Tensor, Tensor], ...]
    mean: Float[Tensor, " i"]
    inverse: Float[Tensor, "i i"]
    free: float  # critical amplification factor of transition

    def __call__(
        self,
        numbers: Float[Tensor, "n 18"],
        angle_deg: Float[Tensor, " n"],
        reynolds: Float[Tensor, " n"],
    ) -> SectionFlow:
        """Predict the flow of each section at an angle and Reynolds number; transition is free."""
        angle = torch.deg2rad(angle_deg)
        one = torch.ones_like(angle)
        front, edge = numbers[:, -2], numbers[:, -1]
        flow = [
            front,
            edge * 50,
            (2 * angle).sin(),
            angle.cos(),
            angle.sin().square(),
            (reynolds.log() - 12.5) / 3.5,
            one * (self.free - 9) / 4.5,
            one,
            one,
        ]
        x = torch.cat([numbers[:, : 2 * WEIGHTS], torch.stack(flow, 1)], 1)
        y = 0.5 * (self._raw(x) + self._turned(self._raw(self._over(x))))
        return SectionFlow(
            lift=y[:, 1] / 2,
            drag=((y[:, 2] - 2) * 2).exp(),
            moment=y[:, 3] / 20,
            confidence=y[:, 0].sigmoid(),
            upper_transition=y[:, 4].clamp(0, 1),
            lower_transition=y[:, 5].clamp(0, 1),
            upper_speed=y[:, 6 + 2 * SPEEDS : 6 + 3 * SPEEDS],
            lower_speed=y[:, 6 + 5 * SPEEDS : 6 + 6 * SPEEDS],
        )

    def _raw(self, x: Float[Tensor, "n i"]) -> Float[Tensor, "n o"]:
        """Raw outputs; the confidence decreases with the distance from the training data."""
        y = x
        for i, (weight, bias) in enumerate(self.layers):
            y = y @ weight.T + bias
            if i < len(self.layers) - 1:
                y = torch.nn.functional.silu(y)
        off = x - self.mean
        far = ((off @ self.inverse) * off).sum(1) / (2 * len(self.mean))
        return torch.cat([y[:, :1] - far[:, None], y[:, 1:]], 1)

    @staticmethod
    def _over(x: Float[Tensor, "n i"]) -> Float[Tensor, "n i"]:
        """Inputs of the mirrored case; both surfaces have free transition, so that is unchanged."""
        turned = torch.cat([-x[:, WEIGHTS : 2 * WEIGHTS], -x[:, :WEIGHTS], x[:, 2 * WEIGHTS :]], 1)
        sign = torch.ones(x.shape[1], dtype=x.dtype)
        sign[list(FLIPPED)] = -1
        return turned * sign

    @staticmethod
    def _turned(y: Float[Tensor, "n o"]) -> Float[Tensor, "n o"]:
        """Outputs for the mirrored section, mapped back to the original one."""
        head, rest = y[:, :6], y[:, 6:]
        scalars = torch.stack(
            [head[:, 0], -head[:, 1], head[:, 2], -head[:, 3], head[:, 5], head[:, 4]], 1
        )
        upper, lower = rest.split(3 * SPEEDS, 1)
        layers, speed = 2 * SPEEDS, slice(2 * SPEEDS, None)
        swapped = [lower[:, :layers], -lower[:, speed], upper[:, :layers], -upper[:, speed]]
        return torch.cat([scalars, *swapped], 1)


@cache
def network(size: Size, free: float) -> NeuralFoilNetwork:
    """Return a network of the installed package, in float64.

    Raises:
        MissingExtra: if the package is not installed.
    """
    folder = folder_of("neuralfoil") / "nn_weights_and_biases"
    with np.load(folder / f"nn-{size}.npz") as stored:
        order = sorted({int(key.split(".")[1]) for key in stored})
        layers = tuple(
            (_double(stored[f"net.{i}.weight"]), _double(stored[f"net.{i}.bias"])) for i in order
        )
    with np.load(folder / "scaled_input_distribution.npz") as spread:
        mean, inverse = (
            _double(spread["mean_inputs_scaled"]),
            _double(spread["inv_cov_inputs_scaled"]),
        )
    return NeuralFoilNetwork(layers, mean.flatten(), inverse, free)


def _double(array: np.ndarray) -> Tensor:
    """A copy in PyTorch's own aligned memory; otherwise products differ in the last bit."""
    return torch.tensor(array, dtype=torch.float64)
