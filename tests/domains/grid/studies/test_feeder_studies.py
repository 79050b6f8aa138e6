"""Studies on real feeders, held against days whose outcome is known."""

import numpy as np
import pytest
import torch
from ingenium.studies.rules import Status, decide

from ingenium.core.designs import to_arrays
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.grid.battery import Batteries
from ingenium.domains.grid.feeder_day import FeederDay
from ingenium.domains.grid.studies import operating_envelopes, power_weeks, solved_runs
from ingenium.domains.grid.studies.day_ahead import Work
from ingenium.domains.grid.studies.operating_envelopes import SIDES, Ahead
from ingenium.domains.grid.studies.power_weeks import Weeks
from ingenium.loop import silent
from ingenium.studies.study import Budget


def opened(grid: str) -> FeederDay:
    problem = open_problem(Spec(problem="grid.feeder_day", setup={"grid": grid}))
    assert isinstance(problem, FeederDay)
    return problem


@pytest.fixture(scope="module")
def ahead() -> Ahead:
    return Ahead.of(opened("1-LV-rural1--0-sw"))


def test_a_forecaster_knows_yesterday_alone(ahead):
    known = ahead.problem.data()
    dates = known["date"].to_numpy()
    before = np.searchsorted(dates, ahead.held["date"].to_numpy()) - 1
    assert (dates[before + 1] - dates[before] == np.timedelta64(1, "D")).all()
    for i, level in enumerate(("energy_level", "peak_level", "weather_level")):
        told = ahead.cond[:, 5 + i] / 12**0.5 + 0.5
        np.testing.assert_allclose(told, known[level].to_numpy()[before], atol=1e-6)
    assert ahead.held["held_out"].to_numpy().all()


def test_with_foresight_an_envelope_is_kept_and_above_it_every_step_breaks(ahead):
    kept = operating_envelopes._outcome(ahead, ahead.real)
    above = operating_envelopes._outcome(ahead, {k: v + 1e-3 for k, v in ahead.real.items()})
    for side in SIDES:
        assert kept[f"{side}_broken"].max() == 0
        assert above[f"{side}_broken"].min() == 100
        np.testing.assert_allclose(kept[f"{side}_kw"], 1000 * ahead.real[side].mean(1))


def test_yesterday_has_the_room_of_the_day_before(ahead):
    dates = ahead.held["date"].to_numpy()
    next_day = np.flatnonzero(np.diff(dates) == np.timedelta64(1, "D"))
    assert len(next_day) > 40
    for side in SIDES:
        before, now = ahead.real[side][next_day], ahead.yesterday[side][next_day + 1]
        np.testing.assert_allclose(now, before, atol=1e-9)


@pytest.mark.slow
def test_envelopes_run(ahead, tmp_path, monkeypatch):
    monkeypatch.setattr(operating_envelopes, "QUICK", Work(steps=3, members=4))
    found = operating_envelopes.measure_envelopes(
        ahead.problem, Budget((0,), True, tmp_path), silent
    )
    assert decide(operating_envelopes.STUDY.parts, found.values) in Status


@pytest.fixture(scope="module")
def weeks() -> Weeks:
    return Weeks.of(opened("1-LV-rural1--1-sw"))


@pytest.mark.slow
def test_real_weeks_look_like_the_real_year(weeks):
    known = to_arrays(weeks.known, weeks.problem.variables)
    real = weeks.solved(known, 1)
    whole = tuple(a[weeks.place] for a in known)
    rows = power_weeks.compare(weeks.solved(whole, 4), real, weeks, ("storage", "pv", "combined"))
    assert rows["combined_feasible"].shape == (16,)
    assert rows["storage_bounds"] < 1e-12
    assert 0.8 < rows["combined_midnight"] < 1.25  # sixteen weeks of the same year
    assert abs(rows["combined_day_to_day"] - rows["combined_day_to_day_real"]) < 0.25


@pytest.mark.slow
def test_a_run_is_solved_as_its_batteries_leave_it(weeks):
    problem, own = weeks.problem, Batteries.of(weeks.problem.feeder.verifier)
    cells = solved_runs.of_kind(problem, "storage")
    assert own.names == tuple(problem.feeder.table.names.infeed[i] for i in cells)
    days = tuple(a[:14] for a in to_arrays(weeks.known, problem.variables))
    course = weeks.solved(days, 2)
    bare, full = course["pv"], course["combined"]
    assert np.abs(bare.series["storage"]).max() == 0
    # What batteries give is not imported, but for what it changes of the losses.
    saved = bare.series["combined"] - full.series["combined"]
    assert np.abs(saved - full.series["storage"]).max() < 0.05 * full.series["storage"].max()
    load_p, load_q, infeed_p = days
    broken = weeks.solved((load_p * 1e4, load_q, torch.zeros_like(infeed_p)), 2)["pv"]
    assert not broken.feasible.any()


@pytest.mark.slow
def test_levels_of_runs_are_those_of_training_weeks(weeks):
    told = weeks.told(np.random.default_rng(0))
    group = weeks.known["group"].to_numpy()
    held = set(group[weeks.known["held_out"].to_numpy()].tolist())
    assert not held & set(weeks.donors.tolist())
    energy = weeks.known["energy_level"].to_numpy()
    sets = {tuple(energy[group == week]) for week in weeks.donors}
    for row in told["energy_level"].to_numpy().reshape(16, 7):
        assert tuple(row) in sets


@pytest.mark.slow
def test_power_weeks_run(weeks, tmp_path, monkeypatch):
    monkeypatch.setattr(power_weeks, "QUICK", Work(steps=3, members=1))
    found = power_weeks.measure_weeks(
        weeks, ("storage", "pv", "combined"), Budget((0,), True, tmp_path), silent
    )
    parts = [p for p in power_weeks.STUDY.parts if not p.name.startswith("wind")]
    assert decide(parts, found.values) in Status
