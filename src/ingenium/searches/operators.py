"""A neural operator as a screen: it predicts the engine's values from a field on a grid.

Its input is the whole field of a design, such as cells, parts or coefficients of an equation, where
other screens get a few principal components.

Shapes: n designs, m numbers of a row, e members, k outcomes, w channels.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from torch import Tensor, nn

from ingenium.core.errors import InputError
from ingenium.core.problem import Problem
from ingenium.core.spec import Spec
from ingenium.generators.fourier import POINTWISE, FourierLayer
from ingenium.searches.space import acting
from ingenium.searches.surrogates import Ensemble, EnsembleSettings, cross_fitted

FINEST = (64, 16, 8)  # points a side that it sees, by the number of axes
LEAST = 4  # points a side of a grid
HOW = EnsembleSettings(members=3, width=8, steps=100, rate=0.02, decay=1e-3, batch=48)
MODES, LAYERS = 4, 2
POOLS: tuple[Callable[..., Tensor], ...] = (
    nn.functional.adaptive_avg_pool1d,
    nn.functional.adaptive_avg_pool2d,
    nn.functional.adaptive_avg_pool3d,
)  # by the number of axes


@dataclass(frozen=True)
class GridRows:
    """Designs of one problem as rows: their fields on a coarse grid, and conditions.

    Conditions are those with a range in the spec that act on a design.
    """

    problem: Problem
    spec: Spec  # resolved

    def __post_init__(self) -> None:
        shape = self.problem.codec.shape
        if not 2 <= len(shape) <= 1 + len(FINEST) or min(shape[1:]) < LEAST:
            raise InputError(
                f"a problem whose designs are fields, on a grid of at least {LEAST} points a side",
                f"{self.problem.name}, whose designs have the shape {tuple(shape)}",
                "Write --screen ensemble.",
            )

    @property
    def shape(self) -> tuple[int, ...]:
        """Channels and grid of a row, without its conditions."""
        channels, *grid = self.problem.codec.shape
        return (channels, *(min(n, FINEST[len(grid) - 1]) for n in grid))

    def points(self, designs: xr.Dataset) -> Float[np.ndarray, "n m"]:
        """Return standardised coarse fields, followed by conditions."""
        x = self.problem.encode(designs).to(torch.float64)
        channels, *grid = self.shape
        small = _coarse(x, grid).reshape(len(x), channels * prod(grid))
        outer = [designs[name].to_numpy()[:, None] for name in acting(self.problem, self.spec)]
        return np.concatenate([small.numpy(), *outer], 1)

    def fit(self, x: np.ndarray, y: np.ndarray, seed: int) -> Ensemble:
        """Fit operators to all outcomes, each without a part of the rows."""
        free = x[:, prod(self.shape) :]
        middle, spread = free.mean(0), np.where(free.std(0) > 0, free.std(0), 1.0)

        def begun(rng: torch.Generator) -> nn.Module:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(int(torch.randint(2**31, (1,), generator=rng)))
                own = [PooledOperator(self.shape, (middle, spread), y.shape[1])
                       for _ in range(HOW.members)]  # fmt: skip
            return OperatorMembers(own)

        return cross_fitted(begun, x, y, seed, HOW)


def _coarse(x: Float[Tensor, "n c *grid"], grid: Sequence[int]) -> Float[Tensor, "n c *coarse"]:
    """Means over blocks of cells."""
    found: Tensor = POOLS[len(grid) - 1](x, tuple(grid))
    return found


class PooledOperator(nn.Module):
    """Fourier neural operator whose output field is averaged and mapped to outcomes."""

    middle: Tensor
    spread: Tensor

    def __init__(
        self, shape: tuple[int, ...], free: tuple[np.ndarray, np.ndarray], outcomes: int
    ) -> None:
        super().__init__()
        self.shape, axes, w = shape, len(shape) - 1, HOW.width
        for name, values in zip(("middle", "spread"), free, strict=True):
            self.register_buffer(name, torch.from_numpy(values).float())
        modes = min(MODES, min(shape[1:]) // 2)
        self.lift = POINTWISE[axes - 1](shape[0] + len(free[0]), w, 1)
        self.layers = nn.ModuleList(FourierLayer(w, modes, axes) for _ in range(LAYERS))
        self.end = nn.Sequential(nn.Linear(2 * w, 2 * w), nn.GELU(), nn.Linear(2 * w, outcomes))

    def forward(self, rows: Float[Tensor, "n m"]) -> Float[Tensor, "n k"]:
        """Return outcomes, in their standard deviations."""
        field = rows[:, : prod(self.shape)].reshape(-1, *self.shape)
        free = (rows[:, prod(self.shape) :] - self.middle) / self.spread
        grid = self.shape[1:]
        reported = free.reshape(*free.shape, *[1] * len(grid)).expand(*free.shape, *grid)
        x = self.lift(torch.cat([field, reported], 1))
        for layer in self.layers:
            x = nn.functional.gelu(layer(x))
        flat = x.flatten(2)
        found: Tensor = self.end(torch.cat([flat.mean(2), flat.square().mean(2)], 1))
        return found


class OperatorMembers(nn.Module):
    """Ensemble whose members all predict all rows."""

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, rows: Float[Tensor, "n m"]) -> Float[Tensor, "e n k"]:
        """Return the outcomes of each member, computed in single precision, as doubles."""
        return torch.stack([member(rows.float()) for member in self.members]).double()
