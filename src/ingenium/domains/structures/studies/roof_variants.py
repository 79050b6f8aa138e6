"""Row 36.2: thousands of variants of a roof truss, with a front that is known exactly.

Flat roof trusses of 24 m under 20 kN/m: Pratt, Howe or Warren, 4 to 16 panels, depth, and areas
of four groups of bars. Direct stiffness measures all; limits on stress, Euler's load (both at 1.5
times the load) and the slope of diagonals. Objectives: mass and deflection. 4000 calls of the
engine for the portfolio (a generator tuned on what is good, evolution, CMA-ES), for evolution
alone, and for an even sweep. Since these trusses are statically determinate, the front is known:
areas in closed form for each geometry, over all layouts and 400 depths. Variants count as
distinct in different cells of a hundredth of each number's range. Bounds: two thousand valid
variants, an hour, 95 % of the area that the exact front dominates, and no less than the sweep.
Mass and deflection of 200 variants are checked by equilibrium and virtual forces. Budget: 5
seeds, 3 x 4000 calls; quick: 400.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from scipy.stats import qmc

from ingenium.core.designs import to_arrays
from ingenium.core.digest import dataset_digest
from ingenium.core.problem import Watch
from ingenium.core.seeds import one_thread
from ingenium.core.spec import Objective
from ingenium.domains.structures.trusses.front import determinate
from ingenium.domains.structures.trusses.problem import RoofTruss
from ingenium.evaluate.intervals import Interval, t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.searches.fronts import grown, hypervolume
from ingenium.searches.space import Space
from ingenium.searches.trial import SearchTask, Track, searched, verified

GOALS = ("mass_kg", "deflection_m")
WORST = np.array([10e3, 0.12])  # a two-hundredth of the span; about seven times the lightest
STRATEGY, RIVALS = "portfolio", ("evolution",)
APART = 0.01  # of the range of a number: variants differ that are not within one such step
CHECKED = 200  # variants that equilibrium measures again


@dataclass(frozen=True)
class Work:
    """Designs that are measured, and depths of each layout for the exact front."""

    calls: int
    steps: int


FULL, QUICK = Work(4000, 400), Work(400, 40)


def measure(budget: Budget, watch: Watch) -> Measured:
    """Each seed searches with every strategy, and sweeps, for the same calls."""
    work, problem = QUICK if budget.quick else FULL, RoofTruss()
    exact = problem.exact_front(work.steps)
    table: dict[str, list[float]] = {}
    for i, seed in enumerate(budget.seeds):
        watch("variants", i, len(budget.seeds))
        for name, value in _one_seed(problem, exact, work.calls, seed).items():
            table.setdefault(name, []).append(value)
    every = {name: t_interval(values) for name, values in table.items()}
    coarse = share_of(problem.exact_front(work.steps // 2), exact)
    every["coarse_exact"] = Interval(coarse, coarse, coarse)
    notes = (
        f"The exact front is made of {work.steps} depths of each layout and 400 prices, so that a "
        "search may pass it by what lies between them; `coarse_exact` is its area with half as "
        "many depths.",
    )
    return from_intervals(every, {}, dataset_digest(problem.data()), notes)


def _one_seed(
    problem: RoofTruss, exact: Float[np.ndarray, "q 2"], calls: int, seed: int
) -> Mapping[str, float]:
    goals = tuple(Objective(name, "minimise") for name in GOALS)
    asked = SearchTask(problem, goals, problem.limits, calls)
    found: dict[str, float] = {}
    volume = {}
    with one_thread():
        began = time.perf_counter()
        ours = searched(asked, STRATEGY, seed)
        found["minutes"] = (time.perf_counter() - began) / 60
        runs = {name: searched(asked, name, seed) for name in RIVALS} | {
            "sweep": swept(asked, seed)
        }
    for name, run in {"": ours, **{f"{k}.": v for k, v in runs.items()}}.items():
        volume[name] = share_of(run.values(*GOALS)[run.held], exact)
        found |= {
            f"{name}front": volume[name],
            f"{name}valid": float(distinct(problem, run)),
            f"{name}valid_share": 100 * float(run.held.mean()),
            f"{name}on_front": float(len(_front(run.values(*GOALS)[run.held]))),
        }
    return found | {
        "over_sweep": volume[""] - volume["sweep."],
        "over_evolution": volume[""] - volume["evolution."],
        "disagreement": disagreement(problem, ours),
    }


def swept(asked: SearchTask, seed: int) -> Track:
    """Points spread evenly over all numbers, as a parametric sweep has them."""
    space = Space.of(asked.problem, asked.spec, asked.task(seed).known)
    size = int(np.ceil(np.log2(asked.calls)))
    points = qmc.Sobol(space.m, rng=seed).random_base2(size)[: asked.calls]
    return verified(asked, space.designs(points))


def share_of(points: Float[np.ndarray, "n 2"], exact: Float[np.ndarray, "q 2"]) -> float:
    """Area that points dominate, of what the exact front does (%)."""
    return 100 * hypervolume(points, WORST) / hypervolume(exact, WORST)


def _front(points: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "m 2"]:
    return grown(np.empty((0, 2)), points)


def distinct(problem: RoofTruss, run: Track) -> int:
    """Variants that hold every limit and lie in different cells of a grid over all numbers."""
    x = (problem.encode(run.designs).numpy() + 1) / 2
    cells = np.floor(x[run.held] / APART)
    return len(np.unique(cells, axis=0))


def disagreement(problem: RoofTruss, run: Track) -> float:
    """Largest distance (%) of mass and deflection to those by equilibrium and virtual forces."""
    rows = np.flatnonzero(run.held)[:: max(1, int(run.held.sum()) // CHECKED)]
    designs: xr.Dataset = run.designs.isel(design=rows)
    arrays = to_arrays(designs, problem.variables)
    measured = torch.from_numpy(run.values(*GOALS)[rows])
    worst = 0.0
    for (kind, panels, depth, area), engine in zip(
        zip(*arrays, strict=True), measured, strict=True
    ):  # equilibrium takes one at a time
        one = determinate(problem.settings.roof, int(kind), int(panels), float(depth), 0.0)
        own = area.numpy()
        other = torch.tensor([own @ one.weight, (one.give / own).sum()])
        worst = max(worst, float((engine / other - 1).abs().max()))
    return 100 * worst
