"""Row 20.1: the share of proposals that hold every limit rises while the loop learns.

Sections 13 to 16 % thick for cruise and climb of an aircraft, camber and design lift asked for
within ranges; a hit holds the limits on lift, moment and most lift and glides 95 or better. The
generator (a Gaussian copula of known sections) is refitted to the best so far and to known ones
after each of 8 rounds of 64; nothing mends its proposals. Controls have the same calls: the same
generator without learning, known sections brought to the asked thickness, and chance. NeuralFoil
judges inside the loop; XFOIL measures the first 8 of the last round again. The limit of lift over
drag was set before any loop was run, so that known sections hit as often as the book says of
conventional search, and bounds were written before any loop was run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import spearmanr

from ingenium.core.digest import dataset_digest
from ingenium.core.problem import silent
from ingenium.core.spec import Between, Limit, Objective
from ingenium.core.verdict import Verdict, margins
from ingenium.domains.airfoils import xfoil
from ingenium.domains.airfoils.judge import XfoilVerifier
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, Trials, ratio
from ingenium.runs.store import Store
from ingenium.searches.fixed_strategies import FixedGenerator
from ingenium.searches.search import Search
from ingenium.searches.stopping import Stop
from ingenium.searches.strategies import Task, make
from ingenium.searches.strategy import Strategy
from ingenium_book.studies.airfoils.wing_sections import LIMITS, WingTarget, arrays_of

GLIDE = 95.0  # lift over drag
RANGES = {"camber": Between(0.015, 0.035), "design_lift": Between(0.5, 1.1)}
AT_ONCE = 64  # proposals of a round
LEARNING, PLAIN, KNOWN, CHANCE = "learning", "not learning", "known sections", "chance"


@dataclass(frozen=True)
class Rounds:
    """How long a search is, and how much of its end XFOIL measures again."""

    count: int
    checked: int


@dataclass(frozen=True)
class Arm:
    """A strategy, and whether it is the one that the claim is about."""

    make: Callable[[Task], Strategy]
    ours: bool = False


@cache
def requested() -> WingTarget:
    """The spec, with its known sections."""
    limits = (*LIMITS, Limit("lift_to_drag", at_least=GLIDE))
    return WingTarget(limits, (Objective("lift_to_drag", "maximise"),), conditions=RANGES)


def run(arm: Arm, seed: int, size: Rounds) -> dict[str, ArrayLike]:
    """One search: hits of each round, hits of the last by XFOIL, and how far apart they lie."""
    of = requested()
    strategy = arm.make(Task(of.problem, of.spec, of.known, seed, silent))
    with TemporaryDirectory() as place, Store(Path(place) / "search.sqlite") as store:
        store.sit({})
        search = Search(of.problem, of.spec, strategy, store, seed=seed, batch=AT_ONCE)
        search.run(Stop(calls=AT_ONCE * size.count))
        hit = search.verdicts()["verdict"].to_numpy() == Verdict.ACCEPTED
        last = np.arange(search.calls - AT_ONCE, search.calls)
        return {
            "rates": hit.reshape(size.count, AT_ONCE).mean(1),
            "by_xfoil": _by_xfoil(of, search, last[: size.checked if arm.ours else 0]),
            "apart": _distance(of, search, last[hit[last]]),
        }


def _by_xfoil(of: WingTarget, search: Search, calls: np.ndarray) -> float:
    """Share that holds every limit as XFOIL says; no answer of it is no hit."""
    if not len(calls) or xfoil.absent() is not None:
        return float("nan")
    engine = XfoilVerifier(of.problem.settings)
    found = engine.measure(*arrays_of(of, search.designs(calls.tolist()))).numpy()
    names = [q.name for q in of.problem.quantities]
    return float((margins(found, names, of.spec.limits).min(1) >= 0).mean())


def _distance(of: WingTarget, search: Search, calls: np.ndarray) -> float:
    """Mean root mean square distance of the surfaces of two designs (chords)."""
    if len(calls) < 2:
        return float("nan")
    metric = of.problem.metric(search.designs(calls.tolist()))
    return float(np.mean([np.delete(metric(i), i).mean() for i in range(len(calls))]))


def read(found: Readings) -> dict[str, ArrayLike | Value]:
    """Hits in per cent, of rounds and of all calls."""
    rates = {name: 100 * found(name, "rates") for name in found.pieces}
    ours, whole = rates[LEARNING], {name: table.mean(1) for name, table in rates.items()}
    rounds = np.arange(ours.shape[1])
    values: dict[str, ArrayLike | Value] = {
        "over_known": ratio(ours[:, -1], rates[KNOWN][:, -1]),
        "over_known_calls": ratio(whole[LEARNING], whole[KNOWN]),
        "ratio": ratio(whole[LEARNING], whole[CHANCE]),
        "rise": ours[:, -1] - ours[:, 0],
        "last": ours[:, -1],
        "by_xfoil": 100 * found(LEARNING, "by_xfoil"),
        "over_plain": whole[LEARNING] - whole[PLAIN],
        "over_chance": whole[LEARNING] - whole[CHANCE],
        "steady": [_trend(rounds, row) for row in ours],
    }
    for name, table in rates.items():
        values[f"hits of all calls, {name}"] = whole[name]
        values[f"hits of the last round, {name}"] = table[:, -1]
        values[f"distance of hits of the last round, {name}"] = found(name, "apart")
    return values | {f"hits of round {i + 1}, {LEARNING}": ours[:, i] for i in rounds}


def _trend(rounds: np.ndarray, rates: np.ndarray) -> float:
    """Rank correlation of the rate with the round; 0 where it never changes."""
    return float(spearmanr(rounds, rates).statistic) if np.ptp(rates) > 0 else 0.0


measure = Trials(
    arms={
        LEARNING: Arm(lambda task: make("tuned", task).strategy, ours=True),
        PLAIN: Arm(lambda task: make("generator", task).strategy),
        KNOWN: Arm(lambda task: FixedGenerator(requested().generator("bootstrap"))),
        CHANCE: Arm(lambda task: make("random", task).strategy),
    },
    sizes=(Rounds(8, 8), Rounds(3, 1)),
    run=run,
    read=read,
    data=lambda size: dataset_digest(requested().known),
)
