"""Shared parts of denoising families: network, loss, and proposals by a solver with guidance."""

from abc import abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from ingenium.core.errors import InputError
from ingenium.generators.model import Model
from ingenium.generators.networks import retained, trunk
from ingenium.generators.rows import check_cond, finish
from ingenium.sampling.guidance import classifier_free, steered
from ingenium.sampling.noise import gaussian
from ingenium.sampling.solvers import Denoiser, Solver
from ingenium.sampling.steer import FREE, Steer

ROWS_AT_ONCE = 512  # rows through the network at a time, which bounds memory


@dataclass(frozen=True, kw_only=True)
class DenoisingSettings:
    """Network and solver."""

    width: int = 96
    depth: int = 3
    drop: float = 0.1  # share of rows trained without conditions, for classifier-free guidance
    steps: int
    solver: Solver

    @property
    @abstractmethod
    def levels(self) -> tuple[float, ...]:
        """Noise levels that a proposal passes through; they fall and end with 0."""


class Denoising(Model):
    """A family that estimates the expected clean design at any noise level.

    Shapes: n designs, `*shape` axes of one design, c spec features.
    """

    def __init__(self, shape: tuple[int, ...], c: int, settings: DenoisingSettings) -> None:
        super().__init__(shape, c)
        self.drop = settings.drop
        self.solver = settings.solver
        self.levels = settings.levels
        self.network: nn.Module = trunk(shape, c, width=settings.width, depth=settings.depth)

    @abstractmethod
    def denoise(
        self,
        x: Float[Tensor, "n *shape"],
        sigma: Float[Tensor, " n"],
        cond: Float[Tensor, "n {self.c}"],
        conditioned: Bool[Tensor, " n"] | None = None,
    ) -> Float[Tensor, "n *shape"]:
        """Expected clean design, given clean + sigma * noise; conditions where `conditioned`."""

    @abstractmethod
    def error(
        self, x: Tensor, cond: Tensor, rng: torch.Generator, conditioned: Tensor | None
    ) -> Float[Tensor, " n"]:
        """Error of the network on each row, at a noise level that is sampled for it."""

    def loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Error with a share of the conditions dropped."""
        return self.error(x, cond, rng, retained(len(x), self.drop, rng).to(x.device))

    @torch.no_grad()
    def held_out_loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Error with all conditions shown."""
        return self.error(x, cond, rng, None)

    def denoiser(self, cond: Float[Tensor, "n {self.c}"], steer: Steer = FREE) -> Denoiser:
        """The denoiser of a batch under its conditions, with all guidance.

        Raises:
            InputError: if guidance by conditions is requested of a model that always saw them.
        """
        if steer.weight != 1 and self.drop == 0:
            raise InputError(
                "steer.weight of 1 for a model fitted with drop = 0",
                steer.weight,
                "Fit it with drop = 0.1 to guide it by conditions.",
            )
        none = torch.zeros(len(cond), dtype=torch.bool, device=cond.device)
        plain = classifier_free(
            self._in_parts(cond, ~none), self._in_parts(cond, none), steer.weight
        )
        return steered(plain, steer)

    def _in_parts(self, cond: Tensor, conditioned: Tensor) -> Denoiser:
        def denoise(x: Tensor, sigma: float) -> Tensor:
            level = torch.full_like(cond[:, :1].new_empty(len(x)), sigma)
            columns = (x, level, cond, conditioned)
            parts = zip(*(torch.split(column, ROWS_AT_ONCE) for column in columns), strict=True)
            return torch.cat([self.denoise(*part) for part in parts])

        return denoise

    @torch.no_grad()
    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """One design for each row of `cond`, by the solver of the settings.

        Raises:
            ValueError: if `cond` does not fit, or guidance is requested that the model never
                learned.
        """
        check_cond(cond, self.c)
        start = self.levels[0] * gaussian(cond.new_empty(len(cond), *self.shape), rng)
        x = self.solver.solve(self.denoiser(cond, steer), start, self.levels, rng)
        return finish(x, steer)
