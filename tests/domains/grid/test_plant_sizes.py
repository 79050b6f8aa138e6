"""Sizes of plants against closed forms and exhaustive search."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.grid.sizing.hourly import COLUMNS, simulated
from ingenium.domains.grid.sizing.problem import PlantSize

HOURS = 8760


def opened(**setup: Any) -> PlantSize:
    found = open_problem(Spec(problem="grid.plant_size", setup=setup))
    assert isinstance(found, PlantSize)
    return found


def run(series: np.ndarray, size: tuple[float, ...], years: int = 1, **other: Any) -> np.ndarray:
    under: Any = {"way": 0.9, "power_share": 0.5, "fades": (0.0, 0.0)} | other
    return np.asarray(simulated(np.array([size]), series, years, **under)[0])


def test_diesel_alone_burns_its_fuel_curve() -> None:
    """Expect 0.25 l a kWh and 0.08 l an hour and kW of size."""
    series = np.stack([np.full(HOURS, 20.0), np.zeros(HOURS), np.zeros(HOURS)])
    found = dict(zip(COLUMNS, run(series, (0.0, 0.0, 0.0, 30.0))[0], strict=True))
    assert found["diesel"] == pytest.approx(20.0 * HOURS)
    assert found["fuel"] == pytest.approx(HOURS * (0.25 * 20.0 + 0.08 * 30.0))
    assert found["unserved"] == 0.0


def test_a_battery_moves_the_surplus_of_noon_at_its_efficiency() -> None:
    """Expect that a surplus of 10 kWh a day gives 8.1 kWh later."""
    sun = np.tile(np.r_[np.zeros(12), 1.0, np.zeros(11)], 365)
    load = np.tile(np.r_[np.zeros(18), np.full(6, 2.0)], 365)
    series = np.stack([load, sun, np.zeros(HOURS)])
    found = dict(zip(COLUMNS, run(series, (10.0, 0.0, 40.0, 0.0))[0], strict=True))
    assert found["charged"] == pytest.approx(3650.0)
    assert found["curtailed"] == pytest.approx(0.0)
    first = 20.0 * 0.9  # charge at the beginning
    given = found["discharged"]
    assert given == pytest.approx(365 * 8.1 + first, rel=1e-3)
    assert found["unserved"] == pytest.approx(365 * 12.0 - given)


def test_fades_reduce_each_year() -> None:
    series = np.stack([np.ones(HOURS), np.full(HOURS, 0.5), np.zeros(HOURS)])
    found = run(series, (1.0, 0.0, 0.0, 0.0), 3, fades=(0.1, 0.0))
    np.testing.assert_allclose(found[:, 1], 0.5 * HOURS * 0.9 ** np.arange(3))


def test_thirty_years_balance_in_every_hour() -> None:
    problem = opened()
    rng = torch.Generator().manual_seed(0)
    sizes = [torch.rand(8, generator=rng, dtype=torch.float64) * m
             for m in problem.settings.largest]  # fmt: skip
    found = problem.verifier.measure(*sizes)
    names = [q.name for q in problem.quantities]
    assert float(found[:, names.index("balance_error")].max()) < 1e-9
    assert bool(found.isfinite().all())


def test_the_value_of_a_plant_is_that_of_its_cash_flow() -> None:
    problem = opened(years=2, discount=0.1, battery_years=1)
    size = (10.0, 5.0, 20.0, 60.0)
    found = problem.verifier.measure(*(torch.tensor([x], dtype=torch.float64) for x in size))
    names = [q.name for q in problem.quantities]
    s, flow = problem.settings, 0.0
    years = simulated(np.array([size]), problem.series, 2, way=s.efficiency**0.5,
                      power_share=s.power_share, fades=(s.pv_fade, s.battery_fade))[0]  # fmt: skip
    first = 10 * 800 + 5 * 2000 + 20 * 300 + 60 * 500
    for y, year in enumerate(years, 1):
        of = dict(zip(COLUMNS, year, strict=True))
        income = 0.45 * (of["load"] - of["unserved"])
        again = 20 * 300 if y == 1 else 0
        flow += (income - 0.02 * first - 1.4 * of["fuel"] - again) / 1.1**y
    assert float(found[0, names.index("npv")]) == pytest.approx(flow - first, rel=1e-9)


def test_sizes_near_the_exhaustive_optimum_round_to_it() -> None:
    problem = opened(years=1, steps=(4, 2, 4, 4))
    s = problem.settings
    axes = [np.arange(k + 1) * m / k for m, k in zip(s.largest, s.steps, strict=True)]
    every = np.array(list(itertools.product(*axes)))
    found = problem.verifier.measure(*(torch.as_tensor(every[:, i].copy()) for i in range(4)))
    names = [q.name for q in problem.quantities]
    served = found[:, names.index("unserved")] <= 0.5
    value = torch.where(served, found[:, names.index("npv")], -torch.inf)
    best = every[int(value.argmax())]
    near = [torch.as_tensor(best[i : i + 1] + 0.3 * s.largest[i] / s.steps[i]) for i in range(4)]
    rounded = problem.project({}, problem.data())(tuple(near))
    np.testing.assert_allclose([float(x) for x in rounded], best)
    assert bool(served.any())
    assert not bool(served.all())


def test_a_year_of_ones_own(tmp_path: Path) -> None:
    hours = np.datetime64("2023-01-01T00", "h") + np.arange(HOURS)
    sun = np.clip(np.sin((np.arange(HOURS) % 24 - 6) / 12 * np.pi), 0, None)
    rows = "\n".join(f"{t}:00,25,{p:.4f},0.3" for t, p in zip(hours, sun, strict=True))
    path = tmp_path / "year.csv"
    path.write_text(f"time,load_kw,pv_per_kw,wind_per_kw\n{rows}\n")
    assert opened(weather=str(path)).series[0].mean() == pytest.approx(25.0)
    short = tmp_path / "short.csv"
    short.write_text(path.read_text().rsplit("\n", 25)[0] + "\n")
    with pytest.raises(InputError, match="8760 hours"):
        opened(weather=str(short))
    in_watt = tmp_path / "watt.csv"
    in_watt.write_text(path.read_text().replace(",0.3", ",300"))
    with pytest.raises(InputError, match="Divide power by the rated power"):
        opened(weather=str(in_watt))
    with pytest.raises(InputError, match=r"Write efficiency = 0\.9"):
        opened(efficiency=90.0)
