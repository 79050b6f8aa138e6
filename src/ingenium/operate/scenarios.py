"""Disjoint blocks of scenarios of a plant: judgement never uses those of tuning or training."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64


@dataclass(frozen=True)
class ScenarioBlock:
    """Numbers of scenarios that serve a single purpose."""

    first: int
    count: int

    def some(self, n: int) -> Int64[np.ndarray, " n"]:
        """Return the first `n`.

        Raises:
            ValueError: for more than the block has, which would be those of another purpose.
        """
        if n > self.count:
            raise ValueError(f"at most {self.count} scenarios of one purpose, got {n}")
        return self.first + np.arange(n)

    def of_seed(self, seed: int) -> int:
        """Return one scenario for each seed, cyclically."""
        return self.first + seed % self.count


DESIGNS = ScenarioBlock(0, 500_000)  # verifiers of designs, and thresholds set by checks
TUNING = ScenarioBlock(500_000, 100_000)  # searches of gains
TELLING = ScenarioBlock(600_000, 100_000)  # tables of reports
TEACHING = ScenarioBlock(700_000, 50_000)  # residuals, and checks of fitted policies on limits
HOLDING = ScenarioBlock(750_000, 50_000)  # losses on held-out scenarios
CHOOSING = ScenarioBlock(800_000, 50_000)  # settings of families: rates, worths, steps
COMPARING = ScenarioBlock(850_000, 50_000)  # families in studies and benchmarks
CHECKING = ScenarioBlock(900_000, 100_000)  # checks of the shell
RELEASING = ScenarioBlock(1_000_000, 1_000_000)  # a policy before its release
SERVING = ScenarioBlock(2_000_000, 1_000_000)  # service itself, by its seed
WATCHING = ScenarioBlock(3_000_000, 1_000_000)  # episodes of normal operation that set the watch
RISKING = ScenarioBlock(4_000_000, 1_000_000)  # faults of a register of risks
TRYING = ScenarioBlock(1_000_000_000, 2**62)  # policies that learn by trying
PURPOSES = (
    *(DESIGNS, TUNING, TELLING, TEACHING, HOLDING, CHOOSING, COMPARING, CHECKING),
    *(RELEASING, SERVING, WATCHING, RISKING, TRYING),
)
