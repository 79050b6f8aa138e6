"""Weeks of a feeder: midnights, batteries and the weeks of the data, against closed forms."""

import json

import numpy as np
import pytest
import torch
import xarray as xr

from ingenium.core.designs import to_arrays
from ingenium.domains.grid.data.dataset import STEPS, VARIABLES
from ingenium.domains.grid.feeder.battery import Batteries
from ingenium.domains.grid.feeder.feeder_week import WEEK, FeederWeek
from ingenium.testing import opened

SETUP = {"grid": "1-LV-rural1--1-sw"}


@pytest.fixture(scope="module")
def weeks(own_folders) -> tuple[FeederWeek, xr.Dataset]:
    problem, known = opened("grid.feeder_week", json.dumps(SETUP))
    assert isinstance(problem, FeederWeek)
    return problem, known


def test_energy_after_a_dispatch_is_that_of_the_dispatch():
    cells = Batteries(("a", "b"), np.array([1.0, 2.0]), np.array([3.0, 5.0]))
    power, energy = cells.dispatch(np.random.default_rng(0).normal(0, 3, (4, 200)))
    np.testing.assert_allclose(cells.energy_after(power), energy[:, :, 1:], atol=1e-12)
    assert cells.beyond(power).max() < 1e-12


def test_a_battery_that_gives_for_ever_is_seen():
    cell = Batteries(("a",), np.array([1.0]), np.array([2.0]), efficiency=1.0)
    power = np.ones((1, 1, 8))  # 2 MWh out of the 1 that is in it
    assert cell.beyond(power) == pytest.approx(0.5)
    assert cell.beyond(-power) == pytest.approx(0.5)
    assert cell.beyond(power[:, :, :4]) == 0


def test_known_weeks_begin_on_mondays_and_are_those_of_the_year(weeks):
    problem, known = weeks
    monday = known["date"].to_numpy().astype("datetime64[D]")
    assert set((monday.astype(int) + 3) % 7) == {0}
    table = problem.feeder.table
    first = int(np.flatnonzero(table.dates == monday[5])[0])
    day = known["load_p"].to_numpy()[5, :, 2 * STEPS : 3 * STEPS]
    np.testing.assert_array_equal(day, table.load_p[first + 2])
    held = known["group"].to_numpy()[known["held_out"].to_numpy()]
    assert 8 <= len(held) <= 12


def test_a_jump_over_midnight_is_told_from_other_changes(weeks):
    """Net load rises by 1 each step and by 5 over midnight."""
    problem, _ = weeks
    step = np.ones(WEEK)
    step[STEPS::STEPS] = 5.0
    load = torch.as_tensor(step.cumsum() / 1e4).expand(1, problem.sizes["load_profile"], -1)
    none = torch.zeros(1, problem.sizes["infeed_profile"], WEEK, dtype=torch.float64)
    found = problem.verifier.measure(load.clone(), 0 * load, none)
    at = [q.name for q in problem.quantities].index("midnight_jump")
    assert float(found[0, at]) == pytest.approx(5.0)


def test_proposals_are_projected_to_what_batteries_and_the_sun_can_do(weeks):
    problem, known = weeks
    some = known.isel(design=[3, 25])
    load_p, load_q, infeed_p = to_arrays(some, VARIABLES)
    onto = problem.project({}, some)
    fair = onto((load_p, load_q, infeed_p))
    wild = onto((load_p - 1.0, load_q, infeed_p + 1.0))
    names = [q.name for q in problem.quantities]
    for arrays in (fair, wild):
        found = problem.verifier.measure(*arrays)
        assert float(found[:, names.index("storage_beyond")].max()) < 1e-12
    assert float(wild[0].min()) == 0
    solar = known["infeed_kind"].to_numpy() == "solar"
    assert (
        float(wild[2][:, torch.as_tensor(solar), :8].abs().max()) == 0
    )  # two hours after midnight
    torch.testing.assert_close(fair[0], load_p)
