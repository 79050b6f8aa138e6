"""Studies of load on synthetic days whose truth is known."""

from dataclasses import replace
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.evaluate.trials import Readings
from ingenium.generators.classical import NearestNeighbours, NeighbourSettings, RandomProposal
from ingenium.generators.flow import Flow
from ingenium.train.plan import Plan
from ingenium_book.studies.grid import day_ahead, diffusion_load, flow_load, home_hours, load_hours
from ingenium_book.studies.grid.ahead_comparison import AheadComparison
from ingenium_book.studies.grid.day_ahead import (
    CHECK,
    DAY,
    HELD,
    LEARN,
    MEAN,
    NOTHING,
    AheadDays,
    AheadWork,
    ahead_days,
    makers,
    settings,
)
from ingenium_book.studies.grid.quantile_regression import LEVELS, QuantileRegression

DATES = np.arange("2016-01-04", "2016-07-04", dtype="datetime64[D]")
WARMTH = np.random.default_rng(1).normal(size=(len(DATES), 1)) * np.ones(24)
WARMER = WARMTH - sum(np.roll(WARMTH, k, 0) for k in range(1, 8)) / 7  # than the week before


def days_of(load: np.ndarray) -> AheadDays:
    return ahead_days(load, load_hours.parts(DATES), DATES, load_hours.us_calendar(DATES), [WARMER])


@pytest.fixture(scope="module")
def load() -> np.ndarray:
    """Two series that follow the warmth of the day, with noise of a hundredth."""
    rng = np.random.default_rng(0)
    course = 2 + np.sin(2 * np.pi * np.arange(24) / 24)
    noise = 0.01 * rng.normal(size=(2, len(DATES), 24))
    return np.array([[[3.0]], [[50.0]]]) * course * np.exp(0.2 * WARMTH + noise)


@pytest.fixture(scope="module")
def days(load: np.ndarray) -> AheadDays:
    return days_of(load)


def test_a_day_is_told_what_was_known_at_midnight(load, days):
    """Another load from some held-out day on changes no earlier input."""
    assert len(days.load) == 2 * (len(DATES) - 7)
    np.testing.assert_allclose(days.before[0][1:170], days.load[:169])
    np.testing.assert_allclose(days.before[1][7:170], days.load[:163])
    part = np.repeat([LEARN, CHECK, HELD], [120, 30, len(DATES) - 150])
    at, later = 160, load.copy()
    later[:, at:] *= 3
    one, other = (ahead_days(x, part, DATES, WARMTH[:, :1], [WARMTH]) for x in (load, later))
    assert not np.isclose(other.load[at - 7], one.load[at - 7]).any()
    torch.testing.assert_close(other.cond[: at - 6], one.cond[: at - 6])
    np.testing.assert_array_equal(other.recent[: at - 6], one.recent[: at - 6])
    assert not torch.equal(other.cond[at - 6], one.cond[at - 6])


def test_parts_are_whole_weeks(days):
    for k in (LEARN, CHECK, HELD):
        others = set(days.week[days.rows(*{LEARN, CHECK, HELD} - {k})])
        assert set(days.week[days.rows(k)]).isdisjoint(others)


def test_loads_are_the_inverse_of_their_logarithms(days):
    rows = days.rows(HELD)
    back = days.loads(days.standard(days.load[rows], rows), rows)
    np.testing.assert_allclose(back, days.load[rows], rtol=1e-12)
    assert days.load.mean() == pytest.approx(1, abs=0.1)


def test_gaps_between_days_are_refused():
    late = np.delete(DATES, 5)
    part, reported = np.zeros(len(late), int), np.ones((len(late), 1))
    with pytest.raises(InputError, match="without gaps"):
        ahead_days(np.ones((1, len(late), 24)), part, late, reported)


@pytest.mark.parametrize("around", [NOTHING, DAY, MEAN])
def test_a_forecast_with_its_own_errors(days, around):
    """Around the mean, which the warmth fixes, errors are those of the noise alone."""
    (setting,) = settings((around,), makers(NearestNeighbours, NeighbourSettings, k=(60,)))
    made = day_ahead.fit(setting, days, days.rows(LEARN), 0, 1.0)
    found = day_ahead.score(made, 20, torch.Generator().manual_seed(0))
    noise = 0.01 / np.sqrt(np.pi)  # the CRPS of a normal forecast that is right
    if around == MEAN:
        assert noise < found["crps"].mean() < 2.5 * noise
    else:
        assert found["crps"].mean() > 3 * noise


def test_tuning_finds_the_setting_that_is_right(days):
    wrong = settings((NOTHING,), {"hour by hour": RandomProposal})
    right = settings((MEAN,), makers(NearestNeighbours, NeighbourSettings, k=(60,)))
    assert day_ahead.tuned(wrong + right, days, AheadWork(members=10)) == 1
    assert day_ahead.tuned(right + wrong, days, AheadWork(members=10)) == 0
    assert day_ahead.tuned(wrong + right, days, AheadWork(tries=1)) == 0


def test_quantiles_without_conditions_are_those_of_the_rows():
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(400, 2, generator=rng).exp()
    model = QuantileRegression((2,), 1, steps=50)
    model.fit(x, torch.zeros(400, 1), Plan())
    known = model.quantiles(torch.zeros(1, 1))[0]
    levels = (torch.arange(LEVELS) + 0.5) / LEVELS
    below = (x[..., None] <= known).to(x.dtype).mean(0)  # the loss is flat between two rows
    torch.testing.assert_close(below, levels.expand(2, -1), atol=2.5 / len(x), rtol=0.0)


def test_quantiles_follow_the_conditions_and_draws_hang_together():
    """y = c + (1 + c / 2) e with one e for both numbers: all quantiles are linear in c."""
    rng = torch.Generator().manual_seed(0)
    cond = torch.rand(3000, 1, generator=rng) * 2 - 1
    error = torch.randn(3000, 1, generator=rng)
    x = torch.cat([cond + (1 + cond / 2) * error] * 2, 1)
    model = QuantileRegression((2,), 1, ridge=0.0)
    model.fit(x, cond, Plan())
    requested = torch.tensor([[-0.8], [0.8]])
    truth = requested + (1 + requested / 2) * torch.special.ndtri(model.levels(x))
    for number in range(2):
        torch.testing.assert_close(
            model.quantiles(requested)[:, number], truth, atol=0.25, rtol=0.0
        )
    drawn = model.propose(requested[:1].repeat(2000, 1), rng)
    assert float(drawn.std(0)[0]) == pytest.approx(0.6, rel=0.08)
    assert float(torch.corrcoef(drawn.T)[0, 1]) > 0.99


def test_a_flow_inverts_and_a_broken_one_is_seen():
    cond = torch.randn(20, 8, generator=torch.Generator().manual_seed(0))
    assert flow_load.round_trip(Flow((24,), 8), cond) < 1e-9

    class Shifted(Flow):
        def to_noise(self, x, cond):
            return super().to_noise(x, cond) + 1e-3

    assert flow_load.round_trip(Shifted((24,), 8), cond) > 1e-4


MODULES = pytest.mark.parametrize("module", [flow_load, diffusion_load])


def elsewhere(module: ModuleType, days: AheadDays, monkeypatch) -> AheadComparison:
    """The comparison of a study, on other days."""
    comparison = replace(
        module.COMPARISON, places=dict.fromkeys(module.COMPARISON.places, lambda: days)
    )
    monkeypatch.setattr(module, "COMPARISON", comparison)
    return comparison


CURVE = {
    "curve_step": [100.0, 200.0],
    "curve_training": [1.0, 0.4],
    "curve_held_out": [1.0, 0.5],
    "curve_nothing": 2.0,
}


def planted(comparison: AheadComparison, days: AheadDays) -> Readings:
    """The first family errs half as much as all others, on every day and with every seed."""
    errs = np.random.default_rng(0).gamma(4, 1, len(days.rows(HELD)))
    pieces = {
        name: [
            dict.fromkeys(day_ahead.MEASURES, (0.5 if arm.family == comparison.first else 1) * errs)
            | {"kept": 0, **CURVE, "round_trip": 1e-12 * (s + 1)}
            for s in range(2)
        ]
        for name, arm in comparison.arms.items()
    }
    return Readings((0, 1), pieces)


@MODULES
def test_gains_of_planted_scores_are_what_they_must_be(days, monkeypatch, module):
    comparison = elsewhere(module, days, monkeypatch)
    found = planted(comparison, days)
    values = module.read(found)
    gains = {k: v for k, v in values.items() if "gain" in k and "half" not in k}
    assert len(gains) > 8
    for value in gains.values():
        assert value.interval.value == pytest.approx(50)
        assert value.by_seed == pytest.approx((50, 50))
    control = comparison.control(found)
    assert control.over_nearest.low > 0
    assert control.curve is not None
    assert control.curve.held_out == (1.0, 0.5)
    if module is flow_load:
        assert values["round_trip"].interval.value == 2e-12


@MODULES
def test_a_control_that_look_up_beats_convinces_nobody(days, monkeypatch, module):
    comparison = elsewhere(module, days, monkeypatch)
    found = planted(comparison, days)
    lookup = list(comparison.families)[-2]
    for piece in found.pieces[lookup]:
        piece["crps"] = 0.4 * piece["crps"]
    assert not comparison.control(found).convincing


@MODULES
def test_a_piece_of_each_arm(days, monkeypatch, module):
    comparison = elsewhere(module, days, monkeypatch)
    work = AheadWork(steps=0.002, tries=1, members=4)
    for arm in comparison.arms.values():
        piece = comparison.piece(arm, 0, work)
        assert {len(np.atleast_1d(piece[m])) for m in day_ahead.MEASURES} == {len(days.rows(HELD))}
        assert ("round_trip" in piece) == (arm.family == "flow")


def test_a_utility_is_read_from_the_file_of_its_owner(tmp_path, monkeypatch):
    hours = pd.date_range("2002-01-01", "2007-12-31 23:00", freq="h")
    rows = pd.DataFrame({"Year": hours.year, "Month": hours.month, "Day": hours.day})
    rows["Load"] = np.where(hours.year < 2007, 1e6 + 1e5 * hours.hour, np.nan)
    rows[load_hours.STATIONS] = 70.0
    rows.to_csv(tmp_path / load_hours.FILES[0], index=False)
    monkeypatch.setenv(load_hours.PLACE, str(tmp_path))
    days = load_hours.utility.__wrapped__()
    assert [len(days.rows(k)) for k in (LEARN, CHECK, HELD)] == [1096 - 7, 365, 365]
    assert days.load[0, 12] / days.load[0, 0] == pytest.approx(2.2)
    monkeypatch.delenv(load_hours.PLACE)
    with pytest.raises(InputError, match=load_hours.PLACE):
        load_hours.utility.__wrapped__()


def test_homes_that_rest_for_months_are_left_out(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    for name in home_hours.HOMES:
        load = rng.gamma(2, 0.5, 8760)
        load[: 3000 if name == "Building_12.csv" else 0] = 1e-7
        pd.DataFrame({home_hours.LOAD: load}).to_csv(tmp_path / name)
    weather = pd.DataFrame({home_hours.WARMTH: rng.normal(size=8760)})
    weather[home_hours.SUN] = 1.0
    weather.to_csv(tmp_path / home_hours.WEATHER)
    monkeypatch.setenv(home_hours.PLACE, str(tmp_path))
    days = home_hours.homes.__wrapped__()
    assert len(days.load) == 16 * (364 - 7)
