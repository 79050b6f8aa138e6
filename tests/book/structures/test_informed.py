from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load, save
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.generators.autoregressive import Autoregressive
from ingenium.generators.components import Components
from ingenium.generators.denoising import Denoising
from ingenium.generators.diffusion import Diffusion, DiffusionSettings
from ingenium.generators.energy import EnergyModel, EnergySettings
from ingenium.generators.flow_matching import FlowMatching, FlowMatchingSettings
from ingenium.generators.gan import GAN, GANSettings
from ingenium.generators.model import Family, Model
from ingenium.generators.vae import VAE, VAESettings
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan
from ingenium_book.studies.structures.informed import Informed, InformedSettings, Term, through

BRIEF = Plan(steps=6, batch=32, check_every=3)
KINDS = {
    FlowMatching: FlowMatchingSettings(width=32, depth=1),
    Diffusion: DiffusionSettings(width=32, depth=1),
    EnergyModel: EnergySettings(width=32, depth=1),
    VAE: VAESettings(width=32, depth=1),
    GAN: GANSettings(width=32, depth=1, repeats=2),
}
kinds = pytest.mark.parametrize("kind", KINDS)


def balanced(x: Tensor, cond: Tensor) -> Tensor:
    """The numbers of a design should sum to the first condition."""
    return (x.flatten(1).sum(1) - cond[:, 0]).square()


def designs(n: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Numbers that sum to the first condition only on average."""
    rng = torch.Generator().manual_seed(seed)
    cond = torch.randn(n, 2, generator=rng)
    return cond[:, :1] / 4 + 0.7 * torch.randn(n, 4, generator=rng), cond


def small(kind: type[Model], shape: tuple[int, ...] = (4,), c: int = 2) -> Model:
    torch.manual_seed(1)
    return kind(shape, c, KINDS[kind])


def family(kind: type[Model], *prices: float, rows: int = 16) -> Informed:
    terms = tuple(Term(balanced, price) for price in prices)
    return Informed(small(kind), terms, InformedSettings(rows))


def rng(seed: int = 7) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@kinds
def test_without_a_price_the_fit_is_that_of_the_family(kind: type[Model]) -> None:
    plain, informed = small(kind), family(kind, 0.0, 0.0)
    first, second = plain.fit(*designs(64), BRIEF), informed.fit(*designs(64), BRIEF)
    assert first == second
    for name, value in plain.state_dict().items():
        assert torch.equal(value, informed.family.state_dict()[name]), name


@kinds
def test_losses_differ_by_the_prices_alone(kind: type[Model]) -> None:
    x, cond = designs(24)
    losses = [
        family(kind, *prices).loss(x, cond, rng()).mean().item()
        for prices in [(), (0.5,), (1.0,), (0.25, 0.75)]
    ]
    assert losses[1] != losses[0]
    assert losses[2] - losses[0] == pytest.approx(2 * (losses[1] - losses[0]), rel=1e-4)
    assert losses[3] == pytest.approx(losses[2], rel=1e-5)


def test_physics_on_some_rows_is_that_of_all_on_average() -> None:
    x, cond = designs(64)
    means = []
    for rows in (8, 64):
        informed = family(VAE, 1.0, rows=rows)
        over = [
            informed.loss(x, cond, rng(seed)) - informed.family.loss(x, cond, rng(seed))
            for seed in range(40)
        ]
        assert (over[0][rows:] == 0).all()
        means.append(torch.stack(over).mean().item())
    # The first rows have conditions of their own, so their mean is compared with theirs.
    own = informed.penalty(x[:8].repeat(200, 1), cond[:8].repeat(200, 1), rng()).mean().item()
    every = informed.penalty(x.repeat(40, 1), cond.repeat(40, 1), rng()).mean().item()
    assert means == pytest.approx([own, every], rel=0.15)


@kinds
def test_weights_feel_the_terms_as_finite_differences_say(kind: type[Model]) -> None:
    informed = family(kind, 1.0).double()
    informed.fit(*designs(32), BRIEF)
    x, cond = (v.double() for v in designs(16))
    own = informed.family
    makes = own.make if isinstance(own, GAN) else own.decode if isinstance(own, VAE) else own
    weights = max(makes.parameters(), key=lambda p: p.numel())

    def wrong() -> Tensor:
        return informed.penalty(x, cond, rng()).sum()

    (slope,) = torch.autograd.grad(wrong(), weights)
    way = torch.randn(weights.shape, generator=rng(2), dtype=torch.float64)
    ends = []
    for step in (1e-5, -2e-5):
        with torch.no_grad():
            weights += step * way
        ends.append(float(wrong().detach()))
    assert float((slope * way).sum()) == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-4)
    assert float(slope.abs().max()) > 0


def test_an_estimate_counts_by_its_noise() -> None:
    """A perfect denoiser of identical designs returns them at any noise level."""

    class Perfect(Denoising):
        def denoise(self, x: Tensor, sigma: Tensor, cond: Tensor, store: object = None) -> Tensor:
            self.seen = sigma
            return torch.ones_like(x)

    torch.manual_seed(0)
    known = Perfect((4,), 2, FlowMatching((4,), 2).settings)
    informed = Informed(known, (Term(lambda x, cond: x.sum(1), 3.0),))
    found = informed.penalty(torch.ones(50, 4), torch.zeros(50, 2), rng())
    torch.testing.assert_close(found, 12 / (1 + known.seen.square()))
    assert known.seen.log().std() == pytest.approx(1.4, rel=0.3)


@pytest.mark.parametrize("kind", [FlowMatching, GAN])
def test_a_stopped_fit_ends_as_one_that_was_not(kind: type[Model], tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    def stop(step: int, steps: int, loss: float) -> None:
        if step == 4:
            raise Stopped

    whole, resumed = family(kind, 1.0), family(kind, 1.0)
    whole.fit(*designs(64), BRIEF)
    with pytest.raises(Stopped):
        family(kind, 1.0).fit(*designs(64), replace(BRIEF, checkpoint=tmp_path, progress=stop))
    resumed.fit(*designs(64), replace(BRIEF, checkpoint=tmp_path))
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name


def test_state_comes_back_from_safetensors() -> None:
    first, again = family(VAE, 1.0), family(VAE, 1.0)
    first.fit(*designs(64), BRIEF)
    again.load_state_dict(load(save(dict(first.state_dict()))))
    cond = designs(8)[1]
    assert torch.equal(first.propose(cond, rng()), again.propose(cond, rng()))
    assert isinstance(first, Family)


def test_a_price_buys_physics_and_so_does_guidance() -> None:
    """Designs violate the sum by 1.4; penalty terms teach it, an energy imposes it."""
    _, requested = designs(256, seed=5)

    def violation(fitted: Family, steer: Steer = FREE) -> float:
        return float(balanced(fitted.propose(requested, rng(), steer), requested).mean())

    plan = Plan(steps=80, batch=64, learning_rate=1e-2, ema_decay=0.9, check_every=40)
    plain, informed = (family(FlowMatching, price, rows=64) for price in (0.0, 10.0))
    for one in (plain, informed):
        one.fit(*designs(400), plan)
    off = violation(plain)
    assert off == pytest.approx(4 * 0.7**2, rel=0.3)
    assert violation(informed) < 0.5 * off
    assert (
        violation(plain, Steer(energy=lambda x: balanced(x, requested), strength=10.0)) < 0.3 * off
    )


def test_components_of_fields_learn_under_terms() -> None:
    """The mean of a field should be the first condition; 5 directions of noise break that."""
    rng_ = rng(3)
    cond = torch.randn(120, 2, generator=rng_)
    noise = torch.randn(120, 5, generator=rng_) @ (torch.randn(5, 48, generator=rng_) + 0.5)
    x = (cond[:, :1] + 0.4 * noise).reshape(120, 1, 8, 6)

    def level(x: Tensor, cond: Tensor) -> Tensor:
        return (x.flatten(1).mean(1) - cond[:, 0]).square()

    def fitted(price: float) -> Components:
        torch.manual_seed(0)
        outer = Components(
            (1, 8, 6),
            2,
            lambda shape, c: Informed(
                FlowMatching(shape, c),
                through((Term(level, price),), lambda z, k: outer.decode(z, k)),
            ),
        )
        plan = Plan(steps=60, batch=60, learning_rate=1e-2, ema_decay=0.9, check_every=30)
        outer.fit(x, cond, plan)
        return outer

    plain, informed = fitted(0.0), fitted(20.0)
    guided = Steer(energy=lambda x: level(x, cond), strength=50.0)
    free, reported, steered = (
        float(level(family.propose(cond, rng(), steer), cond).mean())
        for family, steer in [(plain, FREE), (informed, FREE), (plain, guided)]
    )
    assert reported < 0.6 * free
    assert steered < 0.6 * free


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="denoising"):
        Informed(Autoregressive((4,), 2), ())
    with pytest.raises(InputError, match="prices"):
        Informed(VAE((4,), 2), (Term(balanced, -1.0),))
