"""A generator alongside a controller: it adds to the actions of a base that is stable by itself.

Shapes: n copies, p readings, q wanted values, m actions, c features, d numbers of a plan.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64, Int64

from ingenium.core.seeds import one_thread
from ingenium.generators.model import Family
from ingenium.operate.plant import Plant, Policy
from ingenium.train.plan import Plan

PERIODS = 10**9  # periods of a seed with separate noise
AHEAD = 4  # periods of a plan, of which the first acts


@dataclass(frozen=True, eq=False)
class ResidualTraining:
    """Differences of an expert's actions from those of the base, in states that both visited."""

    features: Float64[np.ndarray, "n c"]
    added: Float64[np.ndarray, "n d"]

    @classmethod
    def of(
        cls,
        plant: Plant,
        base: Policy,
        expert: Policy,
        scenario: Int64[np.ndarray, " n"],
        periods: int,
    ) -> "ResidualTraining":
        """Collect states: the expert leads half of the copies, the base the other half."""
        n = len(scenario)
        state, memory, known = plant.begin(scenario), base.begin(n), expert.begin(n)
        led = (np.arange(n) % 2 == 0)[:, None]
        low, high = (np.array([getattr(a, end) for a in plant.actions]) for end in ("low", "high"))
        rows, gaps = [], []
        for _ in range(periods):  # one after the other: each begins where the last one ended
            seen, wanted = plant.seen(state, ()), plant.wanted(state)
            own, better = base.act(memory, seen, wanted), expert.act(known, seen, wanted)
            rows.append(_features(memory, seen, wanted, own))
            gaps.append(better - own)
            action = np.clip(np.where(led, better, own), low, high)
            memory = base.learn(memory, seen, wanted, action)
            known = expert.learn(known, seen, wanted, action)
            state = plant.step(state, action, ())
        whole = np.stack(gaps)
        last = periods - AHEAD + 1
        plans = np.concatenate([whole[k : last + k] for k in range(AHEAD)], -1)
        features = np.stack(rows)[:last]
        return cls(features.reshape(-1, features.shape[-1]), plans.reshape(-1, plans.shape[-1]))


@dataclass(frozen=True, eq=False)
class ResidualPolicy:
    """The base's action, plus the first step of a plan that a generator proposes.

    The sum stays within `most` of each action's range of the base. Noise depends on `seed` and the
    period alone.
    """

    base: Policy
    family: Family
    middle: Float64[np.ndarray, " c"]
    spread: Float64[np.ndarray, " c"]
    size: Float64[np.ndarray, " d"]
    most: Float64[np.ndarray, " m"]
    seed: int = 0

    @classmethod
    def fitted(
        cls, base: Policy, family: Family, training: ResidualTraining, plan: Plan, most: np.ndarray
    ) -> tuple["ResidualPolicy", dict[str, list[float]]]:
        """Fit a family to training examples; also return its losses."""
        middle, spread = training.features.mean(0), training.features.std(0) + 1e-9
        size = training.added.std(0) + 1e-9
        found = cls(base, family, middle, spread, size, most, plan.seed)
        with one_thread():
            x = torch.from_numpy(training.added / size).float()
            trajectory = family.fit(x, found._reported(training.features), plan)
        return found, trajectory

    @property
    def name(self) -> str:
        """Names of the base and of the residual's family."""
        return f"{self.base.name} with a residual by {type(self.family).__name__}"

    def begin(self, n: int) -> Float64[np.ndarray, "n k"]:
        """Return the memory of the base, and the number of the period."""
        return np.concatenate([self.base.begin(n), np.zeros((n, 1))], 1)

    def act(
        self,
        memory: Float64[np.ndarray, "n k"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
    ) -> Float64[np.ndarray, "n m"]:
        """Return the base's action plus the residual."""
        own = self.base.act(memory[:, :-1], seen, wanted)
        rng = torch.Generator().manual_seed(self.seed * PERIODS + int(memory[0, -1]))
        reported = self._reported(_features(memory[:, :-1], seen, wanted, own))
        with one_thread(), torch.no_grad():
            plan = self.family.propose(reported, rng).double().numpy() * self.size
        found: np.ndarray = own + np.clip(plan[:, : own.shape[1]], -self.most, self.most)
        return found

    def learn(
        self,
        memory: Float64[np.ndarray, "n k"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
        applied: Float64[np.ndarray, "n m"],
    ) -> Float64[np.ndarray, "n k"]:
        """Update the memory of the base with the applied action."""
        own = self.base.learn(memory[:, :-1], seen, wanted, applied)
        return np.concatenate([own, memory[:, -1:] + 1], 1)

    def _reported(self, features: Float64[np.ndarray, "n c"]) -> torch.Tensor:
        return torch.from_numpy((features - self.middle) / self.spread).float()


def _features(
    memory: Float64[np.ndarray, "n k"],
    seen: Float64[np.ndarray, "n p"],
    wanted: Float64[np.ndarray, "n q"],
    own: Float64[np.ndarray, "n m"],
) -> Float64[np.ndarray, "n c"]:
    """Errors, other readings, the base's action, and its memory."""
    q = wanted.shape[1]
    first = np.where(np.isnan(memory[:, :q]), seen[:, :q], memory[:, :q])
    return np.concatenate(
        [wanted - seen[:, :q], seen[:, q:], own, seen[:, :q] - first, memory[:, q:]], 1
    )
