"""The cross-entropy method: a normal law is repeatedly fitted to the best of its samples."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ingenium.searches.fronts import order
from ingenium.searches.generational import Generational
from ingenium.searches.space import Cube
from ingenium.searches.strategy import State


@dataclass(frozen=True)
class CrossEntropySettings:
    """Share of the elite, and speed of learning."""

    size: int = 64
    elite: float = 0.2  # share of a generation to learn from
    step: float = 0.7  # towards the law of the elite
    noise: float = 0.03  # of the standard deviation, which fades as 1 / generation


class CrossEntropy(Generational):
    """Cross-entropy method with independent normal laws for each number, clipped to the cube.

    It starts as the law of the known designs.

    Shapes: n points, m numbers.
    Source: Rubinstein, Methodol. Comput. Appl. Probab. 1:127, 1999; de Boer et al., Ann. Oper.
        Res. 134:19, 2005, remark 5.2 (smoothing); Szita and Lőrincz, Neural Comput. 18:2936, 2006
        (noise that fades).
    """

    def __init__(
        self, space: Cube, seed: int, settings: CrossEntropySettings = CrossEntropySettings()
    ) -> None:
        super().__init__(space, settings.size, seed)
        self.settings = settings
        self.mean: Float[np.ndarray, " m"] = space.start.mean(0)
        self.spread: Float[np.ndarray, " m"] = np.maximum(space.start.std(0), 0.05)

    def offspring(self, rng: np.random.Generator) -> Float[np.ndarray, "n m"]:
        """Sample the law."""
        normal = rng.standard_normal((self.size, self.space.m))
        return np.clip(self.mean + self.spread * normal, 0.0, 1.0)

    def survive(self, reported: dict[str, np.ndarray]) -> None:
        """Move towards the law of the elite."""
        how = self.settings
        count = max(int(how.elite * self.size), 2)
        best = reported["points"][
            order(reported["cost"], reported["violation"], reported["loss"])[:count]
        ]
        self.mean = (1 - how.step) * self.mean + how.step * best.mean(0)
        stir = how.noise / (1 + self.generation)
        self.spread = (1 - how.step) * self.spread + how.step * best.std(0) + stir

    def learned(self) -> State:
        """Return the law."""
        return {"mean": self.mean, "spread": self.spread}

    def relearn(self, state: State) -> None:
        """Load a law."""
        self.mean, self.spread = state["mean"], state["spread"]
