"""Strategies without learning: known designs, random choice, and a generator as it is."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float

from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.problem import Problem
from ingenium.core.seeds import BLOCK, block_rng
from ingenium.core.spec import Between, Wanted
from ingenium.generators.generator import Generator
from ingenium.searches.strategy import State


class DatasetBaseline:
    """Dataset baseline: known designs in a random order, each once, as in manual screening.

    Designs of other categories than the wanted ones are left out. Those whose numbers lie within
    the wanted ranges come first, then the others, the nearer ones first.
    """

    def __init__(
        self,
        problem: Problem,
        known: xr.Dataset,
        seed: int,
        wanted: Mapping[str, Wanted] = MappingProxyType({}),
    ) -> None:
        rng = block_rng(seed, 0, "stock")
        order = torch.randperm(known.sizes[DESIGN], generator=rng).numpy()
        far = _far(problem, known, wanted)[order]
        near_first = np.argsort(far, kind="stable")
        self.order = order[near_first][np.isfinite(far[near_first])]
        self.problem, self.known, self.done = problem, known, 0

    def ask(self, n: int, rng: torch.Generator) -> xr.Dataset:
        """Return the next known designs."""
        return self.ask_ahead(n, rng, ())

    def ask_ahead(self, n: int, rng: torch.Generator, flying: Sequence[xr.Dataset]) -> xr.Dataset:
        """Return the next known designs after those that are being measured."""
        first = self.done + sum(part.sizes[DESIGN] for part in flying)
        rows = self.known.isel({DESIGN: self.order[first : first + n]})
        problem = self.problem
        arrays = to_arrays(rows, problem.variables)
        own = {c.name: rows[c.name].variable for c in problem.conditions}
        return to_dataset(arrays, problem.variables, problem.labels() | own)

    def tell(self, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
        """Count the designs."""
        self.done += designs.sizes[DESIGN]

    def state_dict(self) -> State:
        """Return the number of designs so far."""
        return {"done": np.array(self.done)}

    def load_state_dict(self, state: State) -> None:
        """Continue after that number."""
        self.done = int(state["done"])


def _far(
    problem: Problem, known: xr.Dataset, wanted: Mapping[str, Wanted]
) -> Float[np.ndarray, " r"]:
    """Distance of the conditions of known designs from requested ones; infinite for categories."""
    far = np.zeros(known.sizes[DESIGN])
    kinds = {c.name: c for c in problem.conditions}
    for name, want in wanted.items():
        values = known[name].to_numpy()
        if isinstance(want, Between):
            beyond = np.maximum(want.at_least - values, values - want.at_most)
            scale = kinds[name].upper - kinds[name].lower or 1.0  # a range of one number
            far += np.maximum(beyond, 0.0) / scale
        else:
            far[~np.isin(values, want)] = np.inf
    return far


class FixedGenerator:
    """Proposals of a generator under the spec, whatever the verdicts are."""

    def __init__(self, generator: Generator) -> None:
        self.generator = generator

    def ask(self, n: int, rng: torch.Generator) -> xr.Dataset:
        """Return proposals."""
        return proposals(self.generator, n, rng)

    def ask_ahead(self, n: int, rng: torch.Generator, flying: Sequence[xr.Dataset]) -> xr.Dataset:
        """Return proposals, whatever is being measured."""
        return self.ask(n, rng)

    def tell(self, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
        """Ignore the verdicts."""

    def state_dict(self) -> State:
        """Return an empty state."""
        return {}

    def load_state_dict(self, state: State) -> None:
        """Ignore the state."""


def proposals(generator: Generator, n: int, rng: torch.Generator) -> xr.Dataset:
    """Return `n` designs of a generator, from a random seed."""
    seed = int(torch.randint(2**31, (), generator=rng))
    parts = [
        generator.propose_block(seed, block, range(min(BLOCK, n - block * BLOCK)))
        for block in range(-(-n // BLOCK))
    ]
    return xr.concat(parts, DESIGN) if len(parts) > 1 else parts[0]
