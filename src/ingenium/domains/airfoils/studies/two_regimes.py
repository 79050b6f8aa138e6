"""Row 26.5: a learner that acts on what it knows or seeks to know more, and its regret.

Sections: 24 of the UIUC sections, drawn for each seed; a turn flies one at one of 32 conditions
at random (lift 0.3 to 0.9, Reynolds number 0.5 to 5 million, lift over drag by NeuralFoil), its
worth is the mean over all; 24 other sections tell the prior and the scatter; 600 turns. Plant: 60
periods of the Williams-Otto reactor with unknown rates, 441 settings, a Gaussian process of noisy
profit. Known answer: 10 normal options, whose least regret Lai and Robbins give. The learner is
that of the search (`search/regimes.py`): the leader, or the option that may be better. Pure
exploitation tries each option once and then takes what it expects most of; pure exploration takes
what it knows least. Beside: Thompson sampling and one turn in ten at random. Regret is against
the true worths. The shift is the share of turns that sought knowledge in the first third less
that in the last. Budget: 5 seeds, 600 and 60 turns; quick: 120.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64
from scipy.special import ndtri

from ingenium.core.digest import array_digest
from ingenium.core.problem import Watch
from ingenium.domains.airfoils.cst import arrays_of
from ingenium.domains.airfoils.known import stored
from ingenium.domains.airfoils.settings import Point, SectionSettings
from ingenium.domains.airfoils.verifier import NeuralFoilVerifier
from ingenium.evaluate.intervals import t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.search.regimes import Options, choose
from ingenium.search.studies.reactor_plant import Reactor, envelope
from ingenium.search.studies.self_tuning_plant import SCATTER, UNKNOWN, misfit

SECTIONS, CONDITIONS, BEFORE = 24, 32, 24  # options, flights of each, sections flown before
ARMS, GAPS = 10, (0.0, 1.0)  # of the case with a known answer: means drawn in between
TURNS, QUICK_TURNS, PLANT_TURNS = 600, 120, 60
SETTINGS = envelope(21)
LEAST_LD = 5.0  # of lift over drag; nothing that flies has less here
ACT, SEEK, BOTH = "exploit", "explore", "regimes"


@dataclass(frozen=True)
class Case:
    """Options with a worth that nobody knows; what a turn gives; what is known before.

    Shapes: a options, f flights.
    """

    worth: Float64[np.ndarray, " a"]
    draws: Float64[np.ndarray, "a f"]  # one of which a turn gives, at random
    noise: float
    prior: tuple[float, float]


def measure(budget: Budget, watch: Watch) -> Measured:
    """Each seed draws options and a plant, and lets every way go through the same turns."""
    turns = QUICK_TURNS if budget.quick else TURNS
    table: dict[str, list[float]] = {}
    every, flown = [], flights()
    for i, seed in enumerate(budget.seeds):
        watch("regimes", i, len(budget.seeds))
        rng = np.random.default_rng(seed)
        cases = {"sections": of_sections(flown, rng), "known": of_known(rng)}
        every.append(cases["sections"].worth)
        found: dict[str, float] = {}
        for name, case in cases.items():
            found |= {f"{name}.{k}": v for k, v in _on_options(case, turns, seed).items()}
        found["known.over_least"] = found["known.regimes.regret"] / least(cases["known"], turns)
        found |= {f"plant.{k}": v for k, v in _on_plant(rng, seed).items()}
        for name, value in found.items():
            table.setdefault(name, []).append(value)
    intervals = {name: t_interval(values) for name, values in table.items()}
    return from_intervals(intervals, {}, array_digest(np.concatenate(every)))


def flights() -> Float64[np.ndarray, "s f"]:
    """Lift over drag of every tenth known section at points that are drawn once, by NeuralFoil."""
    rng = np.random.default_rng(0)
    lift, speed = (
        rng.uniform(0.3, 0.9, CONDITIONS),
        rng.uniform(np.log(5e5), np.log(5e6), CONDITIONS),
    )
    points = tuple(
        Point(f"p{i}", float(a), float(np.exp(b)))
        for i, (a, b) in enumerate(zip(lift, speed, strict=True))
    )
    settings = SectionSettings(points=points, judge="neuralfoil", network="medium")
    arrays = arrays_of(stored()[1][::10])
    with torch.no_grad():
        flow = NeuralFoilVerifier(settings).working(*arrays).flow
    ratio: np.ndarray = (flow.lift / flow.drag).view(-1, CONDITIONS).numpy()
    sound = np.isfinite(ratio).all(1) & (ratio > LEAST_LD).all(1)
    found: np.ndarray = ratio[sound]
    return found


def of_sections(flown: Float64[np.ndarray, "s f"], rng: np.random.Generator) -> Case:
    """Some sections as options, with what others told before of means and scatter."""
    order = rng.permutation(len(flown))
    options, before = flown[order[:SECTIONS]], flown[order[SECTIONS : SECTIONS + BEFORE]]
    means = before.mean(1)
    noise = float(np.sqrt(before.var(1).mean()))
    return Case(options.mean(1), options, noise, (float(means.mean()), float(means.std())))


def of_known(rng: np.random.Generator) -> Case:
    """Normal rewards of deviation 1, for which the least regret is known."""
    worth = rng.uniform(*GAPS, ARMS)
    scatter = ndtri((np.arange(1000) + 0.5) / 1000)
    draws = worth[:, None] + scatter / scatter.std()
    return Case(worth, draws, 1.0, (0.5, 0.5))


def least(case: Case, turns: int) -> float:
    """Regret that no learner that learns everywhere goes below in the long run.

    Source: Lai and Robbins, Adv. Appl. Math. 6:4, 1985.
    """
    gaps = case.worth.max() - case.worth
    return float(np.log(turns) * (2 * case.noise**2 / gaps[gaps > 0]).sum())


def _on_options(case: Case, turns: int, seed: int) -> Mapping[str, float]:
    """Regret of each way, and the shares of turns in which it sought."""
    found: dict[str, float] = {}
    third = turns // 3
    for name, way in WAYS.items():
        rng = np.random.default_rng([seed, 1])
        options = Options(len(case.worth), case.noise, case.prior)
        chosen = list[int]()
        for turn in range(turns):
            one = way(options, turn, rng)
            options.hear(one, float(rng.choice(case.draws[one])))
            chosen.append(one)
        lost = float((case.worth.max() - case.worth[chosen]).sum())
        found[f"{name}.regret"] = lost
        if name == BOTH:
            sought = np.array(options.sought)
            found["sought_first"] = 100 * float(sought[:third].mean())
            found["sought_last"] = 100 * float(sought[-third:].mean())
    found["shift"] = found["sought_first"] - found["sought_last"]
    return {**found, **_saved(found)}


def _saved(found: Mapping[str, float]) -> Mapping[str, float]:
    return {
        f"under_{name}": 100 * (1 - found[f"{BOTH}.regret"] / max(found[f"{name}.regret"], 1e-9))
        for name in (ACT, SEEK)
    }


def _exploit(options: Options, turn: int, rng: np.random.Generator) -> int:
    """Each once, then the one of which most is expected."""
    return turn if turn < options.count else int(options.belief[0].argmax())


def _explore(options: Options, turn: int, rng: np.random.Generator) -> int:
    """Always the one of which least is known."""
    return int(options.belief[1].argmax())


def _thompson(options: Options, turn: int, rng: np.random.Generator) -> int:
    mean, spread = options.belief
    return int((mean + spread * rng.standard_normal(options.count)).argmax())


def _tenth(options: Options, turn: int, rng: np.random.Generator) -> int:
    """At random in a tenth of the turns, else as what is expected."""
    if rng.uniform() < 0.1:
        return int(rng.integers(options.count))
    return int(options.belief[0].argmax())


WAYS: Mapping[str, Callable[[Options, int, np.random.Generator], int]] = {
    BOTH: lambda options, turn, rng: options.choose(),
    ACT: _exploit,
    SEEK: _explore,
    "thompson": _thompson,
    "one_in_ten": _tenth,
}


def _on_plant(rng: np.random.Generator, seed: int) -> Mapping[str, float]:
    """Regret ($/s a turn) over the settings of a reactor whose rates nobody knows."""
    factors = np.exp(UNKNOWN * rng.standard_normal(3))
    true = Reactor((factors[0], factors[1], factors[2])).profit(SETTINGS)
    found: dict[str, float] = {}
    for name in (BOTH, ACT, SEEK):
        noise = np.random.default_rng([seed, 2])
        chosen, heard, sought = [int(len(SETTINGS) / 2)], list[float](), [False]
        for _ in range(PLANT_TURNS):
            heard.append(float(true[chosen[-1]] + SCATTER * noise.standard_normal()))
            one, seeks = _next(name, SETTINGS[chosen], np.array(heard))
            chosen.append(one)
            sought.append(seeks)
        found[f"{name}.regret"] = float((true.max() - true[chosen[:-1]]).sum())
        if name == BOTH:
            third = PLANT_TURNS // 3
            found["sought_first"] = 100 * float(np.mean(sought[1 : third + 1]))
            found["sought_last"] = 100 * float(np.mean(sought[-third:]))
    found["shift"] = found["sought_first"] - found["sought_last"]
    return {**found, **_saved(found)}


def _next(
    name: str, at: Float64[np.ndarray, "t 2"], heard: Float64[np.ndarray, " t"]
) -> tuple[int, bool]:
    mean, spread = misfit(at, heard, SETTINGS)
    if name == ACT:
        return int(mean.argmax()), False
    if name == SEEK:
        return int(spread.argmax()), True
    return choose(mean, spread, len(heard))
