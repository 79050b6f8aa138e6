"""Row 29.19: proposed set-points of a fixed envelope, compared with thermostats and with chance."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ingenium.core.netcdf import read_netcdf
from ingenium.core.spec import load
from ingenium.domains import open_problem
from ingenium.domains.buildings.envelope.design import PACKAGES, RANGES, Envelopes, sampled
from ingenium.domains.buildings.envelope.problem import BuildingEnvelope
from ingenium_book.findings import Commands

OWN = ("heating_setpoint", "cooling_setpoint", "setback", "preheat")
# A thermostat for each, by rules of thumb: cold enough at night, and warm enough on Monday.
THERMOSTATS = {"setback": (22.5, 24.0, 16.0, 2.0), "constant": (22.0, 24.0, 19.0, 5.0)}
CHANCE = 16  # set-points at random


def compared(commands: Commands, values: Mapping[str, Any]) -> dict[str, Any]:
    """Measure the accepted set-points, both thermostats, and as many at random."""
    spec = load(commands.folder / "setpoints.toml")
    problem = open_problem(spec)
    assert isinstance(problem, BuildingEnvelope)
    found = read_netcdf(commands.folder / "setpoints" / "designs.nc", "designs of a run")
    own = Envelopes(**{k: found[k].to_numpy() for k in RANGES})
    fixed = {k: f.value for k, f in spec.fixed.items()}
    some = sampled(np.random.default_rng(0), CHANCE, problem.sizes["facade"])
    plain = PACKAGES[0].designs(problem.sizes["facade"])
    each = {
        name: _with(plain, fixed | dict(zip(OWN, points, strict=True)))
        for name, points in THERMOSTATS.items()
    }
    rows = {"proposed": own, "random": _with(some, fixed)} | each
    return {name: _best(problem, designs) for name, designs in rows.items()}


def _with(designs: Envelopes, fixed: Mapping[str, float]) -> Envelopes:
    return Envelopes(
        **{k: np.full_like(a, fixed[k]) if k in fixed else a for k, a in vars(designs).items()}
    )


def _best(problem: BuildingEnvelope, designs: Envelopes) -> dict[str, float]:
    """Return hours and needs of the cheapest comfortable design; infinite without any."""
    names = [q.name for q in problem.quantities]
    rows = problem.network.rows(designs)
    most = problem.limits[0].at_most or 0.0
    at = {k: rows[:, names.index(k)] for k in ("overheating", "cold", "energy_cost")}
    good = (at["overheating"] <= most) & (at["cold"] <= most)
    if not good.any():
        return {"comfortable": 0, "energy_cost": np.inf, "need": np.inf, "hours": np.inf}
    k = int(np.where(good, at["energy_cost"], np.inf).argmin())
    return {
        "comfortable": int(good.sum()),
        "energy_cost": float(at["energy_cost"][k]),
        "need": float(rows[k, names.index("heating_cooling")]),
        "hours": float(max(at["overheating"][k], at["cold"][k])),
    }
