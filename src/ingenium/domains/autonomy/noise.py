"""Noise that depends on the scenario's number and the period alone, sampled in blocks."""

import numpy as np
from jaxtyping import Float64, Int64

PERIODS = 1024  # of a block


class BlockNoise:
    """Standard normal numbers, `p` in each period of each scenario, independent of other calls."""

    def __init__(self, seed: int, p: int) -> None:
        self.seed, self.p = seed, p
        self._key: tuple[int, int] = (-1, -1)
        self._block = np.empty((0, 0, 0))
        self._requested: np.ndarray | None = None

    def at(self, scenario: Int64[np.ndarray, " n"], period: int) -> Float64[np.ndarray, "n p"]:
        """Return the numbers of one period."""
        number = period // PERIODS
        if self._requested is not scenario or self._key[0] != number:
            each, back = np.unique(scenario, return_inverse=True)
            drawn = [self._drawn(int(s), number) for s in each]
            self._block, self._back = np.stack(drawn, 1), back
            self._requested, self._key = scenario, (number, len(each))
        found: np.ndarray = self._block[period % PERIODS][self._back]
        return found

    def _drawn(self, scenario: int, number: int) -> Float64[np.ndarray, "t p"]:
        if scenario < 0:  # without noise
            return np.zeros((PERIODS, self.p))
        rng = np.random.default_rng([self.seed, 1, scenario, number])
        return rng.standard_normal((PERIODS, self.p))
