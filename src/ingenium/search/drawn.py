"""Strategies that learn nothing: known designs, chance, and a generator as it is."""

from collections.abc import Sequence

import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.problem import Problem
from ingenium.core.seeds import BLOCK, block_rng
from ingenium.generators.generator import Generator
from ingenium.search.strategy import State


class Stock:
    """Known designs in a random order, each once: screening, as the field does it by hand."""

    def __init__(self, problem: Problem, known: xr.Dataset, seed: int) -> None:
        rng = block_rng(seed, 0, "stock")
        self.order = torch.randperm(known.sizes[DESIGN], generator=rng).numpy()
        self.problem, self.known, self.done = problem, known, 0

    def ask(self, n: int, rng: torch.Generator) -> xr.Dataset:
        """The next of them."""
        return self.ask_ahead(n, rng, ())

    def ask_ahead(self, n: int, rng: torch.Generator, flying: Sequence[xr.Dataset]) -> xr.Dataset:
        """The next of them after those that are being measured."""
        first = self.done + sum(part.sizes[DESIGN] for part in flying)
        rows = self.known.isel({DESIGN: self.order[first : first + n]})
        problem = self.problem
        arrays = to_arrays(rows, problem.variables)
        own = {c.name: rows[c.name].variable for c in problem.conditions}
        return to_dataset(arrays, problem.variables, problem.labels() | own)

    def tell(self, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
        """Nothing but how many they were."""
        self.done += designs.sizes[DESIGN]

    def state_dict(self) -> State:
        """How many were shown."""
        return {"done": np.array(self.done)}

    def load_state_dict(self, state: State) -> None:
        """Go on after so many."""
        self.done = int(state["done"])


class Drawn:
    """What a generator proposes under the spec, whatever the verdicts were."""

    def __init__(self, generator: Generator) -> None:
        self.generator = generator

    def ask(self, n: int, rng: torch.Generator) -> xr.Dataset:
        """Proposals."""
        return proposals(self.generator, n, rng)

    def ask_ahead(self, n: int, rng: torch.Generator, flying: Sequence[xr.Dataset]) -> xr.Dataset:
        """Proposals, whatever is being measured."""
        return self.ask(n, rng)

    def tell(self, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
        """Nothing."""

    def state_dict(self) -> State:
        """Nothing."""
        return {}

    def load_state_dict(self, state: State) -> None:
        """Nothing."""


def proposals(generator: Generator, n: int, rng: torch.Generator) -> xr.Dataset:
    """So many designs of a generator, from a seed that is drawn."""
    seed = int(torch.randint(2**31, (), generator=rng))
    parts = [
        generator.propose_block(seed, block, range(min(BLOCK, n - block * BLOCK)))
        for block in range(-(-n // BLOCK))
    ]
    return xr.concat(parts, DESIGN) if len(parts) > 1 else parts[0]
