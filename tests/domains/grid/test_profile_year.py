"""Annual profiles: the calendar, statistics against a second computation, the family, files."""

from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr

from ingenium.core.designs import to_arrays
from ingenium.core.errors import InputError
from ingenium.domains.grid.consumers.classes import consumer_days
from ingenium.domains.grid.consumers.profile_year import KNOWN_YEARS, VARIABLES, ProfileYear
from ingenium.domains.grid.consumers.year_calendar import RealWeeks, YearCalendar
from ingenium.domains.grid.consumers.year_judge import WeekStatistics
from ingenium.domains.grid.consumers.year_of_days import YearOfDays
from ingenium.domains.grid.data.conditions import DAY_TYPES, day_types
from ingenium.testing import opened
from ingenium.train.plan import Plan

DATES = np.arange("2016-01-01", "2017-01-01", dtype="datetime64[D]")
ERRORS = slice(-7, None)


@pytest.fixture(scope="module")
def year(own_folders) -> ProfileYear:
    problem, _ = opened("grid.profile_year", "{}")
    assert isinstance(problem, ProfileYear)
    return problem


@pytest.fixture(scope="module")
def weeks() -> RealWeeks:
    return RealWeeks.of(DATES, every=5, seed=0)


@pytest.mark.parametrize("of", [2016, 2023, 2028])
def test_real_weeks_stand_near_their_place_on_days_of_their_kind(weeks: RealWeeks, of: int):
    target = YearCalendar.of(of)
    days = weeks.years(target, 5, np.random.default_rng(0), held_out=False)
    assert days.shape == (5, len(target.dates))
    assert (day_types(DATES)[days] == target.types).all()
    place = target.dates - np.datetime64(f"{of}-01-01")
    away = np.abs(days - place.astype(int))
    moved = np.minimum(away, 366 - away)  # the weeks round New Year are no whole ones of 2016
    assert moved[:, 30:-30].max() <= 3 * 7 + 6 + 3
    held = weeks.first[weeks.held_out][:, None] + np.arange(7)
    assert not np.isin(days, held).any()
    only = weeks.years(target, 5, np.random.default_rng(0), held_out=True)
    assert np.isin(only, held).all()


def test_days_of_a_week_stay_together(weeks: RealWeeks):
    """Most workdays are followed by their original next day."""
    days = weeks.years(YearCalendar.of(2016), 20, np.random.default_rng(0), held_out=False)
    assert (np.diff(days) == 1).mean() > 0.8


def test_weeks_that_are_compared_are_the_held_out_ones(weeks: RealWeeks):
    real, there = weeks.places(YearCalendar.of(2016))
    np.testing.assert_array_equal(real, there)
    moved, place = weeks.places(YearCalendar.of(2023))
    assert np.abs(moved - place).max() <= 4 + 3
    assert set((DATES[moved].astype(int) + 3) % 7) == set(range(7))


def test_the_real_year_has_no_error(year: ProfileYear):
    """Held-out weeks are in the comparison, and weeks that are not do not count."""
    own = consumer_days().of_group("household")
    load = own.load_p.reshape(6, 366, 24, 4).mean(3)
    load = load * (3500 / load.sum((1, 2)))[:, None, None]
    real = torch.as_tensor(load.reshape(1, 6, -1))
    found = year.judge.measure(real)[0]
    assert float(found[ERRORS].abs().max()) < 1e-12
    assert float(found[0]) == pytest.approx(3500)
    changed = load.copy()
    held = np.zeros(366, bool)
    held[year.judge.there.numpy()] = True
    changed[:, ~held] *= 3
    again = year.judge.measure(torch.as_tensor(changed.reshape(1, 6, -1)))[0]
    assert float(again[ERRORS].abs().max()) < 1e-12


def test_statistics_are_those_of_numpy(year: ProfileYear):
    rng = np.random.default_rng(0)
    load = rng.gamma(2, 1, (2, 3, 4, 7, 24))
    kind = torch.tensor([[0, 0, 0, 0, 0, 1, 2]] * 4)
    found = WeekStatistics.of(torch.as_tensor(load), kind)
    for i, own in enumerate(load):
        flat = own.reshape(3, -1)
        pairs = np.corrcoef(flat)[np.triu_indices(3, 1)]
        np.testing.assert_allclose(found.correlation[i], pairs, atol=1e-12)
        hours = own.reshape(3, 4, -1) - flat.mean(1)[:, None, None]
        for lag in (1, 24):
            later = (hours[..., lag:] * hours[..., :-lag]).mean((1, 2)) / flat.var(1)
            np.testing.assert_allclose(found.hourly[i, lag - 1], later, atol=1e-12)
        energy = own.sum(3)
        gap = energy - energy.mean((1, 2), keepdims=True)
        later = (gap[..., 6:] * gap[..., :-6]).mean((1, 2)) / energy.var((1, 2))
        np.testing.assert_allclose(found.daily[i, 5], later, atol=1e-12)
        falling = np.sort(flat.sum(0))[::-1] / flat.sum(0).mean()
        np.testing.assert_allclose(found.duration[i], falling, atol=1e-12)
        workday = (own[:, :, :5].mean((1, 2)) / flat.mean(1)[:, None]).mean(0)
        np.testing.assert_allclose(found.workday[i], workday, atol=1e-12)
        sunday = (own[:, :, 6].mean(1) / flat.mean(1)[:, None]).mean(0)
        np.testing.assert_allclose(found.weekend[i, 1], sunday, atol=1e-12)
        weekly = own.sum((0, 2, 3))
        np.testing.assert_allclose(found.season[i], weekly / weekly.mean(), atol=1e-12)


def _forged(year: ProfileYear, name: str) -> np.ndarray:
    """A year that preserves energy and peak nearly, and is wrong in one way."""
    load = year.data()["load"].to_numpy()[:1].copy()
    days = load.reshape(1, 6, -1, 24)
    if name == "consumers copied":
        return np.repeat(load.mean(1, keepdims=True), 6, 1)
    if name == "hours of each day mixed":
        mixed = np.random.default_rng(0).permuted(days, axis=3)
        return mixed.reshape(load.shape)
    if name == "twelve hours late":
        return np.roll(load, 12, axis=2)
    if name == "three days late":
        return np.roll(load, 72, axis=2)
    if name == "half a year late":
        return np.roll(load, 183 * 24 + 24, axis=2)
    if name == "each day its mean":
        return np.broadcast_to(days.mean(3, keepdims=True), days.shape).reshape(load.shape)
    return np.tile(load[:, :, 24 * 3 : 24 * 10], 53)[:, :, : load.shape[2]]


@pytest.mark.parametrize(
    ("name", "seen_by"),
    [
        ("consumers copied", "correlation_error"),
        ("hours of each day mixed", "hourly_error"),
        ("twelve hours late", "workday_error"),
        ("three days late", "workday_error"),
        ("half a year late", "season_error"),
        ("each day its mean", "duration_error"),
        ("one week all year", "daily_error"),
    ],
)
def test_a_wrong_year_breaks_the_limit_that_is_meant(year: ProfileYear, name: str, seen_by: str):
    found = dict(
        zip(
            (q.name for q in year.quantities),
            year.judge.measure(torch.as_tensor(_forged(year, name)))[0].tolist(),
            strict=True,
        )
    )
    limit = next(x for x in year.limits if x.quantity == seen_by)
    assert limit.at_most is not None
    assert found[seen_by] > limit.at_most, found


def test_years_of_real_weeks_hold_all_limits_on_errors(year: ProfileYear):
    known = year.judge.measure(*to_arrays(year.data().isel(design=slice(KNOWN_YEARS)), VARIABLES))
    names = [q.name for q in year.quantities]
    for limit in year.limits:
        worst = float(known[:, names.index(limit.quantity)].max())
        assert limit.at_most is None or worst <= limit.at_most, limit


@pytest.mark.slow
def test_the_family_learns_each_real_day_once_and_proposes_years(year: ProfileYear):
    """The second of two consumers is the first, doubled: correlation 1 in every year."""
    rng = torch.Generator().manual_seed(0)
    days, steps = 364, 24
    condition = torch.as_tensor(year.calendar.condition())[:days]
    family = YearOfDays((2, days * steps), 1, condition, torch.arange(days) // 7)
    base = 1 + torch.rand(1, days, steps, generator=rng)
    base = base * (1 + torch.cos(torch.arange(days) * 2 * torch.pi / days))[None, :, None]
    moved = torch.stack([base[0], base[0].roll(7, 0)])  # a week later: the same days
    x = torch.stack([moved, 2 * moved], 1).flatten(2)
    family.fit(x, torch.zeros(2, 1), Plan())
    assert family.levels.shape == (2, days, 2)
    made = family.propose(torch.zeros(3, 1), torch.Generator().manual_seed(1))
    assert made.shape == (3, 2, days * steps)
    for one in made:
        assert float(torch.corrcoef(one)[0, 1]) > 0.999
        energy = one[0].view(days, steps).sum(1)
        assert float(energy[:60].mean()) > 3 * float(energy[152:212].mean())  # as the season says
    again = YearOfDays((2, days * steps), 1, condition, torch.arange(days) // 7)
    again.load_state_dict(family.state_dict())
    same = again.propose(torch.zeros(3, 1), torch.Generator().manual_seed(1))
    torch.testing.assert_close(same, made, rtol=0, atol=0)


def test_a_fixed_energy_scales_a_neighbourhood(year: ProfileYear):
    from ingenium.core.spec import Fixed

    load = to_arrays(year.data().isel(design=[0, 1]), VARIABLES)[0]
    (scaled,) = year.project({"energy": Fixed(4200.0)}, xr.Dataset())((load,))
    assert year.judge.measure(scaled)[:, 0].tolist() == pytest.approx([4200.0, 4200.0])
    assert torch.allclose(scaled / load, (scaled / load)[:, :1, :1].expand_as(load))


def test_files_are_read_by_anybody_and_only_as_what_they_are(year: ProfileYear, tmp_path: Path):
    import pandas as pd

    one = year.data().isel(design=[3])
    for name in ("csv", "parquet"):
        (path,) = year.formats[name].write(one, tmp_path).values()
        frame = pd.read_csv(path) if name == "csv" else pd.read_parquet(path)
        times = pd.to_datetime(frame["time"])
        assert (times.iloc[0], len(times)) == (pd.Timestamp("2016-01-01"), 366 * 24)
        assert (times.diff().dropna() == pd.Timedelta(hours=1)).all()
        energy = frame["H0-A (kW)"].sum()
        assert energy == pytest.approx(float(one["load"][0, 0].sum()), rel=1e-6)
    path = tmp_path / "design_000003.csv"
    text = path.read_text()
    for old, new, condition in (
        ("2016-01-01 00:00", "2017-01-01 00:00", "times from 2016-01-01"),
        ("H0-A (kW)", "H0-A", "H0-A"),
        ("H0-A (kW)", "H0-B (kW)", "H0-A"),
    ):
        forged = tmp_path / "forged.csv"
        forged.write_text(text.replace(old, new, 1))
        with pytest.raises(InputError, match=condition):
            year.formats["csv"].read(forged)


@pytest.mark.parametrize(
    ("setup", "part"),
    [
        ('{"step_min": 7}', "step_min = 60"),
        ('{"year": 1815}', "year = 2016"),
        ('{"energy_kwh": -1.0}', "energy_kwh = 3500"),
        ('{"energy_kwh": 1e400}', "finite"),
        ('{"group": "house"}', "household"),
    ],
)
def test_a_setup_that_cannot_be_is_refused(own_folders, setup: str, part: str):
    with pytest.raises(InputError, match=part):
        opened("grid.profile_year", setup)


def test_kinds_of_days_are_told_in_one_order(year: ProfileYear):
    kinds = {DAY_TYPES[k] for k in year.judge.kind.tolist()}
    assert kinds == set(DAY_TYPES)


@pytest.mark.slow
def test_the_example_runs_and_replays(own_folders, tmp_path: Path):
    """Run the README's command, with fewer neighbourhoods."""
    from typer.testing import CliRunner

    from ingenium.cli.app import app

    spec = Path(__file__).parents[3] / "examples" / "grid" / "annual_profiles.toml"
    words = ["propose", "grid.profile_year", "--spec", str(spec), "-n", "70", "--format", "parquet"]
    done = CliRunner().invoke(app, [*words, "--out", str(tmp_path / "years")])
    assert done.exit_code == 0, done.output
    files = sorted((tmp_path / "years" / "designs").glob("*.parquet"))
    assert len(files) >= 60
    assert CliRunner().invoke(app, ["replay", str(tmp_path / "years")]).exit_code == 0
