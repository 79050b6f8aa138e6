"""Projections against a quadratic programme, brute force and their optimality conditions."""

import itertools

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from torch import Tensor

from ingenium.sampling.constraints import (
    Box,
    ConstraintError,
    FixedSum,
    FixedZero,
    Together,
    project_sum,
    standardised,
)

EPS = torch.finfo(torch.float64).eps


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_simplex_by_brute_force_over_active_sets() -> None:
    """The nearest point is the best over all sets of elements that are zero."""
    v = normal(50, 5)
    total = torch.full((50,), 1.3, dtype=torch.float64)
    got = Together((Box(), FixedSum(total, torch.ones(5, dtype=torch.bool)))).project(v)
    best = torch.full((50,), torch.inf, dtype=torch.float64)
    for r in range(1, 6):
        for free in itertools.combinations(range(5), r):
            x = torch.zeros_like(v)
            part = v[:, free]
            x[:, free] = part + ((1.3 - part.sum(-1)) / r)[:, None]
            far = (x - v).square().sum(-1).masked_fill((x < -1e-12).any(-1), torch.inf)
            best = torch.minimum(best, far)
    torch.testing.assert_close((got - v).square().sum(-1), best, atol=1e-12, rtol=1e-12)


def test_bounds_weights_and_total_against_scipy() -> None:
    rng = np.random.default_rng(0)
    for _ in range(10):
        q = 6
        v, lower = rng.normal(size=q), -rng.random(q)
        upper, weight = rng.random(q), rng.random(q) + 0.2
        total = rng.uniform(0.8 * (lower @ weight), 0.8 * (upper @ weight))
        args = [torch.tensor(a)[None] for a in (v, lower, upper)]
        got = project_sum(*args, torch.tensor(weight), torch.tensor([total]))[0]
        answer = minimize(
            lambda x, v=v: ((x - v) ** 2).sum(),
            np.clip(v, lower, upper),
            jac=lambda x, v=v: 2 * (x - v),
            bounds=list(zip(lower, upper, strict=True)),
            constraints={"type": "eq", "fun": lambda x, w=weight, t=total: w @ x - t},
            method="SLSQP",
            options={"ftol": 1e-14, "maxiter": 500},
        )
        np.testing.assert_allclose(got.numpy(), answer.x, atol=1e-6)


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize("q", [1, 2, 96, 1248])
def test_large_batches_hold_to_rounding_and_are_optimal(q: int, scale: float) -> None:
    v = normal(200, q, seed=q)
    v[::7] = v[::7].round()  # many equal kinks
    v *= scale
    lower = -normal(200, q, seed=1).abs() * scale
    upper = normal(200, q, seed=2).abs() * scale
    lower[:, ::5], upper[:, ::5] = 0.0, 0.0
    lower[:, 1::9], upper[:, 2::9] = -torch.inf, torch.inf
    weight = normal(q, seed=3).abs() + 0.1
    share = torch.rand(200, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    low, high = lower.clamp_min(-3 * scale), upper.clamp_max(3 * scale)
    total = share * (low @ weight) + (1 - share) * (high @ weight)
    x = project_sum(v, lower, upper, weight, total)
    assert ((x >= lower) & (x <= upper)).all()
    size = x.abs() @ weight + total.abs()
    assert ((x @ weight - total).abs() <= 4 * EPS * q**0.5 * size + 1e-300).all()
    # Optimality: one multiplier a row explains all elements away from their bounds.
    tau = (v - x) / weight
    inside = (x > lower) & (x < upper)
    most = tau.masked_fill(~inside, -torch.inf).amax(-1)
    least = tau.masked_fill(~inside, torch.inf).amin(-1)
    some = inside.any(-1)
    assert ((most - least)[some] <= 1e-9 * scale).all()
    at_lower = (x == lower) & (lower < upper) & some[:, None]
    at_upper = (x == upper) & (lower < upper) & some[:, None]
    assert (tau.masked_fill(~at_lower, -torch.inf) <= least[:, None] + 1e-9 * scale).all()
    assert (tau.masked_fill(~at_upper, torch.inf) >= most[:, None] - 1e-9 * scale).all()


def day() -> tuple[Together, Tensor, Tensor]:
    """Two loads with energies of their own, non-negative; PV dark for half the day."""
    shape = (3, 96)
    dark = torch.zeros(shape, dtype=torch.bool)
    dark[2, :30], dark[2, 70:] = True, True
    rows = [torch.zeros(shape, dtype=torch.bool) for _ in range(3)]
    for i in range(3):
        rows[i][i] = True
    energy = normal(40, 3, seed=9).abs() * 10 + 1
    parts = (
        Box(0.0, 8.0),
        FixedZero(dark),
        *(FixedSum(energy[:, i], rows[i], weight=0.25) for i in range(3)),
    )
    return Together(parts), energy, dark


def test_a_day_meets_everything_at_once() -> None:
    constraint, energy, dark = day()
    x = constraint.project(normal(40, 3, 96).float())
    assert x.dtype == torch.float64
    assert (x[:, dark] == 0).all()
    assert ((x >= 0) & (x <= 8)).all()
    assert ((0.25 * x.sum(-1) - energy).abs() <= 96 * EPS * energy).all()


def test_projection_is_idempotent_nonexpansive_and_row_by_row() -> None:
    constraint, _, _ = day()
    a, b = normal(40, 3, 96), normal(40, 3, 96, seed=1)
    pa, pb = constraint.project(a), constraint.project(b)
    torch.testing.assert_close(constraint.project(pa), pa, atol=1e-13, rtol=0)
    assert ((pa - pb).flatten(1).norm(dim=1) <= (a - b).flatten(1).norm(dim=1) + 1e-12).all()
    order = torch.randperm(40, generator=torch.Generator().manual_seed(0))
    moved = Together(
        tuple(
            FixedSum(p.total[order], p.group, p.weight) if isinstance(p, FixedSum) else p
            for p in constraint.parts
        )
    )
    assert torch.equal(moved.project(a[order]), pa[order])


def test_each_constraint_alone() -> None:
    x = normal(4, 6)
    mask = torch.tensor([True, False] * 3)
    assert torch.equal(Box(-0.1, 0.2).project(x), x.clamp(-0.1, 0.2))
    assert torch.equal(FixedZero(mask).project(x), x.masked_fill(mask, 0))
    shifted = FixedSum(2.0, mask).project(x)
    expected = x.clone()
    expected[:, mask] += ((2.0 - x[:, mask].sum(-1)) / 3)[:, None]
    torch.testing.assert_close(shifted, expected)


def test_edges_of_what_can_be_met() -> None:
    group = torch.ones(4, dtype=torch.bool)
    v = normal(3, 4)
    assert torch.equal(Together((Box(), FixedSum(0.0, group))).project(v), torch.zeros_like(v))
    full = Together((Box(0.0, 0.1), FixedSum(0.1 + 0.1 + 0.1 + 0.1, group))).project(v)
    torch.testing.assert_close(full, torch.full_like(v, 0.1), atol=1e-16, rtol=0)


def test_what_cannot_be_met_is_refused() -> None:
    group = torch.ones(4, dtype=torch.bool)
    v = normal(3, 4)
    with pytest.raises(ConstraintError, match=r"between 0 and 4.* got 5 in row 0"):
        Together((Box(0.0, 1.0), FixedSum(5.0, group))).project(v)
    with pytest.raises(ConstraintError, match="total"):
        Together((Box(), FixedSum(torch.tensor([1.0, -1.0, torch.nan]), group))).project(v)
    with pytest.raises(ConstraintError, match="overlap"):
        Together((FixedSum(1.0, group), FixedSum(2.0, group)))
    with pytest.raises(ConstraintError, match="positive"):
        Together((FixedSum(1.0, group, weight=0.0),))
    with pytest.raises(ConstraintError, match="lower"):
        Together((Box(1.0, 0.0),)).project(v)
    with pytest.raises(ConstraintError, match="lower"):
        Together((Box(0.5, 1.0), FixedZero(group))).project(v)


def test_standardised_projection_is_the_physical_one() -> None:
    constraint, energy, dark = day()
    mean, scale = normal(3, 1).abs(), normal(3, 1, seed=2).abs() + 0.5
    z = normal(40, 3, 96, seed=3).float()
    out = standardised(constraint.project, mean, scale)(z)
    assert out.dtype == torch.float32
    x = mean + scale * out.double()
    torch.testing.assert_close(x, constraint.project(mean + scale * z.double()), atol=1e-5, rtol=0)
    exact = constraint.project(x)
    assert (exact[:, dark] == 0).all()
    assert ((0.25 * exact.sum(-1) - energy).abs() <= 96 * EPS * energy).all()
