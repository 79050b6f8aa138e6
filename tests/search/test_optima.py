"""Strategies on functions with known optima, against random search, over seeds."""

import numpy as np
import pytest
import torch
from ribs.archives import GridArchive
from ribs.emitters import EvolutionStrategyEmitter, IsoLineEmitter

import known_fronts
import known_functions
from ingenium.searches.stopping import Stop

SEEDS = range(100, 105)
LEAST = known_fronts.spec(objectives=known_fronts.LEAST_SQUARE)
BENT = known_fronts.spec(
    objectives=known_fronts.LEAST_SQUARE,
    limits=[{"quantity": "f1", "at_most": 0.0}, {"quantity": "f2", "at_most": 0.0}],
)
BEST = {
    "ackley": 0.0,
    "rastrigin": 0.0,
    "branin": known_functions.BRANIN,
    "hartmann": known_functions.HARTMANN,
    "gramacy": known_functions.GRAMACY,
}


def gap(begun, strategy: str, function: str, d: int, calls: int) -> float:  # type: ignore[no-untyped-def]
    """Mean distance of the best from the optimum; an infeasible best counts as far."""
    found = []
    for seed in SEEDS:
        name, spec = f"{strategy}-{function}-{seed}", BENT if function == "gramacy" else LEAST
        search = begun(strategy, spec, name=name, function=function, d=d, seed=seed)
        search.run(Stop(calls=calls))
        best = search.history[-1].best
        found.append(1.0 if best is None else best - BEST[function])
    assert min(found) > -1e-4, "nothing is better than the best"
    return float(np.mean(found))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("strategy", "function", "d", "calls", "factor"),
    [
        ("annealing", "rastrigin", 10, 800, 2.0),
        ("population", "rastrigin", 10, 800, 2.0),
        ("cma_es", "ackley", 10, 800, 3.0),
        ("cross_entropy", "ackley", 10, 800, 2.0),
        ("evolution", "ackley", 10, 800, 2.0),
        ("two_regimes", "hartmann", 6, 80, 2.0),
        ("bayesian", "branin", 2, 40, 5.0),
        ("bayesian", "hartmann", 6, 80, 3.0),
        ("bayesian:ucb", "hartmann", 6, 80, 2.0),
        pytest.param(
            *("bayesian", "gramacy", 2, 40, 3.0),
            marks=pytest.mark.xfail(reason="stays 0.17 above the best on some seeds", strict=True),
        ),
        ("bayesian", "ackley", 20, 240, 1.5),  # in a trust region
    ],
)
def test_it_comes_nearer_than_chance_by_a_factor(
    begun, strategy: str, function: str, d: int, calls: int, factor: float
) -> None:
    ours = gap(begun, strategy, function, d, calls)
    theirs = gap(begun, "random", function, d, calls)
    assert ours < theirs / factor


CELLS = np.linspace(0, 1, 17)  # of both means, each way


def covered(means: np.ndarray) -> float:
    """Share of the cells with a design."""
    return float((np.histogram2d(*means.T, [CELLS, CELLS])[0] > 0).mean())


def by_ribs(adapted: bool, seed: int, d: int, calls: int) -> float:
    """Coverage of `ribs` with its own loop and defaults, in generations of 32."""
    archive = GridArchive(solution_dim=d, dims=[16, 16], ranges=[(0, 1)] * 2, seed=seed)
    about = {"bounds": [(0.0, 1.0)] * d, "batch_size": 32, "seed": seed}
    first = np.random.default_rng(seed).uniform(size=(32, d))
    if adapted:
        emitter = EvolutionStrategyEmitter(
            archive, x0=first.mean(0), sigma0=0.2, ranker="2imp", **about
        )
    else:
        emitter = IsoLineEmitter(archive, x0=first.mean(0), **about)
    points, means = first, list[np.ndarray]()
    while sum(map(len, means)) < calls:
        values = known_functions.projected(torch.from_numpy(points)).numpy()
        means.append(values[:, 1:])
        added = archive.add(points, -values[:, 0], values[:, 1:])
        if len(means) > 1:
            emitter.tell(points, -values[:, 0], values[:, 1:], added)
        points = np.clip(emitter.ask(), 0.0, 1.0)
    return covered(np.concatenate(means))


def kinds_found(begun, strategy: str) -> float:  # type: ignore[no-untyped-def]
    """Share of the cells in which 800 calls find a design, over seeds."""
    found = []
    for seed in SEEDS:
        name = f"{strategy.partition(':')[0]}{seed}"
        search = begun(strategy, LEAST, name=name, function="projected", d=10, seed=seed)
        search.run(Stop(calls=800))
        verdicts = search.verdicts()
        found.append(covered(np.stack([verdicts[n].to_numpy() for n in ("f1", "f2")], 1)))
    return float(np.mean(found))


@pytest.mark.slow
@pytest.mark.parametrize(
    "strategy",
    [
        "map_elites:f1,f2",
        pytest.param(
            "cma_me:f1,f2",
            marks=pytest.mark.xfail(reason="1.45 times the cells on these seeds", strict=True),
        ),
    ],
)
def test_more_kinds_of_design_are_found_than_by_chance(begun, strategy: str) -> None:
    """Each pair of means is attainable; random search finds those in the middle."""
    assert kinds_found(begun, strategy) > 1.5 * kinds_found(begun, "random")


@pytest.mark.slow
@pytest.mark.parametrize(("strategy", "adapted"), [("map_elites", False), ("cma_me", True)])
def test_more_kinds_of_design_are_found_than_by_the_library(
    begun, strategy: str, adapted: bool
) -> None:
    """Compare at equal calls with the library's own loop and defaults."""
    theirs = np.mean([by_ribs(adapted, seed, 10, 800) for seed in SEEDS])
    assert kinds_found(begun, f"{strategy}:f1,f2") > theirs


@pytest.mark.slow
def test_directions_find_the_front_of_dtlz2(begun) -> None:
    """The front is the unit sphere; points are near it, and spread over all of it."""
    spec = known_fronts.spec(objectives=known_fronts.ALL)
    for seed in SEEDS:
        search = begun("nsga3", spec, name=f"s{seed}", function="dtlz2", d=7, batch=64, seed=seed)
        search.run(Stop(calls=3200))
        front = search.curve.front
        radius = np.linalg.norm(front, axis=1)
        assert radius.min() >= 1 - 1e-9
        assert np.median(radius) < 1.1
        assert (front.min(0) < 0.1).all()
        assert (front.max(0) > 0.9).all()
