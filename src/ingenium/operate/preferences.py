"""Weights of a plant's rates to a person, from pairwise comparisons.

Operating points are tried on the plant behind the barrier; a person says which of two is better,
until the budget of questions is spent. Answers may be wrong now and then.

Shapes: o operating points, k rates, w samples of weights, q answers, m actions.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from jaxtyping import Float64, Int64
from pydantic import Field
from pydantic.dataclasses import dataclass as checked

from ingenium.core.errors import InputError, choose
from ingenium.core.reading.tables import read_table
from ingenium.core.spec import _STRICT, Number
from ingenium.operate.drill import Drill
from ingenium.operate.memory import NoMemory
from ingenium.operate.plant import Plant, Rows
from ingenium.operate.scenarios import CHOOSING
from ingenium.operate.shell import Shell
from ingenium.operate.worth import served

SAMPLES, MOVES = 1500, 3  # weights in the belief, and moves of each after a resampling
WIDE = 3.0  # prior spread of a weight, for a difference of one spread of its rate
SLIP = 0.1  # share of answers that are expected to be wrong
FEWEST = 8  # operating points that stay inside, half of which are compared
FIRST, SECOND = "first", "second"


@checked(frozen=True, config=_STRICT)
class PreferenceSpec:
    """Operating points to compare, the number of questions, and who answers them."""

    rates: tuple[str, ...] = ()  # that may matter; none: all of the plant's
    questions: Annotated[int, Field(ge=4, le=500)] = 60
    points: Annotated[int, Field(ge=FEWEST, le=500)] = 40
    seconds: Annotated[Number, Field(gt=0, le=1e7)] = 86_400.0  # for which a point is tried
    reach: Annotated[Number, Field(gt=0, le=1)] = 0.3  # of an action's range, from the fallback
    answers: Annotated[str, Field(max_length=500)] = ""  # a CSV file; none: asked on the terminal
    simulated: Mapping[str, Number] = field(default_factory=dict)  # weights of a simulated person
    wrong: Annotated[Number, Field(ge=0, lt=0.5)] = 0.1  # share of a simulated person's answers

    def check(self, plant: Plant) -> None:
        """Refuse rates that a plant does not have, and two sources of answers.

        Raises:
            InputError: naming the unknown one.
        """
        names = [r.name for r in plant.rates]
        for name in (*self.rates, *self.simulated):
            choose(name, self.rates if name in self.simulated and self.rates else names, "rate")
        if self.answers and self.simulated:
            raise InputError("a file of answers, or a simulated person", "both")


@dataclass(frozen=True)
class PairAnswer:
    """Two operating points, and whether the first one is preferred."""

    first: int
    second: int
    prefers_first: bool


@dataclass(frozen=True, eq=False)
class TriedPoints:
    """Operating points with their mean rates, and how long each was outside the limits."""

    names: tuple[str, ...]
    units: tuple[str, ...]
    action: Float64[np.ndarray, "o m"]
    rates: Float64[np.ndarray, "o k"]
    outside: Float64[np.ndarray, " o"]  # share of the time

    @property
    def inside(self) -> Int64[np.ndarray, " i"]:
        """Points that never left the limits: they alone are shown."""
        return np.flatnonzero(self.outside == 0)

    @property
    def scaled(self) -> Float64[np.ndarray, "o k"]:
        """Rates in spreads about their mean, over points inside."""
        own = self.rates[self.inside]
        found: np.ndarray = (self.rates - own.mean(0)) / np.maximum(own.std(0), 1e-12)
        return found

    def described(self, point: int) -> dict[str, str]:
        """Rates of a point with their units."""
        values = self.rates[point].tolist()
        each = zip(self.names, values, self.units, strict=True)
        return {name: f"{value:.4g} {unit}" for name, value, unit in each}


Person = Callable[[TriedPoints, int, int], bool]  # true: the first one is preferred


def tried(plant: Plant, spec: PreferenceSpec, seed: int, patience: int | None) -> TriedPoints:
    """Run operating points about the fallback behind the barrier; rates are of the second half."""
    low, high = (np.array([getattr(a, e) for a in plant.actions]) for e in ("low", "high"))
    at = np.full(spec.points, CHOOSING.of_seed(seed))
    rng = np.random.default_rng([seed, 41])
    start = plant.fallback(plant.seen(plant.begin(at[:1]), ()))
    off = spec.reach * (high - low) * rng.uniform(-1, 1, (spec.points, len(low)))
    action = np.clip(start + off, low, high)
    action[0] = start[0]
    policy = FixedActions("operating points", action)
    periods = max(2, round(spec.seconds / plant.period_s))
    runs = served(policy, Shell(plant, None, patience=patience), Drill(), at, periods)
    names = spec.rates or tuple(r.name for r in plant.rates)
    which = [[r.name for r in plant.rates].index(name) for name in names]
    rates = runs.rates[periods // 2 :].mean(0)[:, which]
    units = tuple(plant.rates[i].unit for i in which)
    found = TriedPoints(names, units, action, rates, runs.outside.mean(0))
    if len(found.inside) < FEWEST:
        raise InputError(
            f"at least {FEWEST} operating points inside the limits",
            f"{len(found.inside)} of {spec.points}",
            "Write more points, or a smaller reach.",
        )
    return found


@dataclass(frozen=True, eq=False)
class FixedActions(NoMemory):
    """A policy that holds the same action, a row for each copy, or one for all."""

    name: str
    action: Rows

    def act(
        self,
        memory: Float64[np.ndarray, "n k"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
    ) -> Rows:
        """Return the action."""
        return np.broadcast_to(self.action, (len(seen), self.action.shape[1])).copy()


@dataclass(frozen=True, eq=False)
class WeightBelief:
    """Weighted samples of weights, updated by answers.

    Source: Chopin, Biometrika 89:539, 2002 (resampling and moves); Houlsby et al., 2011,
        arXiv:1112.5745 (questions by expected information).
    """

    points: Float64[np.ndarray, "o k"]  # scaled rates
    weights: Float64[np.ndarray, "w k"]
    logs: Float64[np.ndarray, " w"]
    answers: tuple[PairAnswer, ...] = ()

    @classmethod
    def begin(cls, points: Float64[np.ndarray, "o k"], seed: int) -> "WeightBelief":
        """Return the prior: any direction, either sign."""
        rng = np.random.default_rng([seed, 43])
        return cls(
            points, WIDE * rng.standard_normal((SAMPLES, points.shape[1])), np.zeros(SAMPLES)
        )

    @property
    def share(self) -> Float64[np.ndarray, " w"]:
        """Normalised weights of the samples."""
        own = np.exp(self.logs - self.logs.max())
        found: np.ndarray = own / own.sum()
        return found

    @property
    def mean(self) -> Float64[np.ndarray, " k"]:
        """Mean direction of the weights, of length 1."""
        own = self.weights / np.linalg.norm(self.weights, axis=1, keepdims=True)
        mean = self.share @ own
        found: np.ndarray = mean / np.linalg.norm(mean)
        return found

    @property
    def spread(self) -> Float64[np.ndarray, " k"]:
        """Spread of the direction."""
        own = self.weights / np.linalg.norm(self.weights, axis=1, keepdims=True)
        found: np.ndarray = np.sqrt(self.share @ np.square(own - self.share @ own))
        return found

    def likely(
        self, weights: Float64[np.ndarray, "w k"], pairs: Int64[np.ndarray, "p 2"]
    ) -> Float64[np.ndarray, "w p"]:
        """Probability that the first point of each pair is preferred."""
        gap = (self.points[pairs[:, 0]] - self.points[pairs[:, 1]]) @ weights.T
        found: np.ndarray = SLIP + (1 - 2 * SLIP) / (1 + np.exp(-np.clip(3 * gap.T, -50, 50)))
        return found

    def told(self, answer: PairAnswer, seed: int) -> "WeightBelief":
        """Update by an answer; resample and move the samples where few of them are left."""
        own = WeightBelief(
            self.points, self.weights, self.logs + self._log(self.weights, (answer,)),
            (*self.answers, answer),
        )  # fmt: skip
        return own if 1 / np.square(own.share).sum() > SAMPLES / 2 else own._moved(seed)

    def _log(
        self, weights: Float64[np.ndarray, "w k"], answers: Sequence[PairAnswer]
    ) -> Float64[np.ndarray, " w"]:
        pairs = np.array([[a.first, a.second] for a in answers])
        right = np.array([a.prefers_first for a in answers])
        first = self.likely(weights, pairs)
        found: np.ndarray = np.log(np.where(right, first, 1 - first)).sum(1)
        return found

    def _moved(self, seed: int) -> "WeightBelief":
        rng = np.random.default_rng([seed, 47, len(self.answers)])
        own = self.weights[rng.choice(SAMPLES, SAMPLES, p=self.share)]
        half = np.linalg.cholesky(np.cov(own.T) + 1e-9 * np.eye(own.shape[1]))

        def density(x: np.ndarray) -> np.ndarray:
            prior = -0.5 * np.square(x / WIDE).sum(1)
            return np.asarray(self._log(x, self.answers) + prior)

        now = density(own)
        for _ in range(MOVES):
            other = own + rng.standard_normal(own.shape) @ half.T
            then = density(other)
            better = np.log(rng.uniform(size=SAMPLES)) < then - now
            own, now = np.where(better[:, None], other, own), np.where(better, then, now)
        return WeightBelief(self.points, own, np.zeros(SAMPLES), self.answers)

    def question(self, among: Int64[np.ndarray, " i"]) -> tuple[int, int]:
        """Return the unanswered pair whose answer is expected to say the most on the weights."""
        past = {frozenset((a.first, a.second)) for a in self.answers}
        every = [p for p in combinations(among.tolist(), 2) if frozenset(p) not in past]
        pairs = np.array(every or list(combinations(among.tolist(), 2)))
        first = self.likely(self.weights, pairs)
        mean = self.share @ first
        gain = _entropy(mean) - self.share @ _entropy(first)
        one, other = pairs[int(gain.argmax())].tolist()
        return one, other


def _entropy(p: np.ndarray) -> np.ndarray:
    return np.asarray(-(p * np.log(p) + (1 - p) * np.log(1 - p)))


@dataclass(frozen=True, eq=False)
class Preferences:
    """Recovered weights of the rates, and the operating point that they prefer."""

    points: TriedPoints
    belief: WeightBelief

    @property
    def utility(self) -> Float64[np.ndarray, " o"]:
        """Value of each point by the mean weights."""
        found: np.ndarray = self.points.scaled @ self.belief.mean
        return found

    @property
    def best(self) -> int:
        """Number of the preferred point among those inside the limits."""
        inside = self.points.inside
        return int(inside[self.utility[inside].argmax()])

    def held_out(self, hidden: Mapping[str, float]) -> tuple[float, float]:
        """Rank correlations with a hidden objective, on points that no question was about.

        The second one is that of the first rate alone.
        """
        from scipy.stats import spearmanr

        own = self.points.inside[1::2]
        true = (self.points.scaled @ hidden_weights(self.points, hidden))[own]
        each = (self.utility[own], -self.points.rates[own, 0])
        recovered, first = (float(spearmanr(value, true).statistic) for value in each)
        return recovered, abs(first)

    def wrong(self, hidden: Mapping[str, float]) -> int:
        """Number of answers that contradict a hidden objective."""
        value = self.points.scaled @ hidden_weights(self.points, hidden)
        own = self.belief.answers
        return sum(bool(value[a.first] >= value[a.second]) != a.prefers_first for a in own)

    def _compared(self, hidden: Mapping[str, float]) -> dict[str, float]:
        recovered, first = self.held_out(hidden)
        wrong = float(self.wrong(hidden))
        return {"rank_correlation": recovered, "by_first_rate": first, "wrong_answers": wrong}

    def record(self, spec: PreferenceSpec) -> dict[str, Any]:
        """Return plain data."""
        points = self.points
        rows = zip(
            points.names,
            points.units,
            self.belief.mean.tolist(),
            self.belief.spread.tolist(),
            strict=True,
        )
        return {
            "weights": [
                {"rate": name, "unit": unit, "weight": mean, "spread": spread}
                for name, unit, mean, spread in rows
            ],
            "answers": [asdict(own) for own in self.belief.answers],
            "points": len(points.action),
            "points_outside": int((points.outside > 0).sum()),
            "outside": float(points.outside.mean()),
            "best": {"point": self.best, "action": points.action[self.best].tolist()},
            "outcomes": [points.described(i) for i in range(len(points.action))],
            "simulated": self._compared(spec.simulated) if spec.simulated else None,
        }


def hidden_weights(points: TriedPoints, own: Mapping[str, float]) -> Float64[np.ndarray, " k"]:
    """Weights of a simulated person, for rates in spreads."""
    return np.array([float(own.get(name, 0.0)) for name in points.names])


def simulated(spec: PreferenceSpec, seed: int) -> Person:
    """Return a person who prefers by hidden weights, and errs in a share of answers."""
    rng = np.random.default_rng([seed, 53])

    def answers(points: TriedPoints, first: int, second: int) -> bool:
        value = points.scaled @ hidden_weights(points, spec.simulated)
        return bool((value[first] >= value[second]) != (rng.uniform() < spec.wrong))

    return answers


def interviewed(
    points: TriedPoints, spec: PreferenceSpec, seed: int, answers: Iterator[PairAnswer] | Person
) -> Preferences:
    """Update the belief by answers of a person, or by answers that are known already."""
    belief = WeightBelief.begin(points.scaled, seed)
    if callable(answers):
        for _ in range(spec.questions):
            first, second = belief.question(points.inside[::2])
            belief = belief.told(PairAnswer(first, second, answers(points, first, second)), seed)
        return Preferences(points, belief)
    for answer in answers:
        belief = belief.told(answer, seed)
    return Preferences(points, belief)


def read_answers(path: Path, points: TriedPoints) -> list[PairAnswer]:
    """Read answers from a CSV file with the columns first, second and preferred.

    Raises:
        InputError: for another table, an unknown point, or an answer that is neither.
    """
    table = read_table(path, "answers on pairs of operating points", delimiter=",")
    table.expect(["first", "second", "preferred"])
    found = []
    columns = (table.numbers("first"), table.numbers("second"), table.texts("preferred"))
    for row, (first, second, which) in enumerate(zip(*columns, strict=True)):
        for point in (first, second):
            if point not in range(len(points.action)):
                raise InputError(
                    f"a point from 0 to {len(points.action) - 1}", f"{point:g} in row {row + 1}"
                )
        if first == second:
            raise InputError("two different points", f"{first:g} twice in row {row + 1}")
        choose(which, (FIRST, SECOND), f"answer in row {row + 1}")
        found.append(PairAnswer(int(first), int(second), which == FIRST))
    if not found:
        raise InputError("at least one answer", f"none in {path}")
    return found


def to_csv(answers: Sequence[PairAnswer]) -> str:
    """Return answers as a file that `read_answers` reads."""
    rows = [f"{a.first},{a.second},{FIRST if a.prefers_first else SECOND}" for a in answers]
    return "\n".join(["first,second,preferred", *rows]) + "\n"
