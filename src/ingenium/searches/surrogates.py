"""Models of what an engine measures, with bounds by what they expect of rows they did not see.

Each learns several outcomes of points. It gives a mean of each, and what each hardly exceeds by
the jackknife: a Gaussian process leaves out one row at a time, in closed form; an ensemble of
networks a part of the rows for each of its members.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from ingenium.core.seeds import block_rng, one_thread
from ingenium.searches.packages import package
from ingenium.trust.conformal import jackknife_upper

Table = Float[np.ndarray, "n k"]


class Surrogate(Protocol):
    """What was learned from some rows."""

    def expected(self, x: Float[np.ndarray, "n m"], doubt: float) -> tuple[Table, Table]:
        """Mean of each outcome, and what it hardly exceeds."""
        ...


Fit = Callable[[np.ndarray, np.ndarray, int], Surrogate]  # points, outcomes, seed


@dataclass(frozen=True)
class OutcomeProcess:
    """A Gaussian process of one outcome, in its units.

    Shapes: n new rows, r known rows, m numbers.
    Source: Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, sections 2.2
        and 5.4.2 (rows left out, in closed form).
    """

    model: Any  # fitted, of scikit-learn
    middle: float
    scale: float
    inverse: Float[np.ndarray, "r r"]  # of the covariance of known rows, with noise

    @classmethod
    def of(cls, x: Float[np.ndarray, "r m"], y: Float[np.ndarray, " r"]) -> "OutcomeProcess":
        """The process whose lengths and noise make the rows most likely."""
        middle, scale = float(y.mean()), float(y.std()) or 1.0
        process, kernels = (
            package("sklearn.gaussian_process"),
            package("sklearn.gaussian_process.kernels"),
        )
        lengths = kernels.Matern(
            np.full(x.shape[1], 0.5 * np.sqrt(x.shape[1])), (1e-2, 1e2), nu=2.5
        )
        scaled = kernels.ConstantKernel(1.0, (1e-2, 1e2)) * lengths
        kernel = scaled + kernels.WhiteKernel(1e-4, (1e-8, 1.0))
        model = process.GaussianProcessRegressor(kernel, alpha=1e-10, random_state=0)
        with warnings.catch_warnings():  # lengths at their bounds are numbers without effect
            warnings.simplefilter("ignore", package("sklearn.exceptions").ConvergenceWarning)
            model.fit(x, (y - middle) / scale)
        root = np.linalg.inv(model.L_)
        return cls(model, middle, scale, root.T @ root)

    def mean(self, x: Float[np.ndarray, "n m"]) -> Float[np.ndarray, " n"]:
        """Of new rows."""
        found: np.ndarray = self.middle + self.scale * self.model.predict(x)
        return found

    def moments(
        self, x: Float[np.ndarray, "n m"]
    ) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
        """Mean and variance of new rows, noise left out."""
        mean, spread = self.model.predict(x, return_std=True)
        noise = self.model.kernel_.k2.noise_level
        clear = np.maximum(spread**2 - noise, 0.0)
        return self.middle + self.scale * mean, self.scale**2 * clear

    def without(
        self, x: Float[np.ndarray, "n m"]
    ) -> tuple[Float[np.ndarray, "n r"], Float[np.ndarray, " r"]]:
        """Means of new rows by the process without each known row, and what that one missed by."""
        missed = self.model.alpha_ / np.diag(self.inverse)
        weight = self.model.kernel_(x, self.model.X_train_) @ self.inverse
        return self.mean(x)[:, None] - self.scale * weight * missed, self.scale * missed


@dataclass(frozen=True)
class OutcomeProcesses:
    """A Gaussian process for each outcome."""

    parts: tuple[OutcomeProcess, ...]

    def expected(self, x: Float[np.ndarray, "n m"], doubt: float) -> tuple[Table, Table]:
        """Mean, and the bound of the jackknife."""
        left = [part.without(x) for part in self.parts]
        without = np.stack([one for one, _ in left], 2)
        residual = np.stack([own for _, own in left], 1)
        mean = np.stack([part.mean(x) for part in self.parts], 1)
        return mean, jackknife_upper(without, residual, doubt)


def process(x: np.ndarray, y: np.ndarray, seed: int) -> OutcomeProcesses:
    """Fit a process to each outcome."""
    return OutcomeProcesses(tuple(OutcomeProcess.of(x, column) for column in y.T))


@dataclass(frozen=True)
class EnsembleSettings:
    """Of the networks."""

    members: int = 5
    width: int = 64
    steps: int = 250
    rate: float = 0.01
    decay: float = 1e-3
    batch: int = 256  # rows of a step, at most


class Networks(nn.Module):
    """Members side by side: two hidden layers each, with first weights of their own.

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
        """What each member makes of each row."""
        found = x.expand(len(self.weights[0]), *x.shape)
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            found = found @ weight + bias
            if i < len(self.weights) - 1:
                found = nn.functional.silu(found)
        return found


@dataclass(frozen=True)
class Ensemble:
    """Networks, each of which left out another part of the rows; their mean is the forecast.

    Shapes: e members, n new rows, r known rows, k outcomes.
    Source: Lakshminarayanan, Pritzel and Blundell, NeurIPS 2017, arXiv:1612.01474 (ensembles);
        Barber et al., 2021, section 3 (CV+: a part of the rows for each member).
    """

    networks: nn.Module  # from rows to what each member makes of them
    middle: Float[np.ndarray, " k"]
    scale: Float[np.ndarray, " k"]
    member: np.ndarray  # which one left out each known row
    residual: Float[np.ndarray, "r k"]

    def members(self, x: Float[np.ndarray, "n m"]) -> Float[np.ndarray, "e n k"]:
        """Forecast of each member."""
        with torch.no_grad(), one_thread():
            found: np.ndarray = self.networks(torch.from_numpy(x)).numpy()
        each: np.ndarray = self.middle + self.scale * found
        return each

    def expected(self, x: Float[np.ndarray, "n m"], doubt: float) -> tuple[Table, Table]:
        """Mean, and the bound of cross-validation."""
        each = self.members(x)
        without = each[self.member].transpose(1, 0, 2)
        return each.mean(0), jackknife_upper(without, self.residual, doubt)


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
    """Members from their first weights to where each knows all rows but its own part."""
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
