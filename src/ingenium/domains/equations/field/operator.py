"""Learned operators from the input of an equation to its solution.

Shapes: n fields, w channels, over a grid of one axis or two.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ingenium.domains.equations.field.codec import PairCodec, blocks
from ingenium.domains.equations.field.equation import FieldEquation, middles
from ingenium.generators.fourier import POINTWISE, FourierLayer
from ingenium.generators.model import Model
from ingenium.generators.rows import check_cond, check_steer, finish
from ingenium.sampling.steer import FREE, Steer

SENSORS, PARTS = ((64, 32, 16), (16,)), 4  # a side, by axes; products a number of width
FINE_FROM, BLOCK = 0.8, 2  # of a fit in the plane, before which points are means of blocks
BEYOND = 8  # parts of a side, by which non-periodic fields are padded with zeros


@dataclass(frozen=True)
class OperatorSettings:
    """Size of the network, and number of steps of a sampling family."""

    width: int = 16
    modes: int = 10
    layers: int = 4
    steps: int = 8  # number of solver steps from noise to a solution


class FourierNetwork(nn.Module):
    """Fourier network to one field; non-periodic inputs get coordinates and zero padding."""

    def __init__(self, equation: FieldEquation, channels: int, own: OperatorSettings) -> None:
        super().__init__()
        self.axes, self.periodic, w = equation.axes, equation.periodic, own.width
        places = 0 if self.periodic else self.axes
        line = POINTWISE[self.axes - 1]
        modes = min(own.modes, equation.points // 2)
        self.lift = line(channels + places, w, 1)
        self.layers = nn.ModuleList(FourierLayer(w, modes, self.axes) for _ in range(own.layers))
        self.end = nn.Sequential(line(w, 2 * w, 1), nn.GELU(), line(2 * w, 1, 1))

    def forward(self, x: Float[Tensor, "n k *grid"]) -> Float[Tensor, "n *grid"]:
        """Return one value for each point."""
        points = x.shape[-1]
        if not self.periodic:
            side = middles(points).to(x.dtype)
            grid = torch.stack(torch.meshgrid(*[side] * self.axes, indexing="ij"))
            x = torch.cat([x, grid.expand(len(x), *grid.shape)], 1)
        x = self.lift(x)
        if not self.periodic:
            x = nn.functional.pad(x, (0, points // BEYOND) * self.axes)
        for i, layer in enumerate(self.layers):
            x = layer(x)
            x = x if i == len(self.layers) - 1 else nn.functional.gelu(x)
        if not self.periodic:
            for axis in range(2, x.ndim):
                x = x.narrow(axis, 0, points)
        found: Tensor = self.end(x)[:, 0]
        return found


class BranchTrunk(nn.Module):
    """DeepONet: sum of products of a network of the input and a network of each place.

    Source: Lu et al., Nature Machine Intelligence 3 (2021) 218 (DeepONet, unstacked).
    """

    places: Tensor

    def __init__(self, equation: FieldEquation, channels: int, own: OperatorSettings) -> None:
        super().__init__()
        axes, points, parts = equation.axes, equation.points, PARTS * own.width
        self.sensors = next(n for n in SENSORS[axes - 1] if points % n == 0)
        side = middles(points).float()
        place = torch.stack(torch.meshgrid(*[side] * axes, indexing="ij"), -1)
        if equation.periodic:
            place = torch.cat([(2 * torch.pi * place).sin(), (2 * torch.pi * place).cos()], -1)
        self.register_buffer("places", place, persistent=False)
        seen = channels * self.sensors**axes
        self.branch = nn.Sequential(
            nn.Linear(seen, parts), nn.GELU(), nn.Linear(parts, parts), nn.GELU(),
            nn.Linear(parts, parts),
        )  # fmt: skip
        self.trunk = nn.Sequential(
            nn.Linear(place.shape[-1], parts), nn.Tanh(), nn.Linear(parts, parts), nn.Tanh(),
            nn.Linear(parts, parts),
        )  # fmt: skip
        self.start = nn.Parameter(torch.zeros(1))

    def forward(self, x: Float[Tensor, "n k *grid"]) -> Float[Tensor, "n *grid"]:
        """Return one value for each point; the input enters as means of blocks."""
        for axis in range(2, x.ndim):
            x = x.unflatten(axis, (self.sensors, -1)).mean(axis + 1)
        condition = self.branch(x.flatten(1))
        sums = torch.einsum("np,...p->n...", condition, self.trunk(self.places))
        found: Tensor = sums / condition.shape[1] ** 0.5 + self.start
        return found


class FourierOperator(Model):
    """Fourier neural operator: takes the given input or samples one, and returns its solution.

    Fourier layers do not depend on the grid, so most of a fit in the plane runs on fewer points.

    Shapes: designs (2, *grid): input and solution.
    Source: Li et al., ICLR 2021, arXiv:2010.08895 (the network, and the relative error as loss).
    """

    def __init__(
        self,
        equation: FieldEquation,
        codec: PairCodec,
        given: Tensor | None,
        own: OperatorSettings,
    ) -> None:
        super().__init__(codec.shape, 1)
        self.equation, self.codec, self.given, self.own = equation, codec, given, own
        self.network = self.made()

    channels = 1
    any_grid: ClassVar[bool] = True  # whether the network can be trained on fewer points
    block = 1

    def made(self) -> nn.Module:
        """Build the network."""
        return FourierNetwork(self.equation, self.channels, self.own)

    def anneal(self, fraction: float) -> None:
        """Train on fewer points first, where they resolve all waves of the network."""
        enough = self.equation.points // BLOCK >= 2 * self.own.modes
        coarse = self.any_grid and self.equation.axes == 2 and enough and fraction < FINE_FROM
        self.block = BLOCK if coarse else 1

    def loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n c"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Relative error of the solutions; squares are rotated and mirrored at random."""
        x = self._turned(x, rng)
        condition, true = (blocks(x[:, i], self.block) for i in range(2))
        return self.codec.relative(self.network(condition[:, None]), true)

    def held_out_loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n c"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Relative error, without augmentation."""
        return self.codec.relative(self.network(x[:, :1]), x[:, 1])

    @torch.no_grad()
    def propose(
        self, cond: Float[Tensor, "n c"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """Propose an input and its solution for each row of `cond`."""
        check_cond(cond, self.c)
        check_steer(steer, "fno")
        inputs = sampled(self.equation, len(cond), rng, self.given)
        condition = self.codec.condition(inputs)
        solution = self.solution(condition.to(torch.float32), rng)
        return finish(torch.stack([condition, solution.to(torch.float64)], 1), steer)

    def solution(
        self, condition: Float[Tensor, "n *grid"], rng: torch.Generator
    ) -> Float[Tensor, "n *grid"]:
        """Return the encoded solutions of encoded inputs."""
        found: Tensor = self.network(condition[:, None])
        return found

    def _turned(self, x: Tensor, rng: torch.Generator) -> Tensor:
        """Apply one of the eight symmetries of the square to all rows."""
        if not self.equation.turned:
            return x
        how = torch.rand(3, generator=rng) < 0.5
        x = x.flip(-1) if how[0] else x
        x = x.flip(-2) if how[1] else x
        return x.transpose(-1, -2) if how[2] else x


class DeepOperator(FourierOperator):
    """The same family with a DeepONet."""

    any_grid = False  # the trunk's places are those of the whole grid

    def made(self) -> nn.Module:
        """Build the network."""
        return BranchTrunk(self.equation, self.channels, self.own)


def sampled(
    equation: FieldEquation, n: int, rng: torch.Generator, given: Tensor | None
) -> Float[Tensor, "n *grid"]:
    """Return the given input, or sample inputs of the law."""
    return equation.sample(n, rng) if given is None else given.expand(n, *given.shape)
