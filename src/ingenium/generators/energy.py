"""Conditional energy-based model, trained on noisy data and sampled by annealed Langevin steps."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ingenium.generators.model import Model
from ingenium.generators.networks import kept, trunk
from ingenium.generators.rows import check_cond, check_rows, check_steer, finish
from ingenium.sampling.noise import gaussian, uniform
from ingenium.sampling.steer import FREE, Steer

PACE = 0.1  # of a Langevin step, in units of the variance of the noise


class Energy(Model):
    """A scalar energy of noisy designs at every noise level; its slope removes the noise.

    With noise of deviation s and `u = x / sqrt(1 + s^2)` the energy is
    `E(x, s) = |u|^2 / 2 + G(u, s) / s`, where `G = |f|^2 / 2 - <u, f>` for a network f. The first
    term is exact for standard normal designs; G learns the rest by denoising score matching.
    Since each condition has its own unknown constant, the energy is no density: `exp(-E)` ranks
    designs under one condition only.

    Shapes: s levels of noise.
    Source: Song and Ermon, 2019, arXiv:1907.05600 (annealed Langevin); Salimans and Ho, 2021,
        ICLR workshop (energies from denoisers); Du et al., 2023, arXiv:2302.11552 (G); Karras et
        al., 2022, arXiv:2206.00364, sec. 5 (scaling); Ho and Salimans, 2022, arXiv:2207.12598.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        c: int,
        *,
        width: int = 96,
        depth: int = 3,
        levels: int = 32,
        corrections: int = 1,
        drop: float = 0.1,
    ) -> None:
        super().__init__(shape, c)
        self.levels, self.corrections, self.drop = levels, corrections, drop
        self.least, self.most = 0.02, 20.0  # deviation of the noise
        self.net = trunk(shape, c, width=width, depth=depth)

    def noise_at(self, level: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
        """Deviation of the noise at a level from 0 (least) to 1 (most)."""
        return self.least * (self.most / self.least) ** level

    def energy(
        self,
        x: Float[Tensor, "n *shape"],
        cond: Float[Tensor, "n {self.c}"],
        level: Float[Tensor, " n"],
        keep: Bool[Tensor, " n"] | None = None,
    ) -> Float[Tensor, " n"]:
        """Energy of noisy designs at a level of noise (nats, up to a constant a condition)."""
        s = self.noise_at(level)
        u = x / (1 + s.square()).sqrt().reshape(-1, *[1] * len(self.shape))
        own: Tensor = 0.5 * u.flatten(1).square().sum(1)
        return own + self.learned(u, cond, level, keep) / s

    def learned(
        self,
        u: Float[Tensor, "n *shape"],
        cond: Float[Tensor, "n {self.c}"],
        level: Float[Tensor, " n"],
        keep: Bool[Tensor, " n"] | None,
    ) -> Float[Tensor, " n"]:
        """The part G of the energy."""
        f = self.net(u, cond, level, keep)
        out: Tensor = (f * (0.5 * f - u)).flatten(1).sum(1)
        return out

    def loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Squared error of the slope of G, scaled to 1 for standard normal designs."""
        level = uniform(x.new_empty(len(x)), rng)
        s = self.noise_at(level).reshape(-1, *[1] * len(self.shape))
        total = 1 + s.square()
        noisy = x + s * gaussian(x, rng)
        want = (x - noisy / total) * total.sqrt() / s
        keep = kept(len(x), self.drop, rng).to(x.device)
        with torch.enable_grad():
            u = (noisy / total.sqrt()).requires_grad_()
            g = self.learned(u, cond, level, keep).sum()
            (slope,) = torch.autograd.grad(g, u, create_graph=True)
        return (slope + want).square().flatten(1).mean(1)

    @torch.no_grad()
    def unnormalised_log_density(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"]
    ) -> Float[Tensor, " n"]:
        """Log density at the least noise, up to an unknown constant for each condition (nats).

        Raises:
            ValueError: if rows do not fit the family.
        """
        check_rows(x, cond, self.shape, self.c)
        return -self.energy(x, cond, x.new_zeros(len(x)))

    def denoised(
        self,
        x: Float[Tensor, "n *shape"],
        cond: Float[Tensor, "n {self.c}"],
        level: Float[Tensor, ""],
        steer: Steer,
    ) -> Float[Tensor, "n *shape"]:
        """Expected design behind noisy ones, `x - s^2 dE/dx`, under the steering.

        The slope of the steering energy counts with the variance `s^2 / (1 + s^2)` that a
        standard normal design has behind noise s.
        """
        at = level.expand(len(x))
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            value = self.energy(x, cond, at).sum()
            if steer.weight != 1.0:
                none = torch.zeros(len(x), dtype=torch.bool, device=x.device)
                value = (
                    steer.weight * value + (1 - steer.weight) * self.energy(x, cond, at, none).sum()
                )
            (slope,) = torch.autograd.grad(value, x)
        variance = self.noise_at(level).square()
        clean = x.detach() - variance * slope
        if steer.energy is None:
            return clean
        with torch.enable_grad():
            clean = clean.requires_grad_()
            (slope,) = torch.autograd.grad(steer.energy(clean).sum(), clean)
        behind = variance / (1 + variance)
        push = steer.strength * behind * slope
        length = torch.linalg.vector_norm(push.flatten(1), dim=1)
        most = behind.sqrt() * math.sqrt(math.prod(self.shape))
        share = (most / length.clamp(min=1e-12)).clamp(max=1)
        return clean.detach() - push * share.reshape(-1, *[1] * len(self.shape))

    @torch.no_grad()
    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """One design for each row of `cond`, from much noise to little.

        At each level the noise first falls to the next level, then Langevin steps settle it.

        Raises:
            ValueError: if `cond` has the wrong width.
        """
        check_cond(cond, self.c)
        check_steer(steer, "energy", weight=True, energy=True)
        ladder = torch.linspace(1, 0, self.levels).to(cond)
        noise = self.noise_at(ladder)
        x = gaussian(cond.new_empty(len(cond), *self.shape), rng)
        x = x * (1 + noise[0].square()).sqrt()
        for level, after, s, less in zip(ladder, ladder[1:], noise, noise[1:], strict=False):
            clean = self.denoised(x, cond, level, steer)
            share = (less / s).square()
            stir = less * (1 - share).sqrt()
            x = torch.lerp(clean, x, share) + stir * gaussian(x, rng)
            for _ in range(self.corrections):
                x = torch.lerp(x, self.denoised(x, cond, after, steer), PACE)
                x = x + math.sqrt(2 * PACE) * less * gaussian(x, rng)
        return finish(self.denoised(x, cond, ladder[-1], steer), steer)
