"""Proposed days of a real feeder: hard constraints, steering, and the engines over whole weeks."""

from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.problem import Problem
from ingenium.core.resolving import resolve
from ingenium.core.spec import Fixed, GeneratorChoice, Spec, Target
from ingenium.core.verify import verify
from ingenium.domains import open_problem
from ingenium.domains.grid.feeder.parity import TOLERANCES
from ingenium.generators.fitted import fit
from ingenium.generators.generator import Generator
from ingenium.runs.loop import silent, training

HOURS = 0.25  # of a step
NEAR = {  # of quantities of a day, those of the gate
    "min_voltage": TOLERANCES["voltage"],
    "max_voltage": TOLERANCES["voltage"],
    "max_line_loading": TOLERANCES["line_loading"],
    "max_trafo_loading": TOLERANCES["trafo_loading"],
}


def propose(problem: Problem, spec: Spec) -> xr.Dataset:
    """One block of designs of a fitted family."""
    requested, known = resolve(spec, problem), training(problem)
    fitted = fit(problem, known, requested.generator, watch=silent)
    return Generator(problem, fitted.family, requested, known).propose_block(3, 0)


def from_bootstrap(problem: Problem, **entries: Any) -> xr.Dataset:
    choice = GeneratorChoice(family="bootstrap")
    return propose(problem, Spec(problem=problem.name, generator=choice, **entries))


def energy_kwh(problem: Problem, designs: xr.Dataset, table: str, variable: str) -> np.ndarray:
    """Energy of each day, summed over the elements of the net itself."""
    elements = problem.feeder.verifier.network.net[table]
    label = designs[variable].dims[1]
    total = np.zeros(designs.sizes[DESIGN])
    for _, row in elements[elements.in_service].iterrows():
        day = designs[variable].sel({label: row.profile}).to_numpy()
        total += 1000 * row.p_mw * row.scaling * day.sum(1) * HOURS
    return total


def solar_at(problem: Problem, designs: xr.Dataset, steps: np.ndarray) -> np.ndarray:
    solar = [kind == "solar" for kind in problem.feeder.table.names.kinds]
    assert any(solar)
    return designs["infeed_p"].to_numpy()[:, solar][:, :, steps]


@pytest.mark.parametrize("target", [90.0, 1500.0], ids=["little", "much"])
def test_fixed_load_energy_is_exact_and_loads_stay_positive(
    rural_days: Problem, target: float
) -> None:
    designs = from_bootstrap(rural_days, fixed={"load_energy": Fixed(target, "kWh")})
    found = energy_kwh(rural_days, designs, "load", "load_p")
    np.testing.assert_allclose(found, target, rtol=1e-12)
    assert designs["load_p"].to_numpy().min() >= 0.0


def test_no_pv_at_night_even_where_more_infeed_is_asked_for(rural_days: Problem) -> None:
    """Between 22:00 and 3:00 (UTC+1) the sun is below the horizon of Germany all year."""
    target = 1.5 * float(energy_kwh(rural_days, rural_days.data(), "sgen", "infeed_p").mean())
    designs = from_bootstrap(rural_days, fixed={"infeed_energy": Fixed(target, "kWh")})
    steps = np.arange(96)
    night = (steps >= 88) | (steps < 12)
    assert not solar_at(rural_days, designs, steps[night]).any()
    assert solar_at(rural_days, designs, steps[~night]).max() > 0.1


def test_no_pv_in_a_winter_evening(rural_days: Problem) -> None:
    """The period from 5:00 to 19:15 (UTC+1) exceeds daylight within 15 days of any winter day."""
    designs = from_bootstrap(
        rural_days,
        conditions={"season": "winter"},
        fixed={"infeed_energy": Fixed(60.0, "kWh")},
    )
    steps = np.arange(96)
    dark = (steps >= 77) | (steps < 20)
    assert not solar_at(rural_days, designs, steps[dark]).any()
    found = energy_kwh(rural_days, designs, "sgen", "infeed_p")
    np.testing.assert_allclose(found, 60.0, rtol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("family", "way"),
    # The family of specs that steer; on principal components only six numbers can move.
    [("flow_matching", 0.5), ("principal_flow_matching", 0.1)],
)
def test_steering_moves_the_voltage_to_its_target(
    rural_days: Problem, family: str, way: float
) -> None:
    def lowest(*targets: Target) -> np.ndarray:
        choice = GeneratorChoice(family=family, steps=60, steer=targets)
        spec = Spec(problem=rural_days.name, generator=choice)
        found = verify(
            propose(rural_days, spec),
            rural_days.verifier,
            rural_days.limits,
            variables=rural_days.variables,
            sizes=rural_days.sizes,
        )
        return found["min_voltage"].to_numpy()

    free = lowest()
    target = float(free.mean() - 2 * free.std())
    steered = lowest(Target("min_voltage", target, "pu", strength=5.0))
    moved = (free.mean() - steered.mean()) / (free.mean() - target)
    assert moved > way  # the samples of conditions and noise are the same
    assert np.abs(steered - target).mean() < np.abs(free - target).mean()


@pytest.mark.slow
@pytest.mark.parametrize(
    "code",
    [
        "1-LV-rural1--0-sw",
        "1-LV-semiurb4--0-sw",
        "1-LV-urban6--0-sw",
        "1-MV-comm--0-sw",
        "1-MV-rural--2-sw",
    ],
)
def test_a_week_of_a_simbench_grid(code: str) -> None:
    problem = open_problem(Spec(problem="grid.feeder_day", setup={"grid": code}))
    week = to_arrays(problem.data().isel({DESIGN: slice(0, 7)}), problem.variables)
    verifier = problem.feeder.verifier
    measured = dict(
        zip([q.name for q in problem.quantities], verifier.measure(*week).T, strict=True)
    )
    assert all(bool(torch.isfinite(values).all()) for values in measured.values())
    assert float(measured["balance_error"].max()) < 1e-6
    assert bool((measured["min_voltage"] <= measured["max_voltage"]).all())
    again = problem.second.verifier
    theirs = dict(
        zip(
            [q.name for q in again.quantities], again.measure(*(x[:1] for x in week)).T, strict=True
        )
    )
    for name, (tolerance, _) in NEAR.items():
        assert float((measured[name][:1] - theirs[name]).abs().max()) <= tolerance, name
