"""Detection of unusual responses of a plant: a conformal bound on surprises.

Shapes: n copies, p readings, e episodes.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

from ingenium.operate.plant import Plant, Policy
from ingenium.trust.conformal import bound

FORGET = 0.8  # decay of a mean surprise per period


@dataclass(frozen=True, eq=False)
class Watch:
    """Surprise: the moving mean of prediction errors of readings, in units of usual ones.

    In normal operation an episode as long as those it was set on stays below the threshold
    throughout with a probability of at least `coverage`, whatever the plant.
    """

    usual: Float64[np.ndarray, " p"]
    threshold: float
    coverage: float
    episodes: int
    seconds: float

    @classmethod
    def set_on(
        cls,
        plant: Plant,
        policy: Policy,
        scenario: Int64[np.ndarray, " e"],
        periods: int,
        coverage: float = 0.95,
    ) -> "Watch":
        """Calibrate on normal episodes: the first third sets usual errors, the rest a threshold."""
        gaps = surprises(plant, policy, scenario, periods)
        first = len(scenario) // 3
        usual = np.maximum(np.sqrt(np.square(gaps[:, :first]).mean((0, 1))), 1e-12)
        highest = episode_scores(gaps[:, first:], usual)
        threshold = bound(highest, coverage)
        return cls(usual, threshold, coverage, len(highest), periods * plant.period_s)

    def mean(
        self, before: Float64[np.ndarray, "n p"], gap: Float64[np.ndarray, "n p"]
    ) -> Float64[np.ndarray, "n p"]:
        """Update the moving mean by one period; a missing first error counts as none."""
        found: np.ndarray = FORGET * before + (1 - FORGET) * np.nan_to_num(gap / self.usual)
        return found

    def score(self, mean: Float64[np.ndarray, "n p"]) -> Float64[np.ndarray, " n"]:
        """Score of the most surprising reading."""
        found: np.ndarray = np.abs(mean).max(1)
        return found

    def alarm(self, score: Float64[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
        """True where the score exceeds the threshold, or is missing."""
        return ~(score <= self.threshold)


def surprises(
    plant: Plant, policy: Policy, scenario: Int64[np.ndarray, " n"], periods: int
) -> Float64[np.ndarray, "t n p"]:
    """Prediction errors of the readings, in each period but the first."""
    state, memory = plant.begin(scenario), policy.begin(len(scenario))
    low, high = (np.array([getattr(a, end) for a in plant.actions]) for end in ("low", "high"))
    gaps, expected = [], None
    for _ in range(periods):  # one after the other: each begins where the last one ended
        seen, wanted = plant.seen(state, ()), plant.wanted(state)
        if expected is not None:
            gaps.append(seen - expected)
        action = np.clip(policy.act(memory, seen, wanted), low, high)
        memory = policy.learn(memory, seen, wanted, action)
        expected = plant.expected(seen, action)
        state = plant.step(state, action, ())
    return np.stack(gaps)


def episode_scores(
    gaps: Float64[np.ndarray, "t n p"], usual: Float64[np.ndarray, " p"]
) -> Float64[np.ndarray, " n"]:
    """The highest score of each episode."""
    mean, highest = np.zeros(gaps.shape[1:]), np.zeros(gaps.shape[1])
    for gap in gaps:
        mean = FORGET * mean + (1 - FORGET) * gap / usual
        highest = np.maximum(highest, np.abs(mean).max(1))
    return highest
