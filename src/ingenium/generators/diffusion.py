"""Diffusion with the preconditioning, noise levels and weights of EDM."""

from dataclasses import dataclass, field

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ingenium.generators.denoising import Denoising
from ingenium.generators.networks import kept, trunk
from ingenium.sampling.noise import gaussian
from ingenium.sampling.solvers import Multistep, Solver, ladder


@dataclass(frozen=True)
class DiffusionSettings:
    """Network, noise levels and solver; designs are standardised, so their spread is 1."""

    width: int = 96
    depth: int = 3
    drop: float = 0.1  # share of rows trained without conditions, for classifier-free guidance
    level_mean: float = -0.5  # of log sigma in training
    level_std: float = 1.4
    least: float = 0.005  # smallest and largest sigma in sampling
    most: float = 80.0
    steps: int = 20
    solver: Solver = field(default_factory=Multistep)


class Diffusion(Denoising):
    """A denoiser at all noise levels, and solvers that sample with it.

    Shapes: n designs, `*shape` axes of one design, c spec features.
    Source: Karras et al., 2022, arXiv:2206.00364, table 1 (column EDM) with sigma_data = 1.
    """

    def __init__(
        self, shape: tuple[int, ...], c: int, settings: DiffusionSettings = DiffusionSettings()
    ) -> None:
        super().__init__(shape, c)
        self.settings = settings
        self.solver = settings.solver
        self.levels = ladder(settings.steps, settings.least, settings.most)
        self.drop = settings.drop
        self.network = trunk(shape, c, width=settings.width, depth=settings.depth)

    def denoise(
        self,
        x: Float[Tensor, "n *shape"],
        sigma: Float[Tensor, " n"],
        cond: Float[Tensor, "n {self.c}"],
        keep: Bool[Tensor, " n"] | None = None,
    ) -> Float[Tensor, "n *shape"]:
        """Expected clean design of each row at its own noise level."""
        s = sigma.view(-1, *[1] * len(self.shape))
        inner = (s.square() + 1).sqrt()
        out = self.network(x / inner, cond, sigma.log() / 4, keep)
        clean: Tensor = x / inner.square() + s / inner * out
        return clean

    def loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Weighted squared error of the denoised design; 1 a row for an untrained network."""
        return self._error(x, cond, rng, kept(len(x), self.settings.drop, rng).to(x.device))

    def held_out_loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """The same error with all conditions known."""
        return self._error(x, cond, rng, None)

    def _error(
        self, x: Tensor, cond: Tensor, rng: torch.Generator, keep: Tensor | None
    ) -> Float[Tensor, " n"]:
        own = self.settings
        sigma = (own.level_mean + own.level_std * gaussian(x.flatten(1)[:, 0], rng)).exp()
        noisy = x + sigma.view(-1, *[1] * len(self.shape)) * gaussian(x, rng)
        error = (self.denoise(noisy, sigma, cond, keep) - x).square().flatten(1).mean(-1)
        return error * (1 + sigma.square().reciprocal())
