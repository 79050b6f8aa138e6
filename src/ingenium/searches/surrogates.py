"""Surrogates of an engine, with bounds from their errors on held-out rows.

Each predicts several outcomes of points: the mean, and an upper bound by the jackknife. A Gaussian
process leaves out one row at a time, in closed form; an ensemble of networks a part of the rows for
each of its members.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from ingenium.core.seeds import block_rng, one_thread
from ingenium.evaluate.gaussian_process import GaussianRegression
from ingenium.trust.conformal import jackknife_upper

Table = Float[np.ndarray, "n k"]


class Surrogate(Protocol):
    """Interface of models fitted to some rows."""

    def expected(self, x: Float[np.ndarray, "n m"], miscoverage: float) -> tuple[Table, Table]:
        """Return mean and upper bound of each outcome; `miscoverage` is the miscoverage rate."""
        ...


Fit = Callable[[np.ndarray, np.ndarray, int], Surrogate]  # points, outcomes, seed


def one_outcome(x: Float[np.ndarray, "r m"], y: Float[np.ndarray, " r"]) -> GaussianRegression:
    """Fit a process to one outcome; lengths and noise maximise the likelihood."""
    from ingenium.evaluate.kernels import smooth

    lengths = np.full(x.shape[1], 0.5 * np.sqrt(x.shape[1]))
    within = (1e-2, 1e2)
    kernel = smooth(lengths, 1e-4, within=within, level=within, noise_within=(1e-8, 1.0))
    return GaussianRegression.of(x, y, kernel)


@dataclass(frozen=True)
class OutcomeProcesses:
    """A Gaussian process for each outcome."""

    parts: tuple[GaussianRegression, ...]

    def expected(self, x: Float[np.ndarray, "n m"], miscoverage: float) -> tuple[Table, Table]:
        """Return means and the bounds of the jackknife."""
        left = [part.without(x) for part in self.parts]
        without = np.stack([one for one, _ in left], 2)
        residual = np.stack([own for _, own in left], 1)
        mean = np.stack([part.mean(x) for part in self.parts], 1)
        return mean, jackknife_upper(without, residual, miscoverage)


def process(x: np.ndarray, y: np.ndarray, seed: int) -> OutcomeProcesses:
    """Fit a process to each outcome."""
    return OutcomeProcesses(tuple(one_outcome(x, column) for column in y.T))


@dataclass(frozen=True)
class EnsembleSettings:
    """Settings of an ensemble of networks."""

    members: int = 5
    width: int = 64
    steps: int = 250
    rate: float = 0.01
    decay: float = 1e-3
    batch: int = 256  # rows of a step, at most


class Networks(nn.Module):
    """Members of an ensemble: two hidden layers each, with different initial weights.

    Shapes: e members, n rows, m numbers, k outcomes.
    """

    def __init__(self, members: int, sizes: tuple[int, ...], rng: torch.Generator) -> None:
        super().__init__()
        self.weights = nn.ParameterList()
        self.biases = nn.ParameterList()
        for before, after in pairwise(sizes):
            first = torch.randn(members, before, after, generator=rng, dtype=torch.float64)
            self.weights.append(nn.Parameter(first / before**0.5))
            self.biases.append(nn.Parameter(torch.zeros(members, 1, after, dtype=torch.float64)))

    def forward(self, x: Float[Tensor, "n m"]) -> Float[Tensor, "e n k"]:
        """Return the prediction of each member for each row."""
        found = x.expand(len(self.weights[0]), *x.shape)
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            found = found @ weight + bias
            if i < len(self.weights) - 1:
                found = nn.functional.silu(found)
        return found


@dataclass(frozen=True)
class Ensemble:
    """Networks, each fitted without another part of the rows; the prediction is their mean.

    Shapes: e members, n new rows, r known rows, k outcomes.
    Source: Lakshminarayanan, Pritzel and Blundell, NeurIPS 2017, arXiv:1612.01474 (ensembles);
        Barber et al., 2021, section 3 (CV+: a part of the rows for each member).
    """

    networks: nn.Module  # from rows to the predictions of each member
    middle: Float[np.ndarray, " k"]
    scale: Float[np.ndarray, " k"]
    member: np.ndarray  # which one left out each known row
    residual: Float[np.ndarray, "r k"]

    def members(self, x: Float[np.ndarray, "n m"]) -> Float[np.ndarray, "e n k"]:
        """Return the prediction of each member."""
        with torch.no_grad(), one_thread():
            found: np.ndarray = self.networks(torch.from_numpy(x)).numpy()
        each: np.ndarray = self.middle + self.scale * found
        return each

    def expected(self, x: Float[np.ndarray, "n m"], miscoverage: float) -> tuple[Table, Table]:
        """Return means and the bounds of cross-validation."""
        each = self.members(x)
        without = each[self.member].transpose(1, 0, 2)
        return each.mean(0), jackknife_upper(without, self.residual, miscoverage)


def ensemble(
    x: np.ndarray, y: np.ndarray, seed: int, settings: EnsembleSettings = EnsembleSettings()
) -> Ensemble:
    """Fit networks to all outcomes, each without a part of the rows."""

    def begun(rng: torch.Generator) -> nn.Module:
        sizes = (x.shape[1], settings.width, settings.width, y.shape[1])
        return Networks(settings.members, sizes, rng)

    return cross_fitted(begun, x, y, seed, settings)


def cross_fitted(
    begun: Callable[[torch.Generator], nn.Module],
    x: np.ndarray,
    y: np.ndarray,
    seed: int,
    how: EnsembleSettings,
) -> Ensemble:
    """Train members from their initial weights, each on all rows but its own part."""
    rng = block_rng(seed, len(x), "ensemble")
    middle, scale = y.mean(0), np.where(y.std(0) > 0, y.std(0), 1.0)
    member = torch.randperm(len(x), generator=rng).numpy() % how.members
    networks = begun(rng)
    rows, wanted = torch.from_numpy(x), torch.from_numpy((y - middle) / scale)
    seen = torch.from_numpy(member[None] != np.arange(how.members)[:, None])[:, :, None]
    optimiser = torch.optim.AdamW(networks.parameters(), lr=how.rate, weight_decay=how.decay)
    fading = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, how.steps)
    with one_thread():
        for _ in range(how.steps):
            at = slice(None) if len(x) <= how.batch else _drawn(len(x), how.batch, rng)
            optimiser.zero_grad()
            loss = ((networks(rows[at]) - wanted[at]).square() * seen[:, at]).sum()
            loss = loss / seen[:, at].sum()
            loss.backward()
            optimiser.step()
            fading.step()
    fitted = Ensemble(networks, middle, scale, member, y)
    own = fitted.members(x)[member, np.arange(len(x))]
    return Ensemble(networks, middle, scale, member, y - own)


def _drawn(n: int, few: int, rng: torch.Generator) -> Tensor:
    return torch.randperm(n, generator=rng)[:few]
