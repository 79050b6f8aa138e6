"""Strategies that propose whole generations of points."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float

from ingenium.core.designs import DESIGN
from ingenium.core.seeds import block_rng
from ingenium.searches.space import Cube, points_of
from ingenium.searches.strategy import State

PLACE = "place"  # coordinate of designs: which of its generation


class Generational(ABC):
    """Base of strategies by generations, which are proposed in batches and collected.

    A generation depends on the seed, its number and the state after those before it, so it is
    computed again rather than stored.

    Shapes: n points, m numbers of a point, l limits, o objectives.
    """

    def __init__(self, space: Cube, size: int, seed: int) -> None:
        self.space, self.size, self.seed = space, size, seed
        self.generation = 0
        self.reported: list[dict[str, np.ndarray]] = []
        self._next: Float[np.ndarray, "n m"] | None = None

    @abstractmethod
    def offspring(self, rng: np.random.Generator) -> Float[np.ndarray, "n m"]:
        """Return the next `size` points."""

    @abstractmethod
    def survive(self, reported: dict[str, np.ndarray]) -> None:
        """Learn from a whole generation with the entries of `collected`."""

    @abstractmethod
    def learned(self) -> State:
        """Return the state after the finished generations."""

    @abstractmethod
    def relearn(self, state: State) -> None:
        """Load a state."""

    def collected(self, designs: xr.Dataset, verdicts: xr.Dataset) -> dict[str, np.ndarray]:
        """Return the data to learn from for some designs of a generation, a row each."""
        reported = {name: verdicts[name].to_numpy() for name in ("cost", "violation", "loss")}
        return {"points": points_of(designs)} | reported

    def ask(self, n: int, rng: torch.Generator) -> xr.Dataset:
        """Return the next points of the generation."""
        return self.ask_ahead(n, rng, ())

    def ask_ahead(self, n: int, rng: torch.Generator, flying: Sequence[xr.Dataset]) -> xr.Dataset:
        """Return the next points of the generation, none where all of it is being measured."""
        if self._next is None:
            self._next = self.offspring(self._randomness())
        first = self._done + sum(part.sizes[DESIGN] for part in flying)
        if first >= len(self._next):
            return flying[-1].isel({DESIGN: slice(0, 0)})
        found = self.space.designs(self._next[first : first + n])
        place = first + np.arange(found.sizes[DESIGN])
        return found.assign_coords({PLACE: (DESIGN, place)})

    def tell(self, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
        """Collect verdicts, and learn once the generation is complete."""
        place = self._done + np.arange(designs.sizes[DESIGN])  # of searches without it
        if PLACE in designs.coords:
            place = designs[PLACE].to_numpy()
        self.reported.append({PLACE: place} | self.collected(designs, verdicts))
        if self._done == self.size:
            self.survive(self._whole())
            self.reported, self._next = [], None
            self.generation += 1

    def state_dict(self) -> State:
        """Return the state, and the verdicts of the unfinished generation."""
        part = self._whole() if self.reported else {}
        own = {f"told.{name}": values for name, values in part.items()}
        return {"generation": np.array(self.generation), **own, **self.learned()}

    def load_state_dict(self, state: State) -> None:
        """Continue from a saved state."""
        self.generation, self._next = int(state["generation"]), None
        part = {k[5:]: values for k, values in state.items() if k.startswith("told.")}
        if part:
            part.setdefault(PLACE, np.arange(len(part["points"])))
        self.reported = [part] if part else []
        self.relearn(state)

    @property
    def _done(self) -> int:
        """Number of points of the generation with verdicts."""
        return sum(len(part["points"]) for part in self.reported)

    def _whole(self) -> dict[str, np.ndarray]:
        """Data of the generation, in the order of its points."""
        names = self.reported[0]
        whole = {name: np.concatenate([p[name] for p in self.reported]) for name in names}
        order = np.argsort(whole[PLACE], kind="stable")
        return {name: values[order] for name, values in whole.items()}

    def _randomness(self) -> np.random.Generator:
        rng = block_rng(self.seed, self.generation, type(self).__name__)
        return np.random.default_rng(rng.initial_seed())
