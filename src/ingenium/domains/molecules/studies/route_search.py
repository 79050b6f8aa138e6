"""Row 37.11: guided tree search finds routes to molecules in seconds, and ranks them.

Targets are molecules of the test split of MOSES that are no blocks. Best-first search over an
AND-OR tree (Retro*, with the least effort of a step as value) may take 100 molecules apart; Monte
Carlo tree search, greed and chance have the same budget, and all a small one of 5. A target
counts as solved with a route whose every step is made forward by its template and whose leaves
are blocks. Rankings are of the routes that 40 molecules give. Bounds were set after a look at 60
other targets, of which 60 % were solved. Seconds are those of the processor. Budget: 5 seeds of
20 targets, 4 searches, 2 budgets; quick: 1 of 8.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ingenium.core.digest import digest
from ingenium.core.problem import Watch
from ingenium.core.text import codes
from ingenium.domains.molecules.route import green
from ingenium.domains.molecules.route.chemistry import Chemistry
from ingenium.domains.molecules.route.hazards import hazards
from ingenium.domains.molecules.route.policies import by_chance, greedy, tree_search
from ingenium.domains.molecules.route.route import Route
from ingenium.domains.molecules.route.search import RouteSearch, best_first
from ingenium.domains.molecules.route.verifier import RouteVerifier
from ingenium.domains.molecules.studies.route_targets import (
    DEEPEST,
    EXPANSIONS,
    SEVERAL,
    chemistry,
    held_out,
    others,
)
from ingenium.evaluate.intervals import Interval, t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.kits.chemistry.safety import DualUseScreen

FULL, QUICK = 20, 8  # targets of a seed
FEW = 5  # expansions of the small budget
LONGEST = 6000  # characters of a route

Search = Callable[[Chemistry, str, int, int], RouteSearch]  # target, budget, seed
SEARCHES: dict[str, Search] = {
    "best first": lambda c, t, b, s: best_first(c, t, budget=b, deepest=DEEPEST, enough=True),
    "tree search": lambda c, t, b, s: tree_search(
        c, t, np.random.default_rng(s), budget=b, deepest=DEEPEST
    ),
    "greed": lambda c, t, b, s: greedy(c, t, budget=b, deepest=DEEPEST),
    "chance": lambda c, t, b, s: by_chance(
        c, t, np.random.default_rng(s), budget=b, deepest=DEEPEST
    ),
}


@dataclass(frozen=True)
class Look:
    """What one seed gives."""

    solved: dict[str, float]  # share of the targets by search and budget
    seconds: float  # of the processor for a target, nothing known of it before
    least: float  # share of the solved ones whose least effort is proved
    verified: float  # share of the routes of least effort that the verifier accepts
    ranked: float  # share of those with several routes that some measure ranks otherwise
    other: float  # share of targets of ZINC250k that are solved


def measure(budget: Budget, watch: Watch) -> Measured:
    """Search with each seed's own targets."""
    count = QUICK if budget.quick else FULL
    looks = []
    for i, seed in enumerate(budget.seeds):
        watch("search", i, len(budget.seeds))
        looks.append(_look(seed, count))
    over = [a.solved[f"best first, {FEW}"] - a.solved[f"chance, {FEW}"] for a in looks]
    values = {
        "solved": _over(a.solved[f"best first, {EXPANSIONS}"] for a in looks),
        "seconds": _over(a.seconds for a in looks),
        "ranked": _over(a.ranked for a in looks),
        "over_chance": _over(over),
        "least": _over(a.least for a in looks),
        "verified": _over(a.verified for a in looks),
    }
    beside = {
        f"solved by {name} expansions": _over(a.solved[name] for a in looks)
        for name in looks[0].solved
    }
    beside["solved of ZINC250k by best first"] = _over(a.other for a in looks)
    notes = (
        "A target that is not solved was mostly taken apart until nothing was left to try: what "
        "is missing are blocks and reactions, not search.",
        "No trained one-step model comes offline; the table has "
        f"{len(chemistry().reactions)} reactions and the stock {len(chemistry().stock)} blocks "
        "derived from the training split of MOSES, a stand-in for a catalogue.",
        "Comparison with chemists or with experiments is not tested.",
    )
    targets = [held_out(seed, count) for seed in budget.seeds]
    return from_intervals(values, beside, digest([targets, chemistry().stock.digest]), notes)


def _look(seed: int, count: int) -> Look:
    targets = held_out(seed, count)
    started = time.process_time()
    found = [SEARCHES["best first"](chemistry(), t, EXPANSIONS, seed) for t in targets]
    seconds = (time.process_time() - started) / count
    solved = {
        f"{name}, {budget}": _share(
            bool(search(chemistry(), t, budget, seed).routes) for t in targets
        )
        for name, search in SEARCHES.items()
        for budget in (FEW, EXPANSIONS)
    }
    done = [f for f in found if f.routes]
    ranked = [_otherwise(t) for t, f in zip(targets, found, strict=True) if f.routes]
    elsewhere = [
        bool(SEARCHES["best first"](chemistry(), t, EXPANSIONS, seed).routes)
        for t in others(seed, count // 2)
    ]
    return Look(
        solved,
        seconds,
        _share(f.best for f in done),
        _share(_accepted(f.routes[0]) for f in done),
        _share(x for x in ranked if x is not None),
        _share(elsewhere),
    )


def _accepted(route: Route) -> bool:
    """Whether the verifier finds every step sound and every block in the stock."""
    verifier = RouteVerifier(route.target, chemistry().stock, DualUseScreen())
    found = verifier.measure(codes([route.text], LONGEST))[0].tolist()
    at = {q.name: value for q, value in zip(verifier.quantities, found, strict=True)}
    return bool(at["missing"] == 0 and at["unverified"] == 0)


def _otherwise(target: str) -> bool | None:
    """Whether cost, hazard or waste puts another route first than effort; none for one route."""
    routes = best_first(chemistry(), target, budget=SEVERAL, deepest=DEEPEST).routes
    if len(routes) < 2:
        return None
    stock = chemistry().stock
    first = routes[0]
    measures: Sequence[Callable[[Route], float]] = (
        lambda r: green.cost(r, {leaf: stock.price(leaf) for leaf in r.leaves}),
        hazards,
        green.intensity,
    )
    return any(min(map(m, routes)) < m(first) - 1e-9 for m in measures)


def _share(held: Iterable[bool]) -> float:
    listed = list(held)
    return float(np.mean(listed)) if listed else 0.0


def _over(values: Iterable[float]) -> Interval:
    return t_interval(np.array(list(values)))
