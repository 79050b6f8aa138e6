"""Densities and inverses against closed forms, integrals and the library of distributions."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

from ingenium.generators.autoregressive import (
    Autoregressive,
    AutoregressiveSettings,
    mixture_log_density,
    unwhiten,
)
from ingenium.generators.energy import EnergyModel, EnergySettings
from ingenium.generators.flow import Flow, FlowSettings
from ingenium.generators.model import HasDensity, Model
from ingenium.generators.vae import VAE, VAESettings
from ingenium.train.plan import Plan

COND = torch.tensor([[0.8, -0.4]])


def bent(n: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Plane designs that are not Gaussian: a bow that moves with the conditions."""
    rng = torch.Generator().manual_seed(seed)
    cond = torch.randn(n, 2, generator=rng)
    first = cond[:, 0] * 0.5 + torch.randn(n, generator=rng)
    second = 0.5 * first.square() - 0.5 + 0.4 * torch.randn(n, generator=rng)
    return torch.stack([first, second], 1), cond


def integral(model: HasDensity, shape: tuple[int, ...], points: int = 321) -> float:
    """Integral of the density over the plane, by the rectangle rule."""
    axis = torch.linspace(-7, 9, points)
    grid = torch.cartesian_prod(axis, axis).reshape(-1, *shape)
    with torch.no_grad():
        density = model.log_density(grid, COND.expand(len(grid), 2)).double().exp()
    return float(density.sum() * (axis[1] - axis[0]) ** 2)


MADE = {
    "flow": lambda shape: Flow(shape, 2, FlowSettings(transforms=2, width=32)),
    "axes": lambda shape: Flow(shape, 2, FlowSettings(leading=1, transforms=1, width=32)),
    "autoregressive": lambda shape: Autoregressive(shape, 2, AutoregressiveSettings(width=32)),
}


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("shape", [(2,), (2, 1), (1, 2)], ids=["vector", "channels", "steps"])
def test_density_integrates_to_one(name: str, shape: tuple[int, ...]) -> None:
    model = MADE[name](shape)
    assert isinstance(model, HasDensity)
    x, cond = bent(400)
    model.fit(x.reshape(-1, *shape), cond, Plan(steps=80, ema_decay=0.9))
    assert integral(model, shape) == pytest.approx(1, abs=0.01)


@pytest.mark.slow
def test_bound_of_the_autoencoder_stays_below_the_density() -> None:
    model = VAE((2,), 2, VAESettings(latent=2, width=32, depth=2))
    model.fit(*bent(1000), Plan(steps=300, ema_decay=0.95))
    assert 0.9 < integral(model, (2,), 121) < 1.01


def test_steps_agree_with_the_library_of_distributions() -> None:
    rng = torch.Generator().manual_seed(0)
    n, t, k, p, r = 4, 3, 5, 6, 2

    def normal(*size: int) -> Tensor:
        return torch.randn(size, generator=rng, dtype=torch.float64)

    x, mean, u, v = normal(n, t, p), normal(n, t, k, p), normal(n, t, p, r), normal(n, t, p, r)
    deviation, weight = 0.1 + normal(n, t, k, p).abs(), normal(n, t, k).log_softmax(-1)
    lower = (u @ v.mT).tril(-1) + torch.eye(p, dtype=torch.float64)
    precision = lower.mT[:, :, None] @ deviation.square().reciprocal().diag_embed()
    precision = precision @ lower[:, :, None]
    parts = MultivariateNormal(mean, precision_matrix=(precision + precision.mT) / 2)
    known = MixtureSameFamily(Categorical(logits=weight), parts)
    torch.testing.assert_close(
        mixture_log_density(x, weight, mean, deviation, u, v), known.log_prob(x)
    )
    eps = normal(n, p)
    torch.testing.assert_close(
        (lower[:, 0] @ unwhiten(eps, u[:, 0], v[:, 0])[..., None])[..., 0], eps
    )


def test_density_of_a_proposal_is_the_one_it_was_drawn_from() -> None:
    """Entropy from proposals equals entropy from the integral, which proposals cannot fake."""
    model = Autoregressive((2, 1), 2, AutoregressiveSettings(width=32))
    model.fit(
        *[q.reshape(-1, *s) for q, s in zip(bent(500), [(2, 1), (2,)], strict=True)],
        Plan(steps=150, ema_decay=0.9),
    )
    cond = COND.expand(20_000, 2)
    with torch.no_grad():
        sampled = model.log_density(model.propose(cond, torch.Generator().manual_seed(0)), cond)
        axis = torch.linspace(-7, 9, 321)
        grid = torch.cartesian_prod(axis, axis).reshape(-1, 2, 1)
        log = model.log_density(grid, COND.expand(len(grid), 2)).double()
    whole = float((log.exp() * log).sum() * (axis[1] - axis[0]) ** 2)
    assert float(sampled.mean()) == pytest.approx(whole, abs=0.03)


@pytest.mark.parametrize("leading", [2, 6], ids=["axes", "whole"])
def test_flow_without_bends_is_gaussian(leading: int) -> None:
    """All weights zero make every spline the identity, and the flow a plain normal."""
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(200, 6, generator=rng) @ torch.randn(6, 6, generator=rng)
    model = Flow((6,), 1, FlowSettings(leading=leading, width=16)).double()
    model.fit(x, torch.randn(200, 1, generator=rng), Plan(steps=1))
    for parameter in model.parameters():
        torch.nn.init.zeros_(parameter)
    spread = model.axes.T @ model.spread.square().diag() @ model.axes
    cond = torch.zeros(20, 1, dtype=torch.float64)
    known = MultivariateNormal(model.centre, spread).log_prob(x[:20].double())
    if leading == 2:  # at noise below 5 deviations, where splines end
        assert model.to_axes(x[:20].double(), cond).abs().max() < 5
    cond = torch.zeros(20, 1, dtype=torch.float64)
    torch.testing.assert_close(model.log_density(x[:20].double(), cond), known)


@pytest.mark.parametrize(
    ("shape", "leading"), [((4,), 64), ((20,), 64), ((3, 8), 10)], ids=["small", "coupled", "axes"]
)
def test_flow_turns_back_exactly(shape: tuple[int, ...], leading: int) -> None:
    """Row 27.1: to 1e-6 in double precision, from either side, with splines far from flat."""
    rng = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    model = Flow(shape, 2, FlowSettings(leading=leading, width=32)).double()
    x = torch.randn(300, *shape, generator=rng, dtype=torch.float64)
    cond = torch.randn(300, 2, generator=rng, dtype=torch.float64)
    model.fit(x + 0.3 * x.square(), cond, Plan(steps=30))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=rng))
        z = 2 * torch.randn(300, model.d, generator=rng, dtype=torch.float64)
        there = model.from_noise(z, cond)
        assert (model.to_noise(there, cond) - z).abs().max() < 1e-6
        assert (model.from_noise(model.to_noise(x, cond), cond) - x).abs().max() < 1e-6
        assert (there - model.from_noise(z, cond + 1)).abs().max() > 0.1


def test_flow_density_is_the_volume_it_makes() -> None:
    """Log density equals that of the noise plus the log determinant of an explicit Jacobian."""
    rng = torch.Generator().manual_seed(0)
    model = Flow((3, 2), 2, FlowSettings(leading=4, width=16)).double()
    x = torch.randn(100, 3, 2, generator=rng, dtype=torch.float64)
    cond = torch.randn(100, 2, generator=rng, dtype=torch.float64)
    model.fit(x * torch.tensor([0.1, 3.0]), cond, Plan(steps=30))
    row, requested = x[:1], cond[:1]
    jacobian = torch.autograd.functional.jacobian(lambda q: model.to_noise(q, requested)[0], row)
    z = model.to_noise(row, requested)
    known = -0.5 * (z.square().sum() + 6 * math.log(2 * math.pi))
    known = known + torch.linalg.slogdet(jacobian.reshape(6, 6))[1]
    torch.testing.assert_close(model.log_density(row, requested)[0], known)


@pytest.mark.slow
def test_energy_ranks_designs_as_the_density_does() -> None:
    """Under one condition, differences of the learned log density follow the true ones."""
    rng = torch.Generator().manual_seed(1)
    cond = torch.randn(2000, 1, generator=rng)
    x = 0.6 * cond + 0.5 * torch.randn(2000, 2, generator=rng)
    torch.manual_seed(0)
    model = EnergyModel((2,), 1, EnergySettings(width=32, depth=2, least=0.1, level_mean=-1.0))
    model.fit(x, cond, Plan(steps=400, batch=128, ema_decay=0.98))
    near = 0.6 + 0.5 * torch.randn(300, 2, generator=rng)
    learned = model.unnormalised_log_density(near, torch.ones(300, 1))
    known = -0.5 * (near - 0.6).square().sum(1) / (0.5**2 + 0.1**2)
    slope = torch.cov(torch.stack([known, learned]))
    assert float(slope[0, 1] / slope[0, 0]) == pytest.approx(1, abs=0.3)
    assert float(torch.corrcoef(torch.stack([known, learned]))[0, 1]) > 0.93
    assert isinstance(model, Model)
    assert not isinstance(model, HasDensity)
