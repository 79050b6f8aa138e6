"""The laboratory: closed forms of its kinetics, and instruments that scatter and fail as stated."""

import numpy as np
import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.domains.process.instruments import (
    VARIABLES,
    Instruments,
    Integrator,
    settable,
    settings_of,
    spent,
)
from ingenium.domains.process.kinetics import Rate, ReactionNetwork
from ingenium.domains.process.laboratory import Laboratory, LaboratorySettings

AT = torch.tensor([353.15], dtype=torch.float64)


def network(wasting: float = 1e-12, dying: float = 1e-12) -> ReactionNetwork:
    return ReactionNetwork(Rate(0.12, 5e4), Rate(wasting, 8e4), Rate(dying, 1e5))


def some(count: int = 12) -> tuple[torch.Tensor, ...]:
    rng = torch.Generator().manual_seed(0)
    x = [torch.rand(count, generator=rng, dtype=torch.float64) for _ in VARIABLES]
    low, high = ([getattr(v, end) for v in VARIABLES] for end in ("lower", "upper"))
    return settable(tuple(a + (b - a) * u for a, b, u in zip(low, high, x, strict=True)))


def test_without_waste_it_is_of_second_order() -> None:
    """Levenspiel 1999, eq. 3.17."""
    a, m, worked = 0.5, 2.0, 40.0
    start = torch.tensor([[a, m * a, 0.0, 0.0]], dtype=torch.float64)
    end = network().after(start, AT, torch.tensor([worked], dtype=torch.float64))
    grown = np.exp(0.12 * worked * a * (m - 1))
    assert float(end[0, 2]) / a == pytest.approx(m * (grown - 1) / (m * grown - 1), rel=1e-8)


def test_product_follows_from_what_is_left_of_a() -> None:
    """Levenspiel 1999, eq. 8.41: series-parallel reactions, whatever the time."""
    kappa, a = 0.05, 0.4
    start = torch.tensor([[a, 3 * a, 0.0, 0.0]], dtype=torch.float64)
    end = network(wasting=0.12 * kappa).after(start, AT, torch.tensor([60.0], dtype=torch.float64))[
        0
    ]
    left = float(end[0]) / a
    assert float(end[2]) / a == pytest.approx((left**kappa - left) / (1 - kappa), rel=1e-7)
    assert float(end[0] + end[2] + end[3]) == pytest.approx(a)


def test_a_catalyst_that_dies_works_less() -> None:
    dose, time = torch.tensor([[0.02], [7200.0]], dtype=torch.float64)
    assert float(network().worked(AT, time, dose)) == pytest.approx(0.02 * 7200, rel=1e-6)
    half = float(network(dying=1e-3).worked(AT, time, dose))
    assert half == pytest.approx(0.02 / 1e-3 * (1 - np.exp(-7.2)), rel=1e-9)


def test_two_integrators_agree() -> None:
    of = network(wasting=0.006, dying=1e-4)
    own = Instruments(of, 0.01, 0.0, 3, 0).measure(*some())[:, -1]
    other = Integrator(of).measure(*some())[:, 0]
    assert float((own - other).abs().max()) < 1e-7


def test_readings_scatter_as_told_and_the_interval_covers() -> None:
    of = network(wasting=0.006, dying=1e-4)
    found = Instruments(of, 0.02, 0.0, 4, 1).measure(*some(800))
    off = found[:, 0] - found[:, 5]
    assert float(off.std()) == pytest.approx(0.02 / 2, rel=0.1)
    assert float((found[:, 1] <= found[:, 5]).double().mean()) == pytest.approx(0.95, abs=0.025)


def test_failures_have_no_answer_and_come_again() -> None:
    of = network(wasting=0.006, dying=1e-4)
    batches = some(400)
    found = Instruments(of, 0.01, 0.2, 3, 5).measure(*batches)
    out = found.isnan()
    assert torch.equal(out.any(1), out.all(1))
    assert float(out.all(1).double().mean()) == pytest.approx(0.2, abs=0.06)
    alone = Instruments(of, 0.01, 0.2, 3, 5).measure(*(a[7:8] for a in batches))
    torch.testing.assert_close(alone, found[7:8], rtol=1e-12, atol=0.0, equal_nan=True)
    other = Instruments(of, 0.01, 0.2, 3, 6).measure(*batches)
    assert not torch.equal(other.isnan(), out)


def test_wrong_settings_are_refused() -> None:
    for wrong in ({"repeats": 1}, {"noise": -0.1}, {"failing": 1.0}, {"known": 3}, {"making": 0.0}):
        with pytest.raises(InputError):
            Laboratory(LaboratorySettings(**wrong))  # type: ignore[arg-type]


def test_rates_rise_as_arrhenius_says() -> None:
    """50 kJ/mol from 80 to 90 °C: a factor of exp(0.4689)."""
    rate = Rate(0.12, 5e4)
    two = rate.at(torch.tensor([353.15, 363.15], dtype=torch.float64))
    assert float(two[0]) == pytest.approx(0.12)
    assert float(two[1] / two[0]) == pytest.approx(1.5982, abs=1e-4)


def test_with_b_in_excess_the_most_product_is_that_of_steps_in_series() -> None:
    """Levenspiel 1999, eq. 3.52: (k1/k2)^(k2/(k2-k1)), at ln(k2/k1) / (k2 - k1)."""
    k1, k2, a, excess = 0.12, 0.03, 0.001, 4000.0
    pace = excess * a  # mol/L of B, which hardly changes
    best = np.log(k2 / k1) / (k2 - k1) / pace
    worked = torch.tensor([0.9 * best, best, 1.1 * best], dtype=torch.float64)
    start = torch.tensor([[a, pace, 0.0, 0.0]] * 3, dtype=torch.float64)
    end = network(wasting=k2).after(start, AT.expand(3), worked)[:, 2] / a
    assert float(end[1]) == pytest.approx((k1 / k2) ** (k2 / (k2 - k1)), abs=3e-4)
    assert float(end[1]) > max(float(end[0]), float(end[2]))


def test_no_atom_is_lost() -> None:
    """A is in A, P or S; each P took one B and each S two."""
    start = torch.tensor([[0.5, 0.9, 0.0, 0.0]], dtype=torch.float64).expand(4, 4)
    worked = torch.tensor([1.0, 20.0, 80.0, 400.0], dtype=torch.float64)
    end = network(wasting=0.02).after(start, AT.expand(4), worked)
    torch.testing.assert_close(end[:, 0] + end[:, 2] + end[:, 3], start[:, 0])
    torch.testing.assert_close(end[:, 1] + end[:, 2] + 2 * end[:, 3], start[:, 1])


def test_two_repeats_have_the_interval_of_student() -> None:
    """t(0.95, 1) = 6.3138 (Student's table); the spread of two is their distance over root 2."""
    own = Instruments(network(), 0.01, 0.0, 2, 0)
    mean, low = own.measure(*some())[:, :2].T
    drawn = [own._drawn(row)[0][1:] for row in settings_of(some()).tolist()]
    off = torch.from_numpy(np.array(drawn))
    distance = 0.01 * (off[:, 0] - off[:, 1]).abs()
    torch.testing.assert_close(mean - low, 6.3138 * distance / 2, rtol=1e-4, atol=1e-9)


def test_a_batch_costs_what_its_list_says() -> None:
    """0.5 mol of A at 4, 1 mol of B at 6, 5 mmol of catalyst at 900, a litre, 2 h at 60 K more."""
    batch = torch.tensor([[353.15], [7200.0], [2.0], [0.01], [0.5]], dtype=torch.float64)
    chemicals = 0.5 * 4 + 1.0 * 6 + 0.005 * 900 + 1.2
    assert float(spent(tuple(batch))[0]) == pytest.approx(chemicals + 2 * (9 + 0.02 * 60))
