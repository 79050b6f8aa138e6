"""The site as a plant: contract, limits that nothing leaves, worth, and the rolling programme."""

import numpy as np
import pytest
import torch

from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.grid.storage.machine import CHARGE, StoragePlant
from ingenium.domains.grid.storage.policies import RollingProgramme
from ingenium.domains.grid.storage.problem import SiteStorage
from ingenium.operate.drill import Drill
from ingenium.operate.filtering import nearest
from ingenium.operate.plant import Operated, Plant
from ingenium.operate.rollout import rollout
from ingenium.operate.running import Operation
from ingenium.operate.shell import Shell

DAY = 96


@pytest.fixture(scope="module")
def problem() -> SiteStorage:
    setup = {"scenarios": 4, "planning": 6, "known": 20}
    found = open_problem(Spec(problem="grid.storage", setup=setup))
    assert isinstance(found, SiteStorage)
    return found


class Reckless:
    """Full power, now here and now there."""

    name = "reckless"

    def begin(self, n: int) -> np.ndarray:
        return np.zeros((n, 1))

    def act(self, memory: np.ndarray, seen: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        return np.where(memory[:, :1] % 14 < 7, -100.0, 100.0)

    def learn(
        self, memory: np.ndarray, seen: np.ndarray, wanted: np.ndarray, applied: np.ndarray
    ) -> np.ndarray:
        return memory + 1


def test_it_is_a_plant(problem: SiteStorage) -> None:
    assert isinstance(problem, Operated)
    assert isinstance(problem.plant, Plant)
    assert problem.held_out.name != problem.plant.name


def test_no_policy_leaves_the_battery_or_charges_through_a_full_connection(
    problem: SiteStorage,
) -> None:
    plant = problem.plant
    assert isinstance(plant, StoragePlant)
    found = rollout(
        plant, Reckless(), np.arange(20), 7 * DAY,
        decide=lambda seen, u: nearest(u, plant.barrier(seen).rows, plant.barrier(seen).bounds)[0],
    )  # fmt: skip
    assert not found.outside(plant).any()
    charging = found.action[..., 0] < -1e-6
    taken = found.truth[..., 1] - found.action[..., 0]
    assert charging.any()
    assert taken[charging].max() <= plant.site.site.connection_kw + 1e-6


def test_scenarios_do_not_depend_on_their_neighbours(problem: SiteStorage) -> None:
    plant = problem.plant
    both = rollout(plant, Reckless(), np.array([3, 8]), DAY)
    alone = rollout(plant, Reckless(), np.array([8]), DAY)
    np.testing.assert_array_equal(both.truth[:, 1:], alone.truth)
    np.testing.assert_array_equal(both.worth[:, 1:], alone.worth)


def test_worth_is_the_bill_of_the_day(problem: SiteStorage) -> None:
    """Compare with sums over a day, the power from the charge."""
    plant = problem.plant
    assert isinstance(plant, StoragePlant)
    found = rollout(plant, problem.families["idle"](0), np.array([5]), DAY + 1)
    demand, price = plant.week(5)[:, :DAY]
    own, battery = plant.site.site, plant.site.battery
    charge = torch.as_tensor(found.truth[:, 0, CHARGE])
    power = battery.outside_kw((charge[:-1] * battery.left - charge[1:]) * 4).numpy()
    totals = found.worth[:DAY, 0].sum(0) / 4
    missed = (demand - power - own.connection_kw).clip(min=0.0)
    taken = demand - power - missed
    bill = ((price / 1000 + own.fee_eur_per_kwh) * taken + own.missed_eur_per_kwh * missed).sum()
    wear = totals[2] / 100 / 0.2 * 250.0 * 200.0
    assert totals[0] == pytest.approx(bill / 4 + wear, rel=1e-9)
    assert totals[1] == pytest.approx(missed.sum() / 4, rel=1e-9)


def test_the_rolling_programme_beats_an_idle_battery_in_what_it_knows(problem: SiteStorage) -> None:
    plant = problem.plant
    assert isinstance(plant, StoragePlant)
    policy = RollingProgramme(plant, 0.03)
    assert isinstance(problem.families["mpc"](0), RollingProgramme)
    at = np.arange(3)
    rolled = rollout(plant, policy, at, DAY)
    reckless = rollout(plant, Reckless(), at, DAY)
    assert rolled.totals[:, 0].mean() < reckless.totals[:, 0].mean()
    assert rolled.truth[:, :, CHARGE].std() > 1.0


def test_a_stopped_run_resumes_with_the_same_bits(problem: SiteStorage, tmp_path) -> None:  # type: ignore[no-untyped-def]
    def made() -> Operation:
        policy = RollingProgramme(problem.plant, 0.03)  # type: ignore[arg-type]
        none = np.zeros(12, dtype=bool)
        return Operation(problem.plant, policy, Shell(problem.plant, None), Drill(), 12, 1, none)

    whole, part = made(), made()
    whole.run()
    for _ in range(6):
        part.step()
    part.store(tmp_path)
    again = made()
    assert again.resume(tmp_path)
    again.run()
    np.testing.assert_array_equal(again.table()["action"], whole.table()["action"])
