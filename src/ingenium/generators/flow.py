"""Conditional normalizing flow: an exact density and an exact inverse."""

import math
from dataclasses import dataclass

import torch
import zuko
from jaxtyping import Float
from torch import Tensor, nn

from ingenium.evaluate.shrinkage import shrunk_covariance
from ingenium.generators.latent import tilt
from ingenium.generators.model import Model
from ingenium.generators.rows import check_cond, check_rows, check_steer, finish
from ingenium.sampling.noise import gaussian
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan

COUPLED_FROM = 17  # with more dimensions an autoregressive inverse takes too many passes


@dataclass(frozen=True)
class FlowSettings:
    """Number of axes with splines, and their size."""

    leading: int = 24  # axes that go through splines
    transforms: int = 3
    width: int = 128
    bins: int = 8


class Flow(Model):
    """Neural spline flow on the leading principal axes, Gaussian on the trailing ones.

    The linear dependence of designs on the conditions is removed (ridge regression), and the
    residuals are rotated to their principal axes, which is exact and changes the volume by a known
    constant. The leading axes go through conditional rational-quadratic splines; the others are
    independent and normal with their shrunk variance, since a few hundred rows determine no more
    about a thousand directions. All axes of designs of few numbers go through splines. Density and
    inverse are exact.

    Shapes: d numbers of a flattened design, q leading axes.
    Source: Durkan et al., 2019, arXiv:1906.04032 (splines); Tipping and Bishop, J. Royal
        Statistical Society B 61, 1999 (Gaussian trailing axes); Ledoit and Wolf, 2004.
    """

    centre: Tensor  # (d,)
    gain: Tensor  # (c, d) slope of the mean on the conditions
    axes: Tensor  # (d, d), rows are the principal axes
    spread: Tensor  # (d,) deviation along each axis

    def __init__(
        self, shape: tuple[int, ...], c: int, settings: FlowSettings = FlowSettings()
    ) -> None:
        super().__init__(shape, c)
        self.d = math.prod(shape)
        self.settings = settings
        self.q = min(self.d, settings.leading)
        self.register_buffer("centre", torch.zeros(self.d))
        self.register_buffer("gain", torch.zeros(c, self.d))
        self.register_buffer("axes", torch.eye(self.d))
        self.register_buffer("spread", torch.ones(self.d))
        self.flow = zuko.flows.NSF(
            self.q,
            c,
            bins=settings.bins,
            transforms=settings.transforms,
            hidden_features=(settings.width, settings.width),
            passes=2 if self.q >= COUPLED_FROM else self.q,
            randperm=self.q >= COUPLED_FROM,
            activation=nn.SiLU,
        )

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Find the principal axes, then train the splines.

        Raises:
            ValueError: if rows do not fit the family.
        """
        check_rows(x, cond, self.shape, self.c)
        rows, condition = x.detach().flatten(1).double().cpu(), cond.detach().double().cpu()
        gain = _ridge(condition - condition.mean(0), rows - rows.mean(0))
        rows = rows - condition @ gain
        centre = rows.mean(0)
        shrunk = torch.from_numpy(shrunk_covariance((rows - centre).numpy()))
        size, axes = torch.linalg.eigh(shrunk)
        spread = size.flip(0).clamp(min=1e-8).sqrt()
        if self.q == self.d:  # plain standardisation: splines see the variables themselves
            axes, spread = torch.eye(self.d), rows.std(0).clamp(min=1e-4)
        self.centre.copy_(centre)
        self.gain.copy_(gain)
        self.axes.copy_(axes.T.flip(0) if self.q < self.d else axes)
        self.spread.copy_(spread)
        return super().fit(x, cond, plan)

    def loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Negative log density for each leading axis (nats)."""
        return -self.log_density(x, cond) / self.q

    def log_density(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"]
    ) -> Float[Tensor, " n"]:
        """Exact logarithm of the conditional density (nats).

        Raises:
            ValueError: if rows do not fit the family.
        """
        check_rows(x, cond, self.shape, self.c)
        scores = self.to_axes(x, cond)
        lead, stretch = self.transform(cond).call_and_ladj(scores[:, : self.q])
        z = torch.cat([lead, scores[:, self.q :]], 1)
        base = -0.5 * (z.square().sum(1) + self.d * math.log(2 * math.pi))
        density: Tensor = base + stretch - self.spread.log().sum()
        return density

    def to_noise(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"]
    ) -> Float[Tensor, "n d"]:
        """The standard normal numbers that designs come from; inverse of `from_noise`."""
        scores = self.to_axes(x, cond)
        return torch.cat([self.transform(cond)(scores[:, : self.q]), scores[:, self.q :]], 1)

    def from_noise(
        self, z: Float[Tensor, "n d"], cond: Float[Tensor, "n {self.c}"]
    ) -> Float[Tensor, "n *shape"]:
        """Designs from standard normal numbers; inverse of `to_noise`."""
        lead = self.transform(cond).inv(z[:, : self.q])
        scores = torch.cat([lead, z[:, self.q :]], 1) * self.spread
        return (self.centre + cond @ self.gain + scores @ self.axes).reshape(-1, *self.shape)

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """One design for each row of `cond`; an energy tilts the noise it comes from.

        Raises:
            ValueError: if `cond` has the wrong width or `steer` has a weight.
        """
        check_cond(cond, self.c)
        check_steer(steer, "flow", energy=True)
        z = gaussian(cond.new_empty(len(cond), self.d), rng)
        z = tilt(z, lambda noise: self.from_noise(noise, cond), steer, rng)
        with torch.no_grad():
            return finish(self.from_noise(z, cond), steer)

    def to_axes(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"]
    ) -> Float[Tensor, "n d"]:
        """Coordinates of designs along the axes, in their deviations."""
        return (x.flatten(1) - self.centre - cond @ self.gain) @ self.axes.T / self.spread

    def transform(self, cond: Float[Tensor, "n {self.c}"]) -> zuko.transforms.ComposedTransform:
        """The spline transform of the leading axes under each row of `cond`."""
        return self.flow(cond if self.c else None).transform


def _ridge(cond: Float[Tensor, "n c"], rows: Float[Tensor, "n d"]) -> Float[Tensor, "c d"]:
    """Ridge regression of rows on conditions, with 2 % of the variance of a standardised one."""
    inner = cond.T @ cond
    held = 0.02 * len(cond) * torch.eye(cond.shape[1], dtype=cond.dtype)
    slope: Tensor = torch.linalg.solve(inner + held, cond.T @ rows)
    return slope
