"""SU(3) and fermions against closed forms, published numbers and a second sampler."""

import math

import numpy as np
import pytest
import torch

from ingenium.domains.physics.lattice import colours
from ingenium.domains.physics.lattice.colour_samplers import (
    ColourCharacters,
    IndependentColours,
    single,
)
from ingenium.domains.physics.lattice.ensemble import counts, mean
from ingenium.domains.physics.lattice.schwinger import Schwinger, ShiftedGauge
from ingenium.domains.physics.lattice.su3 import SU3, flat, matrices, plaquettes, traces, turned


def _rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _at(beta: float, n: int) -> torch.Tensor:
    return torch.full((n,), beta, dtype=torch.float64)


def test_one_plaquette_of_su3_is_what_strong_and_weak_coupling_give() -> None:
    """beta / 18 + beta^2 / 216 at strong coupling, and 1 - 4 / beta at weak."""
    for beta in (0.05, 0.2):
        due = beta / 18 + beta**2 / 216
        assert colours.loop(beta, 64, 1) == pytest.approx(due, abs=beta**4 / 1000)
    assert colours.loop(10.0, 64, 1) == pytest.approx(1 - 4 / 10, abs=0.03)


def test_loops_of_a_large_torus_obey_the_law_of_areas() -> None:
    one = colours.loop(6.0, 4096, 1)
    assert colours.loop(6.0, 4096, 4) == pytest.approx(one**4, rel=1e-12)


def test_characters_sum_to_the_slope_of_log_z() -> None:
    """Test on four plaquettes, where the torus matters."""
    beta, step = 3.0, 1e-4
    slope = (colours.log_z(beta + step, 4) - colours.log_z(beta - step, 4)) / (2 * step)
    assert 1 + slope / 4 == pytest.approx(colours.loop(beta, 4, 1), abs=1e-8)


def test_matrices_are_uniform_and_plaquettes_have_their_mean() -> None:
    """Under Haar |tr|^2 is 1 and |tr|^4 is 2 in the mean."""
    trace = colours.uniform((20_000,), _rng()).diagonal(dim1=-2, dim2=-1).sum(-1).abs() ** 2
    for x, due in ((trace, 1.0), (trace.square(), 2.0)):
        assert abs(float(x.mean()) - due) < 4 * float(x.std()) / math.sqrt(20_000)
    own = traces(single(_at(6.0, 20_000), _rng(1)))
    assert abs(float(own.mean()) - colours.loop(6.0, 4096, 1)) < 4 * float(own.std()) / 141


def test_links_have_the_plaquettes_they_were_made_of_in_every_gauge() -> None:
    """The product is the commutator of both loops; the gauge changes nothing to 1e-12."""
    law, rng = SU3(4), _rng(2)
    a, b = (colours.uniform((2,), rng) for _ in range(2))
    p = colours.uniform((2, 15), rng)
    left = a @ b @ a.mH @ b.mH
    for i in range(15):
        left = p[:, i].mH @ left
    p = torch.cat([p, left[:, None]], 1)
    link = law.sampled(p, a, b, rng)
    due = traces(p).view(2, 4, 4).flip(1)
    torch.testing.assert_close(traces(plaquettes(matrices(link))), due, rtol=0, atol=1e-12)
    again = flat(turned(matrices(link), colours.uniform((2, 4, 4), rng)))
    torch.testing.assert_close(law.measure(again), law.measure(link), rtol=0, atol=1e-12)
    torch.testing.assert_close(law.settled((link,))[0], link, rtol=0, atol=1e-12)


def test_characters_draw_su3_and_independent_plaquettes_weigh_one_in_the_mean() -> None:
    law, at = SU3(4), _at(4.0, 400)
    (link,) = ColourCharacters(law).sample(at, _rng(3))
    own = law.observed(law.measure(link).numpy())
    assert (np.abs(own.mean(0) - law.exact(4.0)) < 4 * own.std(0) / 20).all()
    plain, at = IndependentColours(law), _at(2.0, 2000)
    (link,) = plain.sample(at, _rng(4))
    weight = torch.exp(-law.action(link, at) - plain.log_density(link, at) - law.log_z(2.0))
    assert abs(float(weight.mean()) - 1) < 4 * float(weight.std()) / math.sqrt(2000)


@pytest.mark.slow
def test_a_chain_of_matrices_gives_what_characters_do() -> None:
    law, at, rng = SU3(4), _at(4.0, 32), _rng(5)
    link, found = law.start(32, rng), []
    for step in range(20):
        link = law.step(law.chains[0], link, at, rng)
        if step >= 10:
            found.append(law.observed(law.measure(link).numpy()))
    own = np.stack(found).mean(0)  # chains are independent
    assert (np.abs(own.mean(0) - law.exact(4.0)) < 4 * own.std(0) / math.sqrt(32)).all()


def test_the_determinant_begins_as_a_plaquette_and_is_the_same_in_every_gauge() -> None:
    """The leading term, in the fourth power of the hopping parameter, is 16 kappa^4 Re P."""
    law, rng = Schwinger(6, 0.03), _rng(6)
    link = 6 * torch.rand(3, 2, 6, 6, generator=rng, dtype=torch.float64)
    due = 16 * 0.03**4 * torch.cos(law.plaquettes(link)).sum((1, 2))
    torch.testing.assert_close(law.log_determinant(link), due, rtol=0.02, atol=2e-6)
    heavy = Schwinger(6, 0.25)
    gauge = 6 * torch.rand(3, 6, 6, generator=rng, dtype=torch.float64)
    turn = torch.stack([gauge - gauge.roll(-1, 1), gauge - gauge.roll(-1, 2)], 1)
    before, after = (heavy.log_determinant(x) for x in (link, link + turn))
    torch.testing.assert_close(after, before, rtol=1e-12, atol=1e-12)


def test_the_shift_takes_up_what_acts_like_a_plaquette() -> None:
    law = Schwinger(6, 0.2)
    sampler = ShiftedGauge(law, (1.0, 4.0))
    lost = sampler.learn(64, 0)
    at = _at(2.0, 200)
    (link,) = sampler.sample(at, _rng(8))
    spread = (-law.action(link, at) - sampler.log_density(link, at)).std()
    plain = law.log_determinant(link).std()  # what gauge fields without shift are weighed by
    assert float(spread) < 0.8 * float(plain)
    assert max(lost) < 0.2


@pytest.mark.slow
def test_weighed_gauge_fields_are_what_a_chain_with_fermions_gives() -> None:
    law, chains = Schwinger(4, 0.24), 64
    sampler = ShiftedGauge(law, (1.0, 4.0))
    at, rng = _at(1.5, 2000), _rng(7)
    (link,) = sampler.sample(at, rng)
    weight = (-law.action(link, at) - sampler.log_density(link, at)).numpy()
    weight = weight - math.log(np.exp(weight).mean())
    count = counts(weight, np.random.default_rng(0).random(2000))
    middle, error = mean(count, law.observed(law.measure(link).numpy()))
    chain, found = law.start(chains, rng), []
    for step in range(30):
        chain = law.step(law.chains[0], chain, at[:chains], rng)
        if step >= 10:
            found.append(law.observed(law.measure(chain).numpy()))
    theirs = np.stack(found).mean(0)
    alongside = theirs.std(0) / math.sqrt(chains)
    assert (np.abs(middle - theirs.mean(0)) < 4 * np.hypot(error, alongside)).all()
