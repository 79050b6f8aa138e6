"""Conditional energy-based model, trained on noisy data and sampled by annealed Langevin steps."""

from dataclasses import dataclass, field

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ingenium.generators.at import FIELD_WIDTH
from ingenium.generators.denoising import Denoising
from ingenium.generators.levels import LevelSettings, weighted_error
from ingenium.generators.rows import check_rows
from ingenium.sampling.langevin import AnnealedLangevin
from ingenium.sampling.solvers import Solver


@dataclass(frozen=True, kw_only=True)
class EnergySettings(LevelSettings):
    """Network, noise levels and solver."""

    width: int = 64
    least: float = 0.02
    most: float = 40.0
    steps: int = 20
    solver: Solver = field(default_factory=AnnealedLangevin)


class EnergyModel(Denoising):
    """A scalar energy of noisy designs at every noise level; its gradient removes the noise.

    With noise of deviation s and `u = x / sqrt(1 + s^2)` the energy is `E(x, s) = |u|^2 / 2 + G(u,
    s) / s`, where `G = |f|^2 / 2 - <u, f>` for a network f. The first term is exact for standard
    normal designs; G learns the rest by denoising score matching. Since each condition has its own
    unknown constant, the energy is no density: `exp(-E)` ranks designs under one condition only.

    Shapes: n designs, `*shape` axes of one design, c spec features.
    Source: Song and Ermon, 2019, arXiv:1907.05600 (noise levels); Salimans and Ho, 2021, Should
    EBMs model the energy or the score?; Du et al., 2023, arXiv:2302.11552 (energies of this
    kind); Karras et al., 2022, arXiv:2206.00364, table 1 (scaling).
    """

    def __init__(
        self, shape: tuple[int, ...], c: int, settings: EnergySettings = EnergySettings()
    ) -> None:
        super().__init__(shape, c, settings)
        self.settings = settings

    def energy(
        self,
        x: Float[Tensor, "n *shape"],
        sigma: Float[Tensor, " n"],
        cond: Float[Tensor, "n {self.c}"],
        conditioned: Bool[Tensor, " n"] | None = None,
    ) -> Float[Tensor, " n"]:
        """Energy of noisy designs, each at its own noise level (nats, up to a constant)."""
        u = x / (1 + sigma.square()).sqrt().view(-1, *[1] * len(self.shape))
        f = self.network(u, cond, sigma.log() / 4, conditioned)
        own = 0.5 * u.square().flatten(1).sum(1)
        learned: Tensor = (f * (0.5 * f - u)).flatten(1).sum(1)
        return own + learned / sigma

    def denoise(
        self,
        x: Float[Tensor, "n *shape"],
        sigma: Float[Tensor, " n"],
        cond: Float[Tensor, "n {self.c}"],
        conditioned: Bool[Tensor, " n"] | None = None,
    ) -> Float[Tensor, "n *shape"]:
        """Expected clean design of each row, `x - sigma^2 dE/dx`."""
        further = torch.is_grad_enabled()
        with torch.enable_grad():
            at = x if x.requires_grad else x.detach().requires_grad_()
            total = self.energy(at, sigma, cond, conditioned).sum()
            (slope,) = torch.autograd.grad(total, at, create_graph=further)
        clean: Tensor = x - sigma.square().view(-1, *[1] * len(self.shape)) * slope
        return clean

    def error(
        self, x: Tensor, cond: Tensor, rng: torch.Generator, conditioned: Tensor | None
    ) -> Float[Tensor, " n"]:
        """Weighted squared error of the denoised design."""
        return weighted_error(self.denoise, self.settings, x, cond, rng, conditioned)

    def unnormalised_log_density(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"]
    ) -> Float[Tensor, " n"]:
        """Log density at the least noise, up to an unknown constant for each condition (nats).

        Raises:
            ValueError: if rows do not fit the family.
        """
        check_rows(x, cond, self.shape, self.c)
        with torch.no_grad():
            return -self.energy(x, torch.full_like(x.flatten(1)[:, 0], self.settings.least), cond)


def energy_of_fields(shape: tuple[int, ...], c: int) -> EnergyModel:
    """Build the family for fields."""
    return EnergyModel(shape, c, EnergySettings(width=FIELD_WIDTH))
