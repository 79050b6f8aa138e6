from copy import deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import torch
from safetensors.torch import load, save
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.generators.copula import GaussianCopula
from ingenium.generators.flow_matching import FlowMatching, FlowMatchingSettings
from ingenium.generators.latent_fields import Autoencoder, AutoencoderSettings, LatentFields
from ingenium.generators.model import Family
from ingenium.sampling.steer import Steer
from ingenium.train.plan import Plan

SHAPE = (1, 8, 6)
SMALL = AutoencoderSettings(latent=4, width=16, depth=1)
BRIEF = Plan(steps=6, batch=32, check_every=3)


def waves(n: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Two numbers determine a design: the first condition and a free one."""
    rng = torch.Generator().manual_seed(seed)
    cond = torch.rand(n, 2, generator=rng) * 2 - 1
    free = torch.rand(n, generator=rng) * 2 - 1
    across = torch.linspace(-1, 1, SHAPE[-2])[:, None]
    along = torch.linspace(-1, 1, SHAPE[-1])
    place, tilt = cond[:, 0, None, None], free[:, None, None]
    return ((3 * (across - place)).cos() + tilt * along)[:, None], cond


def small(shape: tuple[int, ...], c: int) -> FlowMatching:
    return FlowMatching(shape, c, FlowMatchingSettings(width=32, depth=1))


def fresh(seed: int = 1) -> LatentFields:
    torch.manual_seed(seed)
    return LatentFields(SHAPE, 2, small, SMALL)


@cache
def fitted() -> LatentFields:
    family = fresh()
    plan = Plan(steps=80, batch=32, learning_rate=1e-2, ema_decay=0.9, check_every=40)
    family.fit(*waves(300), plan)
    return family


def rng(seed: int = 7) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.slow
def test_few_numbers_carry_designs_that_were_never_seen() -> None:
    x, _ = waves(64, seed=5)
    auto = fitted().autoencoder
    with torch.no_grad():
        mean, spread = auto.posterior(x)
        again = auto.decode(mean)
    assert (again - x).square().mean() < 0.05 * x.var()
    assert 0.01 < float((spread / mean.std(0)).median()) < 0.5  # the penalty keeps noise up


def test_proposals_follow_the_conditions_and_stay_among_designs() -> None:
    x, cond = waves(200, seed=6)
    made = fitted().propose(cond, rng())
    assert made.shape == x.shape
    assert made.dtype == torch.float32
    course, found = x.mean(3)[:, 0], made.mean(3)[:, 0]  # what the first condition decides
    assert (found - course).square().mean() < course.var()  # twice that without the conditions
    tilts = made[:, 0, :, -1].mean(1) - made[:, 0, :, 0].mean(1)
    assert float(tilts.std()) == pytest.approx(2 / 3**0.5, rel=0.3)


def test_rows_are_independent_and_state_comes_back() -> None:
    family, (_, cond) = fitted(), waves(12, seed=3)
    first = family.propose(cond, rng())
    other = cond.clone()
    other[4] = torch.tensor([0.9, -0.9])
    after = family.propose(other, rng())
    rest = torch.arange(12) != 4
    assert torch.equal(first[rest], after[rest])
    assert not torch.equal(first[4], after[4])
    again = fresh(seed=2)
    again.load_state_dict(load(save(dict(family.state_dict()))))
    assert torch.equal(again.propose(cond, rng()), first)
    assert isinstance(again, Family)


def test_guidance_and_projection_reach_designs() -> None:
    family, (_, cond) = fitted(), waves(64, seed=4)

    def energy(x: Tensor) -> Tensor:
        return 5 * (x[:, 0, :, -1].mean(1) - 1.0).square()

    exact = deepcopy(family).double()
    at = torch.randn(3, SMALL.latent, generator=rng(), dtype=torch.float64).requires_grad_()
    (slope,) = torch.autograd.grad(energy(exact.decode(at, cond[:3])).sum(), at)
    step = torch.zeros(SMALL.latent, dtype=torch.float64)
    step[0] = 1e-5
    with torch.no_grad():
        ends = [energy(exact.decode(at + s * step, cond[:3])) for s in (1, -1)]
    torch.testing.assert_close(slope[:, 0], (ends[0] - ends[1]) / 2e-5, atol=1e-7, rtol=1e-5)
    free = family.propose(cond, rng())
    assert energy(family.propose(cond, rng(), Steer(energy=energy))).mean() < energy(free).mean()
    flat = family.propose(cond, rng(), Steer(project=lambda x: x.clamp(max=0.1)))
    assert flat.max() == pytest.approx(0.1)


@pytest.mark.parametrize("at", [2, 9], ids=["autoencoder", "inner"])
def test_a_fit_stopped_in_either_stage_ends_as_one_that_was_not(at: int, tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    seen = []

    def stop(step: int, steps: int, loss: float) -> None:
        seen.append((step, steps))
        if step == at:
            raise Stopped

    plan = Plan(steps=6, batch=32, check_every=3)
    whole, resumed = fresh(), fresh()
    course = whole.fit(*waves(64), plan)
    retained = replace(plan, checkpoint=tmp_path)
    with pytest.raises(Stopped):
        fresh().fit(*waves(64), replace(retained, progress=stop))
    resumed.fit(*waves(64), retained)
    assert seen[-1] == (at, 12)
    assert course["autoencoder_step"] == course["step"] == [3, 6]
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name


def test_any_family_of_vectors_serves() -> None:
    torch.manual_seed(0)
    family = LatentFields(SHAPE, 2, GaussianCopula, SMALL)
    family.fit(*waves(64), BRIEF)
    assert torch.isfinite(family.propose(waves(8)[1], rng())).all()
    with pytest.raises(ValueError, match="energy"):
        family.propose(waves(8)[1], rng(), Steer(energy=lambda x: x.flatten(1).sum(1)))


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="latent"):
        LatentFields(SHAPE, 2, small, AutoencoderSettings(latent=0))
    with pytest.raises(ValueError, match="guidance"):
        Autoencoder(SHAPE, 2, SMALL).propose(waves(2)[1], rng(), Steer(weight=2.0))
