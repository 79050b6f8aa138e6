"""The agent's twin of the plant: step responses, with gains that are corrected from readings.

Shapes: m = 8 set-points, h hours, o outputs (cost, stripper level, separator level), w posterior
    twins, n moves.
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from jaxtyping import Float64

from ingenium.domains.plant.tennessee.core import PER_HOUR
from ingenium.domains.plant.tennessee.machine import EastmanBox, EastmanPlant
from ingenium.domains.plant.tennessee.tags import BASE, FIXED

UNIT: Float64[np.ndarray, " 8"] = np.array([30.0, 3.0, 0.6, 1.5, 0.8, 5.0, 10.0, 10.0])  # of a move
HOURS = 36  # length of a response, which has settled by then
LEVELS = 2  # outputs after the cost: levels of stripper and separator
BENCH = -7  # scenario of the step tests
SIZE, FLOOR = 0.3, 0.6  # prior spreads of beliefs: share, and $/h for a unit
SLACK = 0.5  # share by which responses of levels may be wrong
LAG_H, DRIFT = 6.0, 0.08  # lag of corrections; drift of beliefs, a share per unit
WANDERS, READS = 1.6, 0.5  # $/h: random walk of the plant per root hour, noise of an hour's mean
MISMATCH = 0.4  # share by which the plant's response may differ in shape
STRANGE = 4.0  # deviation in spreads above which no move explains a change


@cache
def step_responses() -> Float64[np.ndarray, "8 h o"]:
    """Responses of the nominal plant to a unit step of each set-point, all with the same noise.

    Row h is the mean of hour h after the step, which takes half an hour.
    """
    nothing = EastmanBox(0.0, 0.0, 0.0, 0.0)
    plant = EastmanPlant(nothing, "bench", period_h=0.1)
    state = plant.begin(np.full(9, BENCH))
    wanted = np.tile(np.concatenate([BASE, FIXED]), (9, 1))
    wanted[1:, :8] += np.diag(UNIT * np.array([1, -1, 1, 1, -1, -1, -1, 1]))
    rate = np.concatenate([UNIT, np.zeros(4)]) / (0.5 * PER_HOUR)
    idle, x, found = np.zeros((9, 28)), state.x, np.empty((HOURS, 9, 1 + LEVELS))
    for h in range(HOURS):
        x = plant.core.run(x, PER_HOUR, wanted, rate, idle)
        meter, truth = plant.core.part(x, "meter"), plant.core.part(x, "truth")
        found[h] = np.stack([meter[:, 1], truth[:, 14], truth[:, 11]], 1)
    size = (wanted[1:, :8] - BASE)[np.arange(8), np.arange(8)] / UNIT
    answers: np.ndarray = (found[:, 1:] - found[:, :1]) / size[:, None]
    return answers.swapaxes(0, 1)


@dataclass(frozen=True, eq=False)
class GainTwin:
    """The bench's step responses, and beliefs on how the plant's differ.

    The cost is the sum of each response times its size, of corrections of settled gains with a
    lag, and of a random walk. It is linear in normal beliefs, which a Kalman filter updates. As the
    plant is not linear, beliefs drift with the size of moves.

    Shapes: b = 16 beliefs, sizes first.
    """

    answers: Float64[np.ndarray, "8 h o"]  # responses to a unit step
    settled: Float64[np.ndarray, " 8"]  # settled gains of the bench, $/h for a unit
    belief: Float64[np.ndarray, " b"]
    cover: Float64[np.ndarray, "b b"]

    @classmethod
    def of_bench(cls) -> "GainTwin":
        """Return the twin with the gains of the step tests."""
        answers = step_responses()
        spread = np.repeat([SIZE, FLOOR], 8)
        belief = np.repeat([1.0, 0.0], 8)
        return cls(answers, answers[:, -8:, 0].mean(1), belief, np.diag(np.square(spread)))

    @property
    def to_gain(self) -> Float64[np.ndarray, "8 b"]:
        """Matrix that maps beliefs to settled gains."""
        return np.concatenate([np.diag(self.settled), np.eye(8)], 1)

    @property
    def gain(self) -> Float64[np.ndarray, " 8"]:
        """Mean settled change of the cost for a unit of each set-point."""
        found: np.ndarray = self.to_gain @ self.belief
        return found

    def driven(
        self, moves: Float64[np.ndarray, "t 8"], ahead: int = 0
    ) -> Float64[np.ndarray, " b"]:
        """Coefficients of beliefs in the cost, `ahead` hours after the last move.

        `moves` are the changes of set-points in each past hour, in units, up to the present.
        """
        age = np.arange(len(moves))[::-1] + ahead
        own = self.answers[:, np.minimum(age, HOURS - 1), 0]
        lag = 1 - np.exp(-(age + 1.0) / LAG_H)
        return np.concatenate([np.einsum("tm,mt->m", moves, own), lag @ moves])

    def levels(self, moves: Float64[np.ndarray, "t 8"], hours: int) -> Float64[np.ndarray, "h 2"]:
        """Changes of levels in the next hours that are due to past moves."""
        age = np.arange(len(moves))[::-1]
        found = [
            np.einsum("tm,mto->o", moves, self.answers[:, np.minimum(age + g, HOURS - 1), 1:])
            for g in range(hours + 1)
        ]
        ahead: np.ndarray = np.stack(found[1:]) - found[0]
        return ahead

    def path(self, move: Float64[np.ndarray, "n 8"]) -> Float64[np.ndarray, "n h 2"]:
        """Lowest changes of levels after moves, with responses wrong by up to `SLACK`."""
        steps = np.einsum("nm,mho->nhmo", move, self.answers[..., 1:])
        found: np.ndarray = (steps - SLACK * np.abs(steps)).sum(2)
        return found

    def foreseen(self, driven: Float64[np.ndarray, " b"], hours: float) -> tuple[float, float]:
        """Mean and spread of a change of the cost over some hours."""
        unlike = MISMATCH**2 * np.square(driven[:8]).sum()
        var = driven @ self.cover @ driven + unlike + WANDERS**2 * hours + 2 * READS**2
        return float(driven @ self.belief), float(np.sqrt(var))

    def updated(self, driven: Float64[np.ndarray, " b"], change: float, hours: float) -> "GainTwin":
        """Update beliefs by an observed change of the cost; an outlier is clipped."""
        moved = np.minimum(np.abs(driven[8:]), 2.0)
        drift = np.concatenate([DRIFT * moved, DRIFT * moved * np.maximum(np.abs(self.gain), 0.5)])
        twin = replace(self, cover=self.cover + np.diag(np.square(drift)))
        mean, spread = twin.foreseen(driven, hours)
        gap = np.clip(change - mean, -STRANGE * spread, STRANGE * spread)
        weight = twin.cover @ driven / spread**2
        cover = twin.cover - np.outer(weight, weight) * spread**2
        return replace(self, belief=self.belief + weight * gap, cover=(cover + cover.T) / 2)

    def twins(self, count: int, seed: int) -> Float64[np.ndarray, "w 8"]:
        """Sample settled gains of posterior twins; random numbers depend on the seed alone."""
        normal = np.random.default_rng(seed).standard_normal((count, 16))
        half = np.linalg.cholesky(self.cover + 1e-9 * np.eye(16))
        found: np.ndarray = (self.belief + normal @ half.T) @ self.to_gain.T
        return found
