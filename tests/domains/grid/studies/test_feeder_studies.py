"""Studies on real feeders, held against days whose outcome is known."""

import numpy as np
import pytest

from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.grid.feeder_day import FeederDay
from ingenium.domains.grid.studies import operating_envelopes
from ingenium.domains.grid.studies.operating_envelopes import SIDES, Ahead


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
