"""Diffusion with the preconditioning, noise levels and weights of EDM."""

import math
from dataclasses import dataclass, field

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ingenium.generators.at import FIELD_WIDTH
from ingenium.generators.denoising import Denoising
from ingenium.generators.levels import LevelSettings, weighted_error
from ingenium.generators.path_density import PathDensity
from ingenium.sampling.solvers import Multistep, Solver, ladder


@dataclass(frozen=True, kw_only=True)
class DiffusionSettings(LevelSettings):
    """Network, noise levels and solver."""

    least: float = 0.005
    most: float = 80.0
    steps: int = 20
    solver: Solver = field(default_factory=Multistep)


class Diffusion(Denoising, PathDensity):
    """A denoiser at all noise levels, and solvers that sample with it.

    Its density is that of designs with noise of the smallest deviation, below which the network was
    hardly trained; the difference is negligible where designs vary by much more than that.

    Shapes: n designs, `*shape` axes of one design, c spec features.
    Source: Karras et al., 2022, arXiv:2206.00364, table 1 (column EDM) with sigma_data = 1.
    """

    def __init__(
        self, shape: tuple[int, ...], c: int, settings: DiffusionSettings = DiffusionSettings()
    ) -> None:
        super().__init__(shape, c, settings)
        self.settings = settings

    def denoise(
        self,
        x: Float[Tensor, "n *shape"],
        sigma: Float[Tensor, " n"],
        cond: Float[Tensor, "n {self.c}"],
        conditioned: Bool[Tensor, " n"] | None = None,
    ) -> Float[Tensor, "n *shape"]:
        """Expected clean design of each row at its own noise level."""
        s = sigma.view(-1, *[1] * len(self.shape))
        inner = (s.square() + 1).sqrt()
        out = self.network(x / inner, cond, self.level(sigma), conditioned)
        clean: Tensor = x / inner.square() + s / inner * out
        return clean

    def error(
        self, x: Tensor, cond: Tensor, rng: torch.Generator, conditioned: Tensor | None
    ) -> Float[Tensor, " n"]:
        """Weighted squared error of the denoised design."""
        return weighted_error(self.denoise, self.settings, x, cond, rng, conditioned)

    def level(self, sigma: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
        """Return a quarter of the logarithm, as in EDM."""
        return sigma.log() / 4

    def angles(self, steps: int) -> tuple[float, ...]:
        """Angles from the smallest to the largest noise level, dense at small ones."""
        levels = ladder(steps + 1, self.settings.least, self.settings.most)
        return tuple(math.atan(sigma) for sigma in reversed(levels[:-1]))


def diffusion_of_rows(shape: tuple[int, ...], c: int) -> Diffusion:
    """Build the family for vectors and series."""
    return Diffusion(shape, c, DiffusionSettings(width=128 if len(shape) == 1 else 96))


def diffusion_of_fields(shape: tuple[int, ...], c: int) -> Diffusion:
    """Build the family for fields."""
    return Diffusion(shape, c, DiffusionSettings(width=FIELD_WIDTH))
