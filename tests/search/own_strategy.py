"""Steps around the best design so far: the smallest learning strategy over numbers."""

import numpy as np
from jaxtyping import Float

from ingenium.searches.generational import Generational
from ingenium.searches.space import Cube, reflected
from ingenium.searches.strategy import State


class Nearby(Generational):
    """Steps of a fixed size around the best point, starting at a known design."""

    def __init__(self, space: Cube, seed: int) -> None:
        super().__init__(space, 16, seed)
        self.best = space.start[:1]
        self.cost = np.array(np.inf)

    def offspring(self, rng: np.random.Generator) -> Float[np.ndarray, "n m"]:
        """The next steps."""
        return reflected(self.best + 0.1 * rng.standard_normal((self.size, self.space.m)))

    def survive(self, reported: dict[str, np.ndarray]) -> None:
        """Keep the better of each pair of the generation."""
        first = int(reported["cost"].argmin())
        if reported["cost"][first] < self.cost:
            self.best, self.cost = reported["points"][first : first + 1], reported["cost"][first]

    def learned(self) -> State:
        """The best point and its cost."""
        return {"best": self.best, "cost": np.array(self.cost)}

    def relearn(self, state: State) -> None:
        """Continue from the best point of another one."""
        self.best, self.cost = state["best"], state["cost"]
