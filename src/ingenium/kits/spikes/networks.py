"""Spiking networks for designs of any shape, as replacements of those in `networks`.

Inputs are constant currents, layers pass spikes, and outputs are voltages after the last step.

Shapes: n designs, t steps, h neurons, m latent numbers, c spec features.
Source: Kamata, Mukuta and Harada, AAAI 36, 2022, sec. 3 (voltages as the output of a generator);
Neftci, Mostafa and Zenke, IEEE Signal Processing Magazine 36(6), 2019 (surrogate gradients).
"""

import math
from dataclasses import dataclass, field

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from ingenium.kits.spikes import encoders
from ingenium.kits.spikes.layered import LayeredNetwork, Rhythm, fired, gathered, later
from ingenium.kits.spikes.surrogate import FIXED, Sharpness

FIRST, DEEPER = 4.0, 2.5  # first weights over torch's own: with the latter hardly a neuron spikes
TIMING = 8  # neurons that encode a noise level by spike timing


@dataclass(frozen=True)
class SpikingSettings:
    """Settings of size, steps and slope."""

    width: int = 128
    depth: int = 2  # number of spiking layers
    rhythm: Rhythm = field(default_factory=Rhythm)
    sharpness: Sharpness = FIXED


class SpikeLinear(nn.Linear):
    """Linear layer on spikes of all steps, delayed by a step."""

    def forward(self, spikes: Float[Tensor, "t n h"]) -> Float[Tensor, "t n o"]:
        out: Tensor = functional.linear(later(spikes), self.weight, self.bias)
        return out


class SpikeReadout(SpikeLinear):
    """Linear layer whose voltages after the last step are the output."""

    def __init__(self, neurons: int, out: int, rhythm: Rhythm) -> None:
        super().__init__(neurons, out)
        self.rhythm = rhythm

    def forward(self, spikes: Float[Tensor, "t n h"]) -> Float[Tensor, "n o"]:
        out: Tensor = functional.linear(
            gathered(spikes, self.rhythm), self.weight, self.rhythm.level * self.bias
        )
        return out


class SpikingStack(nn.Module):
    """Stack of an input current, spiking layers, and output voltages."""

    def __init__(self, entering: int, out: int, settings: SpikingSettings) -> None:
        super().__init__()
        width, self.rhythm = settings.width, settings.rhythm
        self.schedule, self.sharpness = settings.sharpness, settings.sharpness.last
        self.enter = nn.Linear(entering, width)
        deeper = [SpikeLinear(width, width) for _ in range(settings.depth - 1)]
        self.deeper = nn.ModuleList(deeper)
        self.leave = SpikeReadout(width, out, self.rhythm)
        with torch.no_grad():
            self.enter.weight.mul_(FIRST)
            for layer in deeper:
                layer.weight.mul_(DEEPER)

    def forward(
        self, current: Float[Tensor, "n i"], lift: Float[Tensor, "t n h"] | None = None
    ) -> Float[Tensor, "n o"]:
        """Return voltages; `lift` is added at the first layer to the current."""
        held = (1 - self.rhythm.retained) * self.enter(current)
        arriving = held.expand(self.rhythm.steps, *held.shape)
        if lift is not None:
            arriving = arriving + lift
        for layer in self.deeper:
            arriving = layer(fired(arriving, self.rhythm, self.sharpness))
        out: Tensor = self.leave(fired(arriving, self.rhythm, self.sharpness))
        return out

    @property
    def network(self) -> LayeredNetwork:
        """Return the stack as a layered network, in double precision."""
        layers = [self.enter, *self.deeper, self.leave]
        return LayeredNetwork(
            tuple(x.weight.detach().double() for x in layers),
            tuple(x.bias.detach().double() for x in layers),
            self.rhythm,
        )


class SpikingDecoder(nn.Module):
    """Decoder from latent numbers, as rates from 0 to 1, to designs."""

    def __init__(
        self, latent: int, shape: tuple[int, ...], c: int, settings: SpikingSettings
    ) -> None:
        super().__init__()
        self.shape = shape
        self.stack = SpikingStack(latent + c, math.prod(shape), settings)

    def forward(
        self, z: Float[Tensor, "n m"], cond: Float[Tensor, "n c"]
    ) -> Float[Tensor, "n *shape"]:
        """Decode one design for each row."""
        out: Tensor = self.stack(drive(z, cond)).unflatten(1, self.shape)
        return out


class SpikingEncoder(nn.Module):
    """Encoder from designs to a vector."""

    def __init__(self, shape: tuple[int, ...], c: int, out: int, settings: SpikingSettings) -> None:
        super().__init__()
        self.stack = SpikingStack(math.prod(shape) + c, out, settings)

    def forward(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n c"]
    ) -> Float[Tensor, "n o"]:
        """Encode one vector for each row."""
        out: Tensor = self.stack(torch.cat([x.flatten(1), cond], 1))
        return out


class SpikingTrunk(nn.Module):
    """Trunk from designs to designs, zero at first; spike timing encodes the noise level.

    One neuron spikes the earlier the noisier the design is, and of a population the one that
    prefers the level spikes first.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        c: int,
        settings: SpikingSettings,
        levels: tuple[float, float],
    ) -> None:
        super().__init__()
        self.shape, self.levels = shape, levels
        self.stack = SpikingStack(math.prod(shape) + c, math.prod(shape), settings)
        self.timing = SpikeLinear(TIMING + 1, settings.width)
        nn.init.zeros_(self.stack.leave.weight)
        nn.init.zeros_(self.stack.leave.bias)

    def forward(
        self,
        x: Float[Tensor, "n *shape"],
        cond: Float[Tensor, "n c"],
        level: Float[Tensor, " n"],
        conditioned: Bool[Tensor, " n"] | None = None,
    ) -> Float[Tensor, "n *shape"]:
        """Return one design for each row; `conditioned` masks the conditions."""
        condition = cond if conditioned is None else cond * conditioned[:, None]
        low, high = self.levels
        noise = ((level - low) / (high - low)).clamp(0, 1)[:, None]
        steps = self.stack.rhythm.steps
        spikes = [encoders.latency(noise, steps), encoders.population(noise, steps, TIMING)]
        lift = self.timing(torch.cat(spikes, -1))
        out: Tensor = self.stack(torch.cat([x.flatten(1), condition], 1), lift).unflatten(
            1, self.shape
        )
        return out


def drive(z: Float[Tensor, "n m"], cond: Float[Tensor, "n c"]) -> Float[Tensor, "n d"]:
    """Return the input of a generating network: latent numbers as rates, and conditions."""
    return torch.cat([torch.sigmoid(z), cond], 1)


def sharpened(model: nn.Module, fraction: float) -> None:
    """Set the slope of every stack to that of a share of the budget."""
    for module in model.modules():
        if isinstance(module, SpikingStack):
            module.sharpness = module.schedule.at(fraction)
