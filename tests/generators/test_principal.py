import math
from functools import cache

import pytest
import torch
from safetensors.torch import load, save
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.generators.flow_matching import FlowMatching
from ingenium.generators.principal import Principal, PrincipalSettings
from ingenium.sampling.steer import Steer
from ingenium.train.plan import Plan

N, D, T = 240, 4, 24
BRIEF = Plan(steps=30, check_every=15)
SMALL = PrincipalSettings(components=3)


def series(n: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Log-normal series of two pairs of channels; a pair shares half of its noise."""
    rng = torch.Generator().manual_seed(seed)
    day = torch.arange(n) * 365 / n
    angle = 2 * math.pi * day / 365
    cond = torch.stack([angle.sin(), angle.cos(), torch.randn(n, generator=rng)], 1)
    own = torch.randn(n, D, T, generator=rng)
    shared = torch.randn(n, D // 2, T, generator=rng).repeat_interleave(2, dim=1)
    level = (cond[:, 2] + 0.5 * cond[:, 1])[:, None, None] * torch.linspace(0.2, 1, T)
    return (0.3 * (level + (own + shared) / 2**0.5)).exp(), cond


@cache
def fitted(*, inner: bool) -> Principal:
    torch.manual_seed(0)
    family = Principal((D, T), 3, FlowMatching if inner else None, SMALL)
    family.fit(*series(N), BRIEF)
    return family


def rng(seed: int = 7) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


kinds = pytest.mark.parametrize("inner", [False, True], ids=["residuals", "flow_matching"])


@kinds
def test_intervals_cover_a_known_distribution(inner: bool) -> None:
    fresh, cond = series(40, seed=1)
    sampled = fitted(inner=inner).propose(cond.repeat_interleave(99, 0), rng())
    below = (sampled.reshape(40, 99, D, T) < fresh[:, None]).sum(1)
    assert 0.87 < float(((below >= 5) & (below < 95)).float().mean()) < 0.93  # 90 of 100 ranks


@kinds
def test_the_mean_follows_the_conditions(inner: bool) -> None:
    cond = torch.tensor([[1.0, 0.0, 1.2], [1.0, 0.0, -1.2]]).repeat_interleave(400, 0)
    high, low = fitted(inner=inner).propose(cond, rng()).log().reshape(2, 400, D, T).mean(1)
    want = 0.3 * 2.4 * torch.linspace(0.2, 1, T)
    assert ((high - low) - want).abs().mean() < 0.06


def test_channels_that_move_together_are_one_block() -> None:
    family = fitted(inner=False)
    block = [family.block[family.columns.channel == i].unique().tolist() for i in range(D)]
    assert block == [[0], [0], [1], [1]]


def test_correlation_of_a_block_is_kept_and_blocks_are_free() -> None:
    family = fitted(inner=False)
    _, cond = series(400, seed=2)
    noise = family.propose(cond, rng()).log().diff(dim=-1).transpose(0, 1).flatten(1)
    near, far = torch.corrcoef(noise)[0, 1], torch.corrcoef(noise)[0, 2]
    assert float(near) == pytest.approx(0.5, abs=0.07)
    assert abs(float(far)) < 0.07


@kinds
def test_same_generator_same_designs_and_rows_are_independent(inner: bool) -> None:
    family, (_, cond) = fitted(inner=inner), series(12, seed=3)
    first = family.propose(cond, rng())
    assert first.dtype == torch.float32
    assert torch.equal(first, family.propose(cond, rng()))
    assert not torch.equal(first, family.propose(cond, rng(8)))
    other = cond.clone()
    other[4] = torch.tensor([0.0, -1.0, 2.0])
    after = family.propose(other, rng())
    rest = torch.arange(12) != 4
    assert torch.equal(first[rest], after[rest])
    assert not torch.equal(first[4], after[4])


@kinds
def test_state_comes_back_from_safetensors(inner: bool) -> None:
    family, (_, cond) = fitted(inner=inner), series(5, seed=3)
    again = Principal((D, T), 3, FlowMatching if inner else None, SMALL)
    again.load_state_dict(load(save(dict(family.state_dict()))))
    assert torch.equal(again.propose(cond, rng()), family.propose(cond, rng()))


def test_guidance_reaches_designs_through_the_latent_numbers() -> None:
    family, (_, cond) = fitted(inner=True), series(64, seed=4)

    def energy(x: Tensor) -> Tensor:
        return 0.5 * (x.flatten(1).mean(1) - 2.0).square() / 0.05**2

    free = family.propose(cond, rng())
    guided = family.propose(cond, rng(), Steer(energy=energy))
    assert (energy(guided) < energy(free)).float().mean() > 0.95


def test_projection_is_the_last_word() -> None:
    family, (_, cond) = fitted(inner=True), series(8, seed=4)
    flat = family.propose(cond, rng(), Steer(project=lambda x: x.clamp(max=1.0)))
    assert flat.max() == 1.0


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="series"):
        Principal((5,), 3)
    family = Principal((D, T), 3)
    with pytest.raises(InputError, match="fit first"):
        family.propose(torch.zeros(1, 3), rng())
    with pytest.raises(InputError, match="rows"):
        family.fit(*series(10), BRIEF)
    with pytest.raises(ValueError, match="energy"):
        fitted(inner=False).propose(
            torch.zeros(1, 3), rng(), Steer(energy=lambda x: x.flatten(1).sum(1))
        )
