"""Families that sample solutions given their input, by flow matching and by diffusion.

Shapes: n fields over a grid of one axis or two, c points of an input.
"""

from math import prod

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ingenium.domains.equations.field.equation import FieldEquation
from ingenium.domains.equations.field.operator import (
    FourierNetwork,
    FourierOperator,
    OperatorSettings,
)
from ingenium.generators.denoising import Denoising
from ingenium.generators.diffusion import Diffusion, DiffusionSettings
from ingenium.generators.flow_matching import FlowMatching, FlowMatchingSettings
from ingenium.sampling.solvers import Ddim

SOLVER = Ddim()  # one solution answers an input: steps of second order were no closer


class InputTrunk(nn.Module):
    """Network of an operator as the trunk of a denoising family, conditioned on the input."""

    def __init__(self, equation: FieldEquation, channels: int, own: OperatorSettings) -> None:
        super().__init__()
        self.operator = FourierNetwork(equation, channels, own)

    def forward(
        self,
        x: Float[Tensor, "n 1 *grid"],
        cond: Float[Tensor, "n c"],
        level: Float[Tensor, " n"],
        conditioned: Tensor | None = None,
    ) -> Float[Tensor, "n 1 *grid"]:
        """Denoise the solution, given the input and the noise level; the input is never dropped."""
        at = level.view(-1, *[1] * (x.ndim - 1)).expand_as(x)
        found: Tensor = self.operator(torch.cat([x, cond.view_as(x), at], 1))
        return found[:, None]


class SolutionFlow(FourierOperator):
    """Flow matching of solutions given an input, with a Fourier network."""

    channels = 3
    any_grid = False  # noise on fewer points differs
    network: Denoising

    def family(self, shape: tuple[int, ...], c: int) -> Denoising:
        """Base family, whose network is replaced."""
        return FlowMatching(
            shape, c, FlowMatchingSettings(drop=0.0, steps=self.own.steps, solver=SOLVER)
        )

    def made(self) -> Denoising:
        """Return the family with the conditional network."""
        grid = [self.equation.points] * self.equation.axes
        found = self.family((1, *grid), prod(grid))
        found.network = InputTrunk(self.equation, self.channels, self.own)
        return found

    def loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n c"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Loss of the family, for the solution given the input."""
        x = self._turned(x, rng)
        return self.network.loss(x[:, 1:], x[:, 0].flatten(1), rng)

    def held_out_loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n c"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Loss of the family, without augmentation."""
        return self.network.held_out_loss(x[:, 1:], x[:, 0].flatten(1), rng)

    def solution(
        self, condition: Float[Tensor, "n *grid"], rng: torch.Generator
    ) -> Float[Tensor, "n *grid"]:
        """Sample a solution from noise, by the solver of the family."""
        return self.network.propose(condition.flatten(1), rng)[:, 0]


class SolutionDiffusion(SolutionFlow):
    """Diffusion of solutions given an input, with a Fourier network."""

    def family(self, shape: tuple[int, ...], c: int) -> Denoising:
        """Base family, whose network is replaced."""
        return Diffusion(shape, c, DiffusionSettings(drop=0.0, steps=self.own.steps, solver=SOLVER))
