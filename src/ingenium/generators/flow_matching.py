"""Flow matching along straight paths."""

import math
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ingenium.generators.at import FIELD_WIDTH
from ingenium.generators.denoising import Denoising, DenoisingSettings
from ingenium.generators.path_density import PathDensity
from ingenium.sampling.noise import gaussian, uniform
from ingenium.sampling.solvers import Solver
from ingenium.sampling.straight import Midpoint, straight


@dataclass(frozen=True, kw_only=True)
class FlowMatchingSettings(DenoisingSettings):
    """Network and solver; Euler's method is the solver `Ddim`."""

    steps: int = 10
    solver: Solver = field(default_factory=Midpoint)

    @property
    def levels(self) -> tuple[float, ...]:
        """Noise levels at equal distances along the line."""
        return straight(self.steps)


class FlowMatching(Denoising, PathDensity):
    """Conditional flow matching: the velocity on the line from noise to design.

    Shapes: n designs, `*shape` axes of one design, c spec features.
    Source: Lipman et al., 2023, arXiv:2210.02747, eq. 23 with sigma_min = 0.
    """

    nothing: ClassVar[float] = math.pi / 2  # loss on standardised designs without any knowledge

    def __init__(
        self,
        shape: tuple[int, ...],
        c: int,
        settings: FlowMatchingSettings = FlowMatchingSettings(),
    ) -> None:
        super().__init__(shape, c, settings)
        self.settings = settings

    def velocity(
        self,
        x: Float[Tensor, "n *shape"],
        t: Float[Tensor, " n"],
        cond: Float[Tensor, "n {self.c}"],
        conditioned: Bool[Tensor, " n"] | None = None,
    ) -> Float[Tensor, "n *shape"]:
        """Expected difference of design and noise, given t * design + (1 - t) * noise.

        The exact velocity of white designs is built in: the network learns the difference, and its
        input and target have unit spread at every t.
        """
        s = t.view(-1, *[1] * len(self.shape))
        variance = s.square() + (1 - s).square()
        out = self.network(x * variance.rsqrt(), cond, t, conditioned)
        flow: Tensor = (2 * s - 1) / variance * x + variance.rsqrt() * out
        return flow

    def denoise(
        self,
        x: Float[Tensor, "n *shape"],
        sigma: Float[Tensor, " n"],
        cond: Float[Tensor, "n {self.c}"],
        conditioned: Bool[Tensor, " n"] | None = None,
    ) -> Float[Tensor, "n *shape"]:
        """Expected clean design: the end of the line from here along the velocity."""
        t = self.level(sigma)
        s = t.view(-1, *[1] * len(self.shape))
        return s * x + (1 - s) * self.velocity(s * x, t, cond, conditioned)

    def error(
        self, x: Tensor, cond: Tensor, rng: torch.Generator, conditioned: Tensor | None
    ) -> Float[Tensor, " n"]:
        """Squared error of the velocity."""
        t = uniform(x.flatten(1)[:, 0], rng)
        noise = gaussian(x, rng)
        at = torch.lerp(noise, x, t.view(-1, *[1] * len(self.shape)))
        wrong = self.velocity(at, t, cond, conditioned) - (x - noise)
        return wrong.square().flatten(1).mean(-1)

    def level(self, sigma: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
        """Return the place on the line, 0 at noise and 1 at the design."""
        return 1 / (1 + sigma)

    def angles(self, steps: int) -> tuple[float, ...]:
        """Angles of the whole line, at equal distances."""
        return tuple(math.atan2(i, steps - i) for i in range(steps + 1))


def flow_matching_of_rows(shape: tuple[int, ...], c: int) -> FlowMatching:
    """Build the family for vectors and series."""
    return FlowMatching(shape, c, FlowMatchingSettings(width=128 if len(shape) == 1 else 96))


def flow_matching_of_fields(shape: tuple[int, ...], c: int) -> FlowMatching:
    """Build the family for fields."""
    return FlowMatching(shape, c, FlowMatchingSettings(width=FIELD_WIDTH))
