"""Row 37.18: routes that waste less at equal performance, and the front between measures.

Routes to molecules of the test split of MOSES are searched from the same blocks with the same
budget (40 molecules taken apart). Of each target with at least two routes the one with the least
mass intensity among those of no more steps is set against the route of least effort; effort
counts steps and hazards, but no mass. A route at random among the same is the baseline. Bounds
were stated before anything was measured; a run of 20 targets a seed left all of them open, and
the number of targets was raised after that. Budget: 5 seeds of 60 targets; quick: 1 of 8.
"""

from dataclasses import dataclass

import numpy as np

from ingenium.core.digest import digest
from ingenium.core.problem import Watch
from ingenium.core.select import pareto_rank
from ingenium.domains.molecules.route import green
from ingenium.domains.molecules.route.hazards import hazards
from ingenium.domains.molecules.route.search import best_first
from ingenium.domains.molecules.studies.route_targets import (
    DEEPEST,
    SEVERAL,
    chemistry,
    held_out,
)
from ingenium.evaluate.intervals import Interval, t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals

FULL, QUICK = 60, 8  # targets of a seed


@dataclass(frozen=True)
class Gain:
    """The least wasteful route of one target against its route of least effort."""

    mass: float  # share of the mass intensity that is saved at no more steps
    economy: float  # atom economy that is gained
    waste: float  # share of the E-factor that is saved
    safer: float  # 1 if hazards are not more
    front: float  # routes on the front of steps, mass intensity and hazards
    chance: float  # share of the mass intensity that any route of no more steps saves
    over_chance: float  # share that is saved against that route
    free: float  # share that is saved when steps do not count


def measure(budget: Budget, watch: Watch) -> Measured:
    """Search routes to each seed's own targets."""
    count = QUICK if budget.quick else FULL
    rows: list[Gain] = []
    for i, seed in enumerate(budget.seeds):
        watch("search", i, len(budget.seeds))
        rows.append(_mean([g for g in (_gain(t, seed) for t in held_out(seed, count)) if g]))
    values = {
        "mass_saved": _over([g.mass for g in rows]),
        "economy_gained": _over([g.economy for g in rows]),
        "waste_saved": _over([g.waste for g in rows]),
        "front": _over([g.front for g in rows]),
        "safer": _over([g.safer for g in rows]),
    }
    beside = {
        "mass saved by a route at random, no more steps": _over([g.chance for g in rows]),
        "mass saved against that one": _over([g.over_chance for g in rows]),
        "mass saved whatever the steps": _over([g.free for g in rows]),
    }
    notes = (
        "Performance is the same by construction: the same target, from the same blocks, in no "
        "more steps.",
        "Effort counts conflicts and hazard points of conditions, so the route of least effort is "
        "not chosen without any thought of them; a route at random of no more steps is.",
        "Global warming potential is not tested: no open inventory covers these reagents.",
        "Yields, solvent and water are assumptions, the same for all routes, so differences come "
        "from equations, reagents and the number and order of steps.",
    )
    targets = [held_out(seed, count) for seed in budget.seeds]
    return from_intervals(values, beside, digest([targets, chemistry().stock.digest]), notes)


def _gain(target: str, seed: int) -> Gain | None:
    """None for a target with fewer than two routes."""
    routes = best_first(chemistry(), target, budget=SEVERAL, deepest=DEEPEST).routes
    if len(routes) < 2:
        return None
    first = routes[0]
    mass = np.array([green.intensity(r) for r in routes])
    steps = np.array([len(r.steps) for r in routes])
    same = np.flatnonzero(steps <= len(first.steps))
    best = routes[int(same[mass[same].argmin()])]
    any_one = int(np.random.default_rng(seed).choice(same))
    table = np.stack([steps, mass, [hazards(r) for r in routes]], 1)
    return Gain(
        mass=float(1 - mass[same].min() / mass[0]),
        economy=green.atom_economy(best) - green.atom_economy(first),
        waste=_saved(green.e_factor(best), green.e_factor(first)),
        safer=float(hazards(best) <= hazards(first)),
        front=float((pareto_rank(table) == 0).sum()),
        chance=float(1 - mass[any_one] / mass[0]),
        over_chance=float(1 - mass[same].min() / mass[any_one]),
        free=float(1 - mass.min() / mass[0]),
    )


def _saved(less: float, more: float) -> float:
    return 1 - less / more if more > 0 else 0.0


def _mean(gains: list[Gain]) -> Gain:
    table = np.array([list(vars(g).values()) for g in gains])
    return Gain(*map(float, table.mean(0)))


def _over(values: list[float]) -> Interval:
    return t_interval(np.array(values))
