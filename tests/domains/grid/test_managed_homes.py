"""Tables of actions against truth: states, balances, optimum by two methods, and bad input."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.grid.manager import engine
from ingenium.domains.grid.manager.engine import (
    ACTIONS,
    NEAR,
    SHAPE,
    START,
    cost_eur,
    moved,
    optimum,
    rule,
    run,
    wrong_way,
)
from ingenium.domains.grid.manager.home import UNITS, HomeWeeks, ManagedHome, open_home
from ingenium.domains.grid.manager.problem import HomeManager
from ingenium.domains.grid.manager.tables import improved, voted
from ingenium.kits.programmes.highs import ProgrammeBuilder

HomeSettings = HomeManager.Settings


def opened(**setup: Any) -> HomeManager:
    found = open_problem(Spec(problem="grid.home_manager", setup={"known": 16} | setup))
    assert isinstance(found, HomeManager)
    return found


@pytest.fixture(scope="module")
def home() -> ManagedHome:
    return open_home(HomeSettings())


def tables(n: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, ACTIONS, (n, *SHAPE))


def test_all_states_store_surplus_and_serve_deficits(home: ManagedHome) -> None:
    assert not wrong_way(home, np.concatenate([rule(), tables(20)])).any()


@pytest.mark.parametrize(
    "mutant",
    [
        lambda s, x, units, action: 0 * units,  # never moves
        lambda s, x, units, action: -moved(s, x, units, action),  # the other way
        lambda s, x, units, action: np.where(x < 0, 1, moved(s, x, units, action)),
        lambda s, x, units, action: np.where(x > 0, -1, moved(s, x, units, action)),
        lambda s, x, units, action: moved(s, x, units, action) + (x > 0) * 1,  # beyond full
    ],
)
def test_a_manager_that_acts_against_the_rule_is_noticed(
    home: ManagedHome, mutant: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "moved", mutant)
    assert wrong_way(home, rule())[0] > 0


def test_charge_never_leaves_the_battery_and_energy_balances(home: ManagedHome) -> None:
    found = run(home, home.judging, tables(30))
    after = found.units + found.moves
    assert after.min() >= 0
    assert after.max() <= UNITS
    assert np.abs(found.moves).max() <= home.settings.most
    np.testing.assert_array_equal(after[..., :-1], found.units[..., 1:])


def test_no_table_costs_less_than_the_optimum(home: ManagedHome) -> None:
    least = optimum(home, home.judging).cost
    weeks = home.planning
    best = improved(home, weeks, voted(home, weeks), np.random.default_rng(0))
    every = np.concatenate([rule(), tables(20), best[None]])
    cost = run(home, home.judging, every).cost
    assert (cost >= least - 1e-9).all()
    assert run(home, weeks, best[None]).cost.mean() < run(home, weeks, rule()).cost.mean()


def test_the_optimum_is_that_of_an_integer_programme(home: ManagedHome) -> None:
    """Compare dynamic programming with HiGHS on a day of each of two weeks."""
    s = home.settings
    for week in (0, 5):
        part = HomeWeeks(home.judging.surplus_kw[[week], :24], home.judging.price[[week], :24])
        made = ProgrammeBuilder()
        units = made.columns(25, 0, UNITS, cost=0.0, whole=True)
        made.row([units[0]], [1.0], START, START)
        made.cost[units[-1]] = -home.end_eur
        for h, (x, price) in enumerate(zip(part.surplus_kw[0], part.price[0], strict=True)):
            need = min(int(np.floor(max(-x, 0.0) / (s.way * s.unit_kwh) + NEAR)), s.most)
            into = made.columns(1, 0, s.most, whole=True)
            out = made.columns(1, 0, need, cost=s.wear_eur * s.unit_kwh, whole=True)
            imports = made.columns(1, 0.0, np.inf, cost=price)
            exports = made.columns(1, 0.0, np.inf, cost=-s.feed_in_eur)
            made.row([units[h + 1], units[h], into[0], out[0]], [1.0, -1.0, -1.0, 1.0], 0.0, 0.0)
            made.row([imports[0], exports[0], into[0], out[0]],
                     [1.0, -1.0, -s.unit_kwh / s.way, s.unit_kwh * s.way], -x, -x)  # fmt: skip
        whole = made.solve()
        assert whole.optimal
        least = optimum(home, part).cost[0]
        assert whole.objective + home.end_eur * START == pytest.approx(least, abs=1e-6)


def test_the_optimum_is_that_of_its_moves(home: ManagedHome) -> None:
    best = optimum(home, home.judging)
    weeks = home.judging
    cost = cost_eur(home.settings, weeks.surplus_kw, weeks.price, best.moves).sum(1)
    end = best.units[:, -1] + best.moves[:, -1]
    np.testing.assert_allclose(cost - home.end_eur * (end - START), best.cost, atol=1e-9)


def test_entries_that_are_no_actions_are_noticed() -> None:
    problem = opened()
    own = torch.as_tensor(rule().astype(np.float64)).repeat(4, 1, 1, 1, 1)
    own[1, 0, 0, 0, 0], own[2, 0, 0, 0, 0], own[3, 0, 0, 0, 0] = 4.0, 0.5, float("nan")
    found = problem.verifier.measure(own)
    at = [q.name for q in problem.quantities].index("no_action")
    assert found[:3, at].tolist() == [0.0, 1.0, 1.0]
    assert bool(found[3].isnan().all())


def written(path: Path, change: Any = None, weeks: int = 6) -> str:
    stamps = np.datetime64("2023-01-02T00", "h") + np.arange(weeks * 168)
    rows = [f"{s}:00,{1 + i % 3},{i % 5},0.3" for i, s in enumerate(stamps.astype(str))]
    rows = change(rows) if change else rows
    path.write_text("\n".join(["time,load_kw,pv_kw,price_eur_per_kwh", *rows, ""]))
    return str(path)


def test_a_file_of_a_home_is_read(tmp_path: Path) -> None:
    own = opened(home=written(tmp_path / "home.csv")).home
    assert own.planning.price.shape == own.judging.price.shape == (3, 168)
    assert own.planning.surplus_kw[0, :4].tolist() == [-1.0, -1.0, -1.0, 2.0]


def test_a_file_of_local_time_is_read_from_its_first_midnight_on(tmp_path: Path) -> None:
    hours = pd.date_range("2023-02-28 22:00", periods=5 * 168, freq="h", tz="Europe/Berlin")
    rows = [f"{h.isoformat()},{h.hour},0,0.3" for h in hours]
    own = opened(home=written(tmp_path / "home.csv", lambda _: rows)).home
    assert own.planning.surplus_kw[0, :4].tolist() == [0.0, -1.0, -2.0, -3.0]
    assert own.judging.surplus_kw[1, -24:].tolist() == [-float(h) for h in range(24)]
    assert "1 day has 23 or 25 hours" in own.note


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: rows[:50] + rows[51:], "23 rows of"),  # a gap on a Wednesday
        (lambda rows: rows[:400], "at least 4 whole weeks"),
        (lambda rows: [r.replace(",0.3", ",300") for r in rows], "EUR/MWh"),
        (lambda rows: [rows[0].replace(",1,", ",-1,"), *rows[1:]], "at least 0"),
    ],
)
def test_files_of_other_homes_are_refused(tmp_path: Path, change: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        opened(home=written(tmp_path / "home.csv", change))


@pytest.mark.parametrize(
    ("setup", "said"),
    [
        ({"efficiency": 95.0}, "0.95"),
        ({"energy_kwh": 6400.0}, "in W or MWh"),
        ({"home": "nowhere.csv"}, "no file at"),
        ({"feed_in_eur": 80.0}, "feed_in_eur from"),
    ],
)
def test_bad_input_says_what_to_write(setup: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        opened(**setup)
