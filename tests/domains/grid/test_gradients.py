"""Gradients of measured extremes against finite differences, and their smoothing."""

import math

import pytest
import torch
from nets import oddities, two_buses

from ingenium.core.errors import InputError
from ingenium.domains.grid.feeder.gradients import SOFTNESS, FeederGradient
from ingenium.domains.grid.feeder.network import network_of
from ingenium.domains.grid.feeder.verifier import FeederVerifier


@pytest.fixture(scope="module")
def verifier() -> FeederVerifier:
    return FeederVerifier.of(network_of("oddities", oddities(), cases=1))


def _days(n: int, t: int) -> list[torch.Tensor]:
    rng = torch.Generator().manual_seed(1)
    return [
        torch.rand(n, k, t, generator=rng, dtype=torch.float64).add(0.2).requires_grad_()
        for k in (1, 1, 2)
    ]


@pytest.mark.parametrize("quantity", SOFTNESS)
def test_gradients_are_those_of_finite_differences(verifier: FeederVerifier, quantity: str) -> None:
    days = _days(2, 5)
    soft = FeederGradient(verifier, worst_steps=5).measurement(quantity)
    assert torch.autograd.gradcheck(soft, days, eps=1e-5, atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("quantity", SOFTNESS)
def test_soft_extremes_enclose_the_true_ones(verifier: FeederVerifier, quantity: str) -> None:
    days = _days(4, 20)
    soft = FeederGradient(verifier).measurement(quantity)(*days).detach()
    names = [q.name for q in verifier.quantities]
    true = verifier.measure(*(x.detach() for x in days))[:, names.index(quantity)]
    beyond = true - soft if quantity == "min_voltage" else soft - true
    assert (beyond >= -1e-9).all()
    assert (beyond <= SOFTNESS[quantity] * math.log(6 * 8)).all()


def test_a_step_against_the_gradient_raises_the_lowest_voltage(verifier: FeederVerifier) -> None:
    days = _days(8, 24)
    soft = FeederGradient(verifier).measurement("min_voltage")
    before = soft(*days)
    before.sum().backward()
    after = soft(*(x.detach() + 0.1 * x.grad / x.grad.norm() for x in days))
    assert (after > before).all()


def test_a_day_without_a_solution_has_no_gradient(verifier: FeederVerifier) -> None:
    p, q, g = _days(3, 4)
    with torch.no_grad():
        p[1, :, 2] = 1e5
    soft = FeederGradient(verifier).measurement("max_line_loading")(p, q, g)
    assert soft.isnan().tolist() == [False, True, False]
    soft[[0, 2]].sum().backward()
    assert p.grad is not None
    assert p.grad.isfinite().all()
    assert (p.grad[1] == 0).all()


def test_what_has_no_gradient_is_told(verifier: FeederVerifier) -> None:
    with pytest.raises(InputError, match="min_voltage"):
        FeederGradient(verifier).measurement("min_volt")
    small = FeederVerifier.of(network_of("two", two_buses(), cases=1))
    with pytest.raises(InputError, match="no transformers"):
        FeederGradient(small).measurement("max_trafo_loading")
