"""Studies of load on small made-up days whose truth is known."""

import numpy as np
import pytest
import torch
import xarray as xr

from ingenium.domains.grid.conditions import day_types, features
from ingenium.domains.grid.consumers import ConsumerDays
from ingenium.domains.grid.studies import (
    day_ahead,
    diffusion_load,
    flow_load,
)
from ingenium.domains.grid.studies.day_ahead import LoadDays, Work
from ingenium.evaluate.trials import Readings
from ingenium.generators import families
from ingenium.generators.flow import Flow

DATES = np.arange("2016-01-01", "2016-03-31", dtype="datetime64[D]")
HOURS = np.arange(96) / 4


def feeder_days(dates: np.ndarray = DATES) -> xr.Dataset:
    rng = np.random.default_rng(0)
    n = len(dates)
    course = 1 + np.sin(2 * np.pi * HOURS / 24)
    load = rng.gamma(4, 0.25, (n, 2, 1)) * course + rng.gamma(2, 0.05, (n, 2, 96))
    rank = np.argsort(np.argsort(load.sum((1, 2)))) / n
    week = (dates.astype(int) + 3) // 7
    first = dates.astype("datetime64[Y]").astype("datetime64[D]")
    coords = {
        "date": dates.astype("datetime64[ns]"),
        "day_of_year": (dates - first).astype(float) + 1,
        "day_type": day_types(dates),
        "energy_level": rank,
        "peak_level": rank[::-1],
        "weather_level": np.full(n, np.nan),
        "held_out": week % 4 == 1,
        "group": week,
    }
    return xr.Dataset(
        {"load_p": (("design", "load_profile", "time"), load)},
        {k: ("design", v) for k, v in coords.items()},
    )


def told(days: xr.Dataset) -> torch.Tensor:
    return torch.as_tensor(features(days), dtype=torch.float32)


@pytest.fixture(scope="module")
def load() -> LoadDays:
    return day_ahead.load_days(feeder_days(), np.array([True, False]), told)


def test_a_day_ahead_is_told_what_was_known_yesterday(load):
    days = feeder_days()
    held = days["held_out"].to_numpy()
    assert load.own.shape == ((~held)[1:].sum(), 1, 96)
    assert load.held.shape == (held[1:].sum(), 1, 96)
    place = np.flatnonzero(held[1:]) + 1
    yesterday = days["energy_level"].to_numpy()[place - 1]
    np.testing.assert_allclose(load.held_cond[:, 5] / 12**0.5 + 0.5, yesterday, atol=1e-6)
    real = days["load_p"].to_numpy()[place][:, :1]
    size = real / (load.held - load.least).numpy()
    np.testing.assert_allclose(size, size.mean(), rtol=1e-4)  # of one scale, and 0 where it is


def test_days_after_a_gap_are_left_out():
    days = feeder_days(np.delete(DATES, [10, 11]))
    left = day_ahead.load_days(days, np.array([True, True]), told)
    assert len(left.own) + len(left.held) == len(DATES) - 2 - 2


def test_families_share_what_has_no_chance_in_it(load):
    family = day_ahead.fitted("principal_vae", load, Work(5, 5), 1)
    whole = families.build("principal_vae", (1, 96), 8, seed=1)
    whole.fit(load.own, load.own_cond, families.plan("principal_vae", steps=5, seed=1))
    rng = [torch.Generator().manual_seed(3) for _ in range(2)]
    ours = family.propose(load.held_cond, rng[0])
    torch.testing.assert_close(ours, whole.propose(load.held_cond, rng[1]), atol=1e-4, rtol=1e-4)


def test_a_flow_inverts_and_a_broken_one_is_seen(load):
    flow = Flow((1, 96), 8)
    assert flow_load.round_trip(flow, load) < 1e-9

    class Shifted(Flow):
        def to_noise(self, x, cond):
            return super().to_noise(x, cond) + 1e-3

    assert flow_load.round_trip(Shifted((1, 96), 8), load) > 1e-4


@pytest.mark.parametrize("module", [flow_load, diffusion_load])
def test_gains_of_planted_scores_are_what_they_must_be(load, monkeypatch, module):
    """The first family errs half as much as all others, on every day and with every seed."""
    monkeypatch.setattr(module, "feeder_load", lambda start="": load)
    days = np.random.default_rng(0).gamma(4, 1, len(load.held))
    first, *rest = module.measure.arms
    planted = {
        name: [dict.fromkeys(day_ahead.MEASURES, (0.5 if name == first else 1.0) * days)] * 2
        for name in (first, *rest)
    }
    planted[first] = [
        piece | {"round_trip": 1e-12 * (1 + s)} for s, piece in enumerate(planted[first])
    ]
    found = module.read(Readings((0, 1), planted))
    gains = {k: v for k, v in found.items() if k.startswith(("crps_gain", "energy_score_gain"))}
    assert gains
    for value in gains.values():
        assert value.interval.value == pytest.approx(50)
        assert value.by_seed == pytest.approx((50, 50))
    assert found[f"{first} crps"].interval.value == pytest.approx(0.5 * days.mean())
    if module is flow_load:
        assert found["round_trip"].interval.value == 2e-12


@pytest.mark.parametrize("module", [flow_load, diffusion_load])
def test_a_piece_of_each_arm(load, monkeypatch, module):
    monkeypatch.setattr(module, "feeder_load", lambda start="": load)
    for arm in module.measure.arms.values():
        piece = module.run(arm, 0, Work(steps=3, members=5))
        assert {len(np.atleast_1d(piece[m])) for m in day_ahead.MEASURES} == {len(load.held)}
        assert ("round_trip" in piece) == (arm == "principal_flow")


def households() -> ConsumerDays:
    rng = np.random.default_rng(0)
    dates = np.arange("2016-01-01", "2017-01-01", dtype="datetime64[D]")
    season = 1 + 0.3 * np.cos(2 * np.pi * np.arange(366) / 366)
    load = rng.gamma(1.0, 1.0, (6, 366, 96)) * season[:, None]
    return ConsumerDays(dates, tuple("ABCDEF"), load, load)
