"""Forecasts of load series: scores by hand and by scikit-learn, calibrated bands, and files."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from typer.testing import CliRunner

from ingenium.cli.app import app
from ingenium.core.errors import InputError
from ingenium.core.spec import Spec, load
from ingenium.domains import open_problem
from ingenium.domains.grid.consumers.forecasters import LEVELS, DayAhead, Earlier, Ridge, Scenarios
from ingenium.domains.grid.consumers.hindsight import Hindsight, SklearnScores, pinball
from ingenium.domains.grid.consumers.load_forecast import Forecast
from ingenium.domains.grid.consumers.load_series import CALENDAR, LAGS, LoadSeries
from ingenium.generators import families
from ingenium.train.plan import Plan

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "how-to" / "forecasts.md"
STEPS = 96


def series(days: int = 70, names: tuple[str, ...] = ("a", "b"), seed: int = 0) -> LoadSeries:
    """Noise around a repeated day, with every fifth week held out."""
    rng = np.random.default_rng(seed)
    day = 1 + np.sin(np.arange(STEPS) / 48 * np.pi)
    load = day + 0.2 * rng.normal(size=(len(names), days, STEPS))
    dates = np.datetime64("2016-01-04") + np.arange(days)
    return LoadSeries(names, dates, load, np.arange(days) // 7 % 5 != 4)


def measured(judge: Hindsight, quantiles: np.ndarray, day: float) -> dict[str, float]:
    """Measure one forecast, whose quantiles are given as (q, s, t)."""
    arrays = [torch.as_tensor(q)[None] for q in quantiles]
    found = judge.measure(*arrays, torch.tensor([day], dtype=torch.float64))[0].tolist()
    return dict(zip([q.name for q in judge.quantities], found, strict=True))


def test_scores_are_those_by_hand():
    own = series()
    judge, day = Hindsight(own), int(own.ahead[30])
    truth = own.load[:, day]
    off = np.array([-0.4, -0.1, 0.1, 0.3, 0.5])[:, None, None]
    found = measured(judge, truth + off, float(own.number[day]))
    scale = own.spread[:, None]
    assert found["mae"] == pytest.approx(float((0.1 / scale).mean()))
    # below its quantile, a step costs 1 less the level of it; above, the level
    loss = np.where(off > 0, (1 - np.array(LEVELS))[:, None, None] * off, 0)
    loss = loss - np.where(off < 0, np.array(LEVELS)[:, None, None] * off, 0)
    assert found["pinball"] == pytest.approx(float((loss / scale).mean()))
    assert found["coverage_50"] == found["coverage_90"] == 1.0
    assert found["width_90"] == pytest.approx(0.9 / own.mean.mean())
    earlier = np.abs(own.load[:, day - 1] - truth) / scale
    assert found["skill_persistence"] == pytest.approx(1 - found["mae"] / earlier.mean())


def test_scikit_learn_scores_alike():
    own = series()
    judge, day = Hindsight(own), float(own.number[own.ahead[12]])
    quantiles = np.sort(np.random.default_rng(1).normal(1, 1, (5, 2, STEPS)), 0)
    mine = measured(judge, quantiles, day)
    arrays = [torch.as_tensor(q)[None] for q in quantiles]
    theirs = SklearnScores(judge).measure(*arrays, torch.tensor([day], dtype=torch.float64))[0]
    assert theirs.tolist() == pytest.approx([mine["mae"], mine["pinball"]], rel=1e-12)


def test_steps_without_doubt_count_at_the_nominal_level():
    own = series()
    judge, day = Hindsight(own), int(own.ahead[20])
    same = np.repeat(own.load[None, :, day], 5, 0)
    assert measured(judge, same, float(own.number[day]))["coverage_90"] == pytest.approx(0.9)
    assert measured(judge, same + 0.1, float(own.number[day]))["coverage_90"] == 0


def test_crossed_quantiles_and_other_days_have_no_answer():
    own = series()
    judge, day = Hindsight(own), int(own.ahead[20])
    same = np.repeat(own.load[None, :, day], 5, 0)
    crossed = same + np.array([0.1, 0, 0, 0, 0])[:, None, None]
    assert np.isnan(measured(judge, crossed, float(own.number[day]))["mae"])
    for other in (3.0, 20.5, 1e6):  # without a week before, no day, after the data
        assert np.isnan(measured(judge, same, other)["mae"])


def test_loss_is_least_at_the_quantiles():
    """Quantiles of a normal distribution: no shift of any of them does better."""
    y = np.random.default_rng(0).normal(size=(1, 1, 100_000))
    best = np.array([-1.6449, -0.6745, 0, 0.6745, 1.6449])[None, :, None, None] + np.zeros(
        (1, 5, 1, y.size)
    )
    at_best = pinball(best, y)[0]
    for q in range(5):
        for by in (-0.1, 0.1):
            moved = best + by * (np.arange(5) == q)[None, :, None, None]
            assert pinball(moved, y)[0] > at_best


@pytest.mark.parametrize("make", [lambda: Earlier(0), Ridge, lambda: Scenarios("bootstrap", STEPS)])
def test_bands_hold_what_they_say_of_days_like_the_known_ones(make):
    """Test any forecaster, also one whose errors are twice the noise or unknown."""
    own = series(days=400)
    days = own.ahead
    cond = torch.as_tensor(own.condition(days), dtype=torch.float32)
    happened = torch.as_tensor(own.standard(own.load[:, days])).transpose(0, 1)
    x = happened.repeat(1, len(LEVELS), 1).float()
    train = torch.as_tensor(own.train[days])
    family = DayAhead(make, 2, STEPS)
    family.fit(x[train], cond[train], Plan())
    found = family.propose(cond[~train], torch.Generator().manual_seed(0)).double()
    quantiles = found.unflatten(1, (5, 2))
    y = happened[~train]
    below = [(y <= quantiles[:, q]).double().mean().item() for q in range(5)]
    assert below == pytest.approx(LEVELS, abs=0.02)


def test_a_single_quantile_falls_short_as_often_as_its_level_says():
    own = series(days=400)
    cond = torch.as_tensor(own.condition(own.ahead), dtype=torch.float32)
    y = torch.as_tensor(own.standard(own.load[:, own.ahead])).transpose(0, 1)
    train = torch.as_tensor(own.train[own.ahead])
    family = DayAhead(Ridge, 2, STEPS, levels=(0.1,))
    family.fit(y[train].float(), cond[train], Plan())
    found = family.propose(cond[~train], torch.Generator())
    assert (y[~train] < found).double().mean().item() == pytest.approx(0.1, abs=0.015)


def test_a_forecaster_is_the_same_after_its_state_was_kept():
    own = series(days=100)
    cond = torch.as_tensor(own.condition(own.ahead), dtype=torch.float32)
    x = torch.as_tensor(own.standard(own.load[:, own.ahead])).transpose(0, 1).repeat(1, 5, 1)
    first, again = (DayAhead(Ridge, 2, STEPS) for _ in range(2))
    first.fit(x.float(), cond, Plan())
    again.load_state_dict(first.state_dict())
    rng = torch.Generator()
    assert torch.equal(first.propose(cond, rng), again.propose(cond, rng))


def test_what_is_told_ends_at_midnight():
    """The day itself, and any after it, changes none of its inputs."""
    own = series()
    day = own.ahead[[10]]
    condition = own.condition(day)
    assert condition.shape == (1, CALENDAR + 2 * len(LAGS) * STEPS)
    later = LoadSeries(own.names, own.dates, own.load.copy(), own.train)
    later.load[:, day[0] :] += 100
    later.__dict__.update(mean=own.mean, spread=own.spread)
    np.testing.assert_array_equal(later.condition(day), condition)
    assert not np.array_equal(own.condition(day + 1), condition)


@pytest.fixture(scope="module")
def problem(own_folders) -> Forecast:
    found = open_problem(Spec(problem="grid.forecast", setup={"crowd": 3}))
    assert isinstance(found, Forecast)
    return found


def test_days_that_are_asked_for_were_not_learned_from(problem):
    queries = problem.queries(problem.data())
    assert bool(queries["held_out"].all())
    assert len(np.unique(queries["group"])) > 8


def test_every_family_of_the_engine_is_calibrated_here(problem):
    names = problem.baselines()
    assert {"persistence", "last_week", "ridge", "combination"} < set(names)
    assert {"gaussian_copula", "residual_bootstrap", "flow_matching"} < set(names)
    assert set(names) - {"persistence", "last_week", "ridge", "combination"} <= {*families.NAMES}


def test_crowds_are_means_of_classes(problem):
    alone = open_problem(Spec(problem="grid.forecast"))
    assert isinstance(alone, Forecast)
    np.testing.assert_allclose(problem.series.load[0], alone.series.load[:3].mean(0))
    assert problem.series.names[0] == "+".join(alone.series.names[:3])
    with pytest.raises(InputError, match="crowd = 6"):
        open_problem(Spec(problem="grid.forecast", setup={"crowd": 7}))


def write_own(folder: Path, hole: int | None = None) -> Path:
    """Ten weeks of two series of one's own in kW, maybe with a day that lacks a row."""
    own = series()
    stamps = pd.date_range("2016-01-04", periods=own.load[0].size, freq="15min")
    frame = pd.DataFrame({"time": stamps.astype(str)})
    for name, values in zip(("house", "bakery"), own.load, strict=True):
        frame[name] = values.ravel()
    if hole is not None:
        frame = frame.drop(index=hole * STEPS + 5)
    frame.to_csv(folder / "loads.csv", index=False)
    return folder / "loads.csv"


def test_series_of_ones_own_are_read_and_days_with_gaps_left_out(tmp_path):
    setup = {"profiles": str(write_own(tmp_path, hole=30)), "columns": ["house", "bakery"]}
    found = open_problem(Spec(problem="grid.forecast", setup=setup))
    assert isinstance(found, Forecast)
    assert found.sizes == {"series": 2, "time": STEPS}
    assert {v.unit for v in found.variables[:-1]} == {"kW"}
    # not the day itself, the one after it, nor the same day a week later
    assert not {30.0, 31.0, 37.0} & set(found.data()["day"].to_numpy().tolist())
    np.testing.assert_allclose(found.series.load, np.delete(series().load, 30, 1), rtol=1e-12)
    with pytest.raises(InputError, match="profiles and columns together"):
        open_problem(Spec(problem="grid.forecast", setup={"profiles": setup["profiles"]}))
    wrong = setup | {"columns": ["garage"]}
    with pytest.raises(InputError, match="garage"):
        open_problem(Spec(problem="grid.forecast", setup=wrong))


@pytest.mark.slow
def test_the_page_runs(own_folders, tmp_path, monkeypatch):
    """Run the page's command on one's own series, with its spec."""
    text = PAGE.read_text(encoding="utf-8")
    (tmp_path / "loads.toml").write_text(re.findall(r"```toml\n(.*?)```", text, re.S)[0])
    write_own(tmp_path)
    monkeypatch.chdir(tmp_path)
    line = next(x for x in text.splitlines() if "--spec loads.toml" in x)
    done = CliRunner().invoke(app, [*shlex.split(line)[1:], "--json"])
    assert done.exit_code == 0, done.output
    condition = json.loads(done.stdout)["summary"]
    assert condition["accepted"] > 0
    assert (tmp_path / "out" / "tomorrow" / "report.html").is_file()


def test_the_example_is_of_days_ahead():
    assert load(ROOT / "examples" / "grid" / "day_ahead.toml").problem == "grid.forecast"


@pytest.mark.slow
def test_a_trained_family_is_fitted_for_each_series_and_part(own_folders, tmp_path):
    """Fit with a checkpoint, as in every run: the fits inside are of different kinds."""
    own = series(days=60)
    cond = torch.as_tensor(own.condition(own.ahead), dtype=torch.float32)
    y = torch.as_tensor(own.standard(own.load[:, own.ahead])).transpose(0, 1)
    family = DayAhead(lambda: Scenarios("vae", STEPS), 2, STEPS, levels=(0.1,))
    family.fit(y.float(), cond, Plan(steps=2, checkpoint=tmp_path / "fit"))
    found = family.propose(cond, torch.Generator().manual_seed(0))
    assert bool(found.isfinite().all())
