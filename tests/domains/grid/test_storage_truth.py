"""Storage against truth: recursions, counting of cycles, bounds, forged sites and bad input."""

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.grid.feeder.battery import Batteries
from ingenium.domains.grid.storage.battery import SiteBattery
from ingenium.domains.grid.storage.opening import StorageSite
from ingenium.domains.grid.storage.outcome import costs, follow, nominated
from ingenium.domains.grid.storage.problem import SiteStorage
from ingenium.domains.grid.storage.programme import foresight_eur
from ingenium.domains.grid.storage.rainflow import cycles
from ingenium.domains.grid.storage.rivals import StorageRivals
from ingenium.domains.grid.storage.wear import CellWear, stress

SMALL = {"scenarios": 4, "planning": 6, "known": 20}
STEPS = 96
ASTM = np.array([-2.0, 1.0, -3.0, 5.0, -1.0, 3.0, -4.0, 4.0, -2.0])


def opened(**setup: Any) -> SiteStorage:
    found = open_problem(Spec(problem="grid.storage", setup=SMALL | setup))
    assert isinstance(found, SiteStorage)
    return found


@pytest.fixture(scope="module")
def site() -> StorageSite:
    return opened().site


def random_power(n: int, most: float = 150.0) -> torch.Tensor:
    rng = torch.Generator().manual_seed(0)
    return (2 * torch.rand(n, STEPS, generator=rng, dtype=torch.float64) - 1) * most


def test_without_further_losses_the_charge_is_that_of_feeder_batteries() -> None:
    own = SiteBattery(loss_at_full=0.0, idle_per_day=0.0)
    power = random_power(5, 20.0)
    other = Batteries(("a",), np.array([0.1]), np.array([0.2]), efficiency=own.efficiency)
    theirs = 1000.0 * other.energy_after(power.numpy()[:, None] / 1000.0)[:, 0]
    np.testing.assert_allclose(own.energy_after(power).numpy(), theirs, atol=1e-9)


def test_a_round_trip_loses_what_the_efficiency_says() -> None:
    own = SiteBattery(loss_at_full=0.0, idle_per_day=0.0)
    power = torch.zeros(1, STEPS, dtype=torch.float64)
    power[0, 0], power[0, 1] = -40.0, 40.0 * own.efficiency
    assert float(own.energy_after(power)[0, 1]) == pytest.approx(own.start_kwh, abs=1e-12)


def test_power_of_the_cells_has_an_inverse() -> None:
    own = SiteBattery(loss_at_full=0.05)
    power = torch.linspace(-100.0, 100.0, 2001, dtype=torch.float64)
    back = own.outside_kw(own.inside_kw(power))
    assert float((back - power).abs().max()) < 1e-9


def test_projected_schedules_never_leave_the_battery() -> None:
    own = SiteBattery()
    least = own.least_on_the_way(STEPS)
    power = own.project(random_power(11_000), least)  # above a million steps
    energy, beyond = own.beyond(power)
    assert power.numel() > 1_000_000
    assert float(energy.max()) <= 1e-9
    assert float(beyond.max()) <= 1e-9
    assert float(own.energy_after(power)[:, -1].min()) >= own.start_kwh
    assert torch.equal(own.project(power, least), power)


def test_the_projection_has_a_gradient() -> None:
    own = SiteBattery()
    power = random_power(3).requires_grad_()
    own.project(power, own.least_on_the_way(STEPS)).sum().backward()
    assert power.grad is not None
    assert bool(power.grad.isfinite().all())
    assert float(power.grad.abs().max()) > 0


def test_cycles_are_those_of_the_standard() -> None:
    """Compare with ASTM E1049-85, figure 6: ranges of the worked example."""
    counted: dict[float, float] = {}
    for size, _, count in cycles(ASTM):
        counted[size] = counted.get(size, 0.0) + count
    assert counted == {3.0: 0.5, 4.0: 1.5, 6.0: 0.5, 8.0: 1.0, 9.0: 0.5}


def test_cycles_are_those_of_the_package_rainflow() -> None:
    rainflow = pytest.importorskip("rainflow")
    rng = np.random.default_rng(0)
    for _ in range(20):
        series = rng.standard_normal(96).cumsum()
        ours = sorted((round(r, 9), n) for r, _, n in cycles(series))
        theirs = sorted((round(r, 9), n) for r, _, n, _, _ in rainflow.extract_cycles(series))
        assert ours == theirs


def test_wear_grows_with_depth_charge_and_time() -> None:
    flat = np.full(97, 0.5)
    calendar = CellWear.of(flat, 24.0)
    assert calendar.lost == pytest.approx(4.14e-10 * 86_400)
    assert calendar.full_cycles == 0.0
    full = np.interp(np.arange(97), [0, 48, 96], [0.0, 1.0, 0.0])
    whole = CellWear.of(full, 24.0)
    assert whole.full_cycles == pytest.approx(1.0)
    assert whole.lost - calendar.lost == pytest.approx(1 / (1.40e5 - 1.23e5), rel=0.05)
    depths = np.linspace(0.05, 1.0, 20)
    assert (np.diff(stress(depths, np.full(20, 0.5))) > 0).all()


def test_no_schedule_costs_less_than_foresight(site: StorageSite) -> None:
    power = site.battery.project(random_power(64), site.battery.least_on_the_way(STEPS))
    outcome = follow(site, site.judging, power)
    total = costs(site, site.judging, outcome, nominated(site, power)).total
    bound = foresight_eur(site, site.judging)
    assert (total >= bound).all()
    rivals = StorageRivals(site, site.judging).table()
    for name, values in rivals.items():
        assert (values >= bound - 1e-6).all(), name


def test_energy_of_the_site_balances(site: StorageSite) -> None:
    power = site.battery.project(random_power(8), site.battery.least_on_the_way(STEPS))
    found = follow(site, site.judging, power)
    demand = torch.as_tensor(site.judging.demand_kw)
    rest = found.import_kw + found.power_kw + found.missed_kw - demand
    assert float(rest.abs().max()) < 1e-9
    assert float(found.import_kw.max()) <= site.site.connection_kw + 1e-9
    assert float(found.energy_kwh.min()) >= -1e-9
    assert float(found.energy_kwh.max()) <= site.battery.energy_kwh + 1e-9


def test_planning_and_judging_scenarios_share_no_day(site: StorageSite) -> None:
    assert not set(site.planning.day.tolist()) & set(site.judging.day.tolist())
    pairs = itertools.product(site.planning.demand_kw, site.judging.demand_kw)
    assert not any(np.array_equal(a, b) for a, b in pairs)


def test_a_site_beyond_its_feeder_is_rejected() -> None:
    """Check that voltages judge: the same schedule at a site 30 times as large."""
    weak = opened(
        site={"connection_kw": 900.0, "points": 10, "point_kw": 150.0, "sessions_per_day": 300.0,
              "bus": "LV1.101 Bus 11"},
    )  # fmt: skip
    idle = torch.zeros(1, STEPS, dtype=torch.float64)
    names = [q.name for q in weak.quantities]
    found = weak.verifier.measure(idle)[0, names.index("min_voltage")]
    assert float(found) < 0.9


@pytest.mark.parametrize(
    ("setup", "expected"),
    [
        ({"battery": {"efficiency": 92.0}}, "Write efficiency = 0.92"),
        ({"battery": {"start": 50.0}}, "Write start = 0.5"),
        ({"battery": {"energy_kwh": 0.2}}, "write energy_kwh = 200"),
        ({"battery": {"power_kw": 400.0, "energy_kwh": 800.0}}, "power_kw = 400"),
        ({"site": {"bus": "LV1.101 Bus 99"}}, "bus of the feeder"),
        ({"date": "14 July"}, "a date such as"),
        ({"prices": "epex_de"}, "INGENIUM_EPEX_DE"),
        ({"prices": "nowhere.csv"}, "no file at"),
        ({"site": {"demand": "nowhere.csv"}}, "no file at"),
    ],
)
def test_bad_setups_say_what_to_write(
    setup: dict[str, Any], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INGENIUM_EPEX_DE", raising=False)
    with pytest.raises(InputError) as error:
        opened(**setup)
    assert expected in str(error.value)


def prices(path: Path, *, skip: int = -1, factor: float = 1.0) -> str:
    hours = np.datetime64("2023-06-01T00", "h") + np.arange(24 * 40)
    values = factor * (50.0 + 60.0 * np.sin(np.arange(len(hours)) / 24 * 2 * np.pi))
    rows = [f"{t}:00,{v:.4f}" for i, (t, v) in enumerate(zip(hours, values, strict=True))
            if i != skip]  # fmt: skip
    path.write_text("time,price_eur_per_mwh\n" + "\n".join(rows) + "\n")
    return str(path)


def demand(path: Path, factor: float = 1.0) -> str:
    steps = np.datetime64("2023-06-01T00:00", "m") + 15 * np.arange(STEPS * 8)
    values = factor * 40.0 * (1.0 + np.sin(np.arange(len(steps)) / 7.0))
    rows = [f"{t},{v:.3f}" for t, v in zip(steps, values, strict=True)]
    path.write_text("time,demand_kw\n" + "\n".join(rows) + "\n")
    return str(path)


def test_own_prices_and_demand_are_used(tmp_path: Path) -> None:
    own = opened(
        date="2023-07-05",
        prices=prices(tmp_path / "prices.csv"),
        site={"demand": demand(tmp_path / "demand.csv")},
    )
    assert own.site.judging.price.min() < 0.0
    assert any("negative prices" in note for note in own.notes)
    assert own.site.judging.demand_kw.max() == pytest.approx(80.0, abs=0.2)


def test_own_files_in_other_units_are_refused(tmp_path: Path) -> None:
    day = "2023-07-05"
    with pytest.raises(InputError, match="multiply by 1000"):
        opened(date=day, prices=prices(tmp_path / "a.csv", factor=0.001))
    with pytest.raises(InputError, match="23 rows of"):
        opened(date=day, prices=prices(tmp_path / "b.csv", skip=24 * 9 + 5))
    with pytest.raises(InputError, match="probably in MW"):
        opened(site={"demand": demand(tmp_path / "c.csv", 0.001)})


def test_other_scenarios_change_the_digest(site: StorageSite) -> None:
    other = replace(site, judging=site.fresh)
    assert other.digest != site.digest
