"""The causal transformer: its inputs at a step, and its fit."""

import math
from dataclasses import replace

import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.train.plan import Plan
from ingenium_book.studies.matter.causal import CausalMemory, CausalSettings, CausalTransformer

SMALL = CausalSettings(width=32, depth=2, heads=2, k=2)


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_step_by_step_it_remembers_what_it_knows_of_all_at_once() -> None:
    torch.manual_seed(0)
    memory = CausalMemory(SMALL)
    read, start = torch.randn(3, 5, 32, generator=rng()), torch.randn(1, 3, 32, generator=rng(1))
    whole, _ = memory(read, start)
    state, parts = start, []
    for step in read.split(1, 1):
        part, state = memory(step, state)
        parts.append(part)
    torch.testing.assert_close(torch.cat(parts, 1), whole)


def test_a_step_knows_those_before_it_alone() -> None:
    torch.manual_seed(0)
    memory, start = CausalMemory(SMALL), torch.zeros(1, 1, 32)
    read = torch.randn(1, 5, 32, generator=rng())
    slopes = torch.autograd.functional.jacobian(lambda h: memory(h, start)[0][0].sum(1), read)
    reach = slopes[:, 0].abs().sum(-1) > 0
    assert torch.equal(reach, torch.ones(5, 5).tril() > 0)


@pytest.mark.slow
def test_it_learns_a_conditional_gaussian() -> None:
    """Held-out log density is close to the true one, and proposals have the true mean."""
    n, p, t = 2000, 2, 3
    factor = 0.3 * torch.eye(p * t) + 0.2 * torch.ones(p * t, p * t).tril()
    cond = torch.randn(n, 1, generator=rng(2))
    x = cond * torch.linspace(-1, 1, p * t) + torch.randn(n, p * t, generator=rng(3)) @ factor.T
    torch.manual_seed(0)
    family = CausalTransformer((p, t), 1, SMALL)
    series = x.reshape(n, p, t)
    family.fit(series[:1500], cond[:1500], Plan(steps=800, learning_rate=3e-3, ema_decay=0.99))
    with torch.no_grad():
        found = float(family.log_density(series[1500:], cond[1500:]).mean())
    noise = torch.linalg.solve_triangular(
        factor, (x - cond * torch.linspace(-1, 1, p * t))[1500:].T, upper=False
    )
    norm = 0.5 * p * t * math.log(2 * math.pi) + float(factor.diagonal().log().sum())
    true = float(-0.5 * noise.square().sum(0).mean()) - norm
    assert true - 0.25 < found < true + 0.05
    drawn = family.propose(torch.ones(2000, 1), rng(4)).flatten(1).mean(0)
    torch.testing.assert_close(drawn, torch.linspace(-1, 1, p * t), atol=0.15, rtol=0)


def test_cold_proposals_are_the_most_likely_ones_and_densities_stay() -> None:
    found = []
    for temperature in (1.0, 1e-4):
        torch.manual_seed(1)
        family = CausalTransformer((2, 3), 1, replace(SMALL, temperature=temperature))
        drawn = family.propose(torch.zeros(400, 1), rng(5))
        x = torch.zeros(1, 2, 3)
        found.append((float(drawn.std(0).max()), family.log_density(x, torch.zeros(1, 1))))
    assert found[0][0] > 0.3
    assert found[1][0] < 1e-3
    torch.testing.assert_close(found[0][1], found[1][1])
    with pytest.raises(InputError, match="temperature"):
        CausalTransformer((2, 3), 1, CausalSettings(temperature=0.0))


def test_heads_share_the_width() -> None:
    with pytest.raises(InputError, match="heads"):
        CausalTransformer((2, 3), 1, CausalSettings(width=30, heads=4))
