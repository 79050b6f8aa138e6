"""The contract of strategies, an ask-and-tell interface.

A strategy proposes designs and learns from verdicts. The loop promises:

- `tell` gets exactly the designs that an `ask` returned, in their order, with their verdicts and
  weights (`Aim.weighed`); the verdict on a design that a screen rejected is `SCREENED`, its cost
  and violations are infinite and its losses NaN, as for one that failed;
- one `ask` is answered by `tell` before the next, unless a strategy is `Ahead`;
- the generator of `ask` depends only on the seed of the search and the number of the round.

A strategy promises in return:

- `ask` does not change the state: a strategy learns from `tell` alone;
- `tell` uses only random numbers that depend on a seed and on the data so far;
- `state_dict` is the whole state as arrays, and `load_state_dict` of it gives the same strategy.

A strategy that is `Ahead` can also propose while other designs of it are being measured. `tell` is
then called in order of completion.

So a strategy is the same whether it learned from all rounds in one process, from a replay of the
store, or from a saved state and a replay of the rest.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import torch
import xarray as xr

State = Mapping[str, np.ndarray]  # of numbers or fixed-width text, never of Python objects


@runtime_checkable
class Strategy(Protocol):
    """Interface of search strategies for one problem under one spec."""

    def ask(self, n: int, rng: torch.Generator) -> xr.Dataset:
        """Return 1 to `n` designs with their conditions; none if the strategy has no more.

        Coordinates besides the conditions, such as the `cube_point` of a search over numbers, are
        stored with the designs and passed to `tell`.
        """
        ...

    def tell(self, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
        """Learn from the designs of the last `ask`; some of them may have been verified before."""
        ...

    def state_dict(self) -> State:
        """Return the whole state."""
        ...

    def load_state_dict(self, state: State) -> None:
        """Load the state of a strategy that was built in the same way."""
        ...


@runtime_checkable
class Ahead(Strategy, Protocol):
    """A strategy that can propose before it has all verdicts."""

    def ask_ahead(self, n: int, rng: torch.Generator, flying: Sequence[xr.Dataset]) -> xr.Dataset:
        """Return designs like `ask`, given the designs in flight, a Dataset for each `ask`.

        None where the strategy has no more before some verdicts are in.
        """
        ...


@runtime_checkable
class Telling(Protocol):
    """A strategy that reports progress beyond the verdicts."""

    def progress(self) -> Mapping[str, float]:
        """Return numbers by name, such as the coverage of an archive."""
        ...
