"""The baselines against their definitions, and against scikit-learn."""

import math

import numpy as np
import pytest
import torch
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from torch import Tensor

from ingenium.generators.classical import (
    Bootstrap,
    BootstrapSettings,
    NearestNeighbours,
    NeighbourSettings,
    RandomProposal,
)
from ingenium.generators.copula import GaussianCopula
from ingenium.generators.gaussian_process import GaussianProcess, GaussianProcessSettings
from ingenium.train.plan import Plan

PLAN = Plan()


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def numbered(n: int) -> Tensor:
    """Designs that encode their row."""
    return torch.arange(n, dtype=torch.float32)[:, None].expand(n, 3).clone()


def test_random_keeps_marginals_and_loses_the_rest() -> None:
    x = torch.randn(400, 1, generator=rng()).expand(400, 2) * torch.tensor([1.0, 3.0])
    family = RandomProposal((2,), 1)
    family.fit(x, torch.zeros(400, 1), PLAN)
    y = family.propose(torch.zeros(8000, 1), rng(1))
    assert all(torch.isin(y[:, j], x[:, j]).all() for j in range(2))
    torch.testing.assert_close(y.std(0), x.std(0), rtol=0.05, atol=0)
    assert abs(float(torch.corrcoef(y.T)[0, 1])) < 0.05
    assert float(torch.corrcoef(x.T)[0, 1]) > 0.99


def test_bootstrap_respects_day_type_and_season() -> None:
    n = 400
    kind = (torch.arange(n) % 7 >= 5).float()
    season = torch.arange(n) / n
    cond = torch.stack([kind, season], 1)
    family = Bootstrap((3,), 2, BootstrapSettings(share=0.1))
    family.fit(numbered(n), cond, PLAN)
    assert family.discrete.tolist() == [True, False]
    requested = torch.tensor([[1.0, 0.5]]).expand(2000, 2)
    rows = family.propose(requested, rng())[:, 0].long()
    weekend = kind.nonzero()[:, 0]
    nearest = weekend[(season[weekend] - 0.5).abs().argsort()[: math.ceil(0.1 * len(weekend))]]
    assert set(rows.tolist()) == set(nearest.tolist())


def test_bootstrap_takes_the_nearest_row_where_none_is_equal() -> None:
    kind = torch.arange(40) % 2
    cond = torch.stack([kind.float(), torch.linspace(0, 1, 40)], 1)
    family = Bootstrap((3,), 2)
    family.fit(numbered(40), cond, PLAN)
    requested = torch.tensor([[3.0, 1.0]])
    assert family.propose(requested, rng())[0, 0] == 39


def test_neighbours_are_the_nearest() -> None:
    cond = torch.randn(200, 3, generator=rng()) * torch.tensor([1.0, 100.0, 0.01])
    family = NearestNeighbours((3,), 3, NeighbourSettings(k=4))
    family.fit(numbered(200), cond, PLAN)
    requested = cond[17]
    scaled = (cond - requested) / cond.std(0, correction=0)
    nearest = scaled.square().sum(1).argsort()[:4]
    rows = family.propose(requested.expand(500, 3), rng())[:, 0].long()
    assert set(rows.tolist()) == set(nearest.tolist())


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="share"):
        Bootstrap((3,), 2, BootstrapSettings(share=0.0))
    with pytest.raises(ValueError, match="k:"):
        NearestNeighbours((3,), 2, NeighbourSettings(k=0))


def test_copula_takes_more_variables_than_rows() -> None:
    """One factor drives 1300 skewed variables; 250 rows are enough to recover it."""
    n, d = 250, 1300
    factor = torch.randn(n, 1, generator=rng())
    x = (0.8 * factor + 0.6 * torch.randn(n, d, generator=rng(1))).exp()
    family = GaussianCopula((13, 100), 1)
    cond = factor + 0.5 * torch.randn(n, 1, generator=rng(2))
    family.fit(x.reshape(n, 13, 100), cond, PLAN)
    y = family.propose(cond.repeat(16, 1), rng(4)).flatten(1)
    assert (y.amin(0) >= x.amin(0) - 1e-5).all()
    assert (y.amax(0) <= x.amax(0) + 1e-4).all()
    spread = torch.quantile(y, torch.tensor([0.1, 0.5, 0.9]), dim=0)
    known = torch.quantile(x, torch.tensor([0.1, 0.5, 0.9]), dim=0)
    torch.testing.assert_close(spread.mean(1), known.mean(1), rtol=0.05, atol=0)
    correlation = float(torch.corrcoef(y[:, ::100].log().T).fill_diagonal_(torch.nan).nanmean())
    assert correlation == pytest.approx(0.64, abs=0.06)


def test_copula_of_a_constant_is_that_constant() -> None:
    x = torch.randn(100, 2, generator=rng())
    x[:, 1] = 0.25
    family = GaussianCopula((2,), 1)
    family.fit(x, torch.randn(100, 1, generator=rng(1)), PLAN)
    y = family.propose(torch.randn(50, 1, generator=rng(2)), rng(3))
    assert torch.equal(y[:, 1], torch.full((50,), 0.25))


def test_gaussian_process_agrees_with_scikit_learn() -> None:
    """One variable: the same kernel gives the same predictive mean and deviation."""
    cond = torch.rand(60, 2, generator=rng(), dtype=torch.float64) * 4
    y = (cond[:, :1].sin() + 0.5 * cond[:, 1:]) + 0.1 * torch.randn(60, 1, generator=rng(1))
    family = GaussianProcess((1,), 2)
    family.fit(y.double(), cond, PLAN)
    signal, *length, noise = family.kernel[0].exp().tolist()
    kernel = ConstantKernel(signal, "fixed") * RBF(length, "fixed") + WhiteKernel(noise, "fixed")
    centre, spread = y.mean(), y.std(correction=0)
    scaled = ((cond - cond.mean(0)) / cond.std(0, correction=0)).numpy()
    peer = GaussianProcessRegressor(kernel, alpha=0.0, optimizer=None)
    peer.fit(scaled, ((y - centre) / spread).numpy()[:, 0])
    requested = torch.tensor([[1.0, 2.0]], dtype=torch.float64)
    at = ((requested - cond.mean(0)) / cond.std(0, correction=0)).numpy()
    mean, deviation = peer.predict(at, return_std=True)
    sampled = family.propose(requested.expand(40_000, 2), rng(2))
    assert float(sampled.mean()) == pytest.approx(float(centre + spread * mean[0]), abs=0.003)
    assert float(sampled.std()) == pytest.approx(float(spread * deviation[0]), rel=0.02)
    best = GaussianProcessRegressor(
        ConstantKernel(1.0) * RBF([1.0, 1.0]) + WhiteKernel(0.1),
        n_restarts_optimizer=2,
        random_state=0,
    ).fit(scaled, ((y - centre) / spread).numpy()[:, 0])
    assert peer.log_marginal_likelihood_value_ > best.log_marginal_likelihood_value_ - 0.1


def test_gaussian_process_tunes_on_a_part_of_the_rows_and_knows_all() -> None:
    cond = torch.rand(90, 1, generator=rng()) * 6
    x = torch.cat([cond.sin(), cond.cos()], 1)
    family = GaussianProcess((2,), 1, GaussianProcessSettings(tuned=30))
    family.fit(x, cond, PLAN)
    assert family.factor.shape[-1] == len(family.conditions) == 90
    requested = torch.linspace(0.5, 5.5, 40)[:, None]
    missed = family.propose(requested, rng(1)) - torch.cat([requested.sin(), requested.cos()], 1)
    assert float(missed.abs().mean()) < 0.1


@pytest.mark.slow
def test_gaussian_process_keeps_all_variance() -> None:
    """Trailing components and residual correlation: the spread of proposals is that of designs."""
    mix = torch.randn(6, 6, generator=rng())
    cond = torch.randn(400, 1, generator=rng(1))
    x = torch.randn(400, 6, generator=rng(2)) @ mix + cond.sin() * 2
    family = GaussianProcess((6,), 1, GaussianProcessSettings(components=3))
    family.fit(x, cond, PLAN)
    y = family.propose(cond.repeat(10, 1), rng(3))
    known, got = np.cov(x.numpy().T), np.cov(y.numpy().T)
    assert np.linalg.norm(got - known) / np.linalg.norm(known) < 0.1


def test_copula_keeps_the_spread_of_unrelated_variables() -> None:
    """Shrinkage removes nearly all correlation here, and must preserve variance."""
    x = torch.randn(60, 200, generator=rng())
    family = GaussianCopula((200,), 1)
    family.fit(x, torch.randn(60, 1, generator=rng(1)), PLAN)
    y = family.propose(torch.randn(3000, 1, generator=rng(2)), rng(3))
    assert float(family.shrinkage) > 0.5
    assert float((y.std(0) / x.std(0)).mean()) == pytest.approx(1, abs=0.03)
