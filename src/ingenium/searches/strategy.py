"""The contract of everything that searches.

A strategy proposes designs and learns from verdicts. The loop promises:

- `tell` gets exactly the designs that an `ask` gave, in their order, with their verdicts and what
  the aim makes of these (`Aim.weighed`); of one that a screen kept from the engine the verdict is
  `SCREENED`, its cost and violations are infinite and its losses NaN, as of one that failed;
- one `ask` is answered by `tell` before the next, unless a strategy is `Ahead`;
- `ask` gets randomness that hangs only on the seed of the search and the number of the round.

A strategy promises in return:

- `ask` changes nothing that counts: what a strategy knows, it knows from `tell`;
- `tell` draws on no randomness but its own, which hangs on a seed and on what it was told;
- `state_dict` is all that it knows, as arrays, and `load_state_dict` of it gives the same strategy.

A strategy that is `Ahead` can also be asked while others of its designs are being measured. It is
then told in the order in which these are done.

So a strategy is the same whether it was told of all rounds in one life, told of them again by a
loop that reads them from its store, or loaded from a state and told of the rest.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import torch
import xarray as xr

State = Mapping[str, np.ndarray]  # of numbers or fixed-width text, never of Python objects


@runtime_checkable
class Strategy(Protocol):
    """Proposes designs of one problem under one spec, and learns from their verdicts."""

    def ask(self, n: int, rng: torch.Generator) -> xr.Dataset:
        """At least one and at most `n` designs with their conditions; none if it has no more.

        Coordinates beside the conditions, such as the `cube_point` of a search over numbers, are
        kept with the designs and come back with them.
        """
        ...

    def tell(self, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
        """Learn from what the last `ask` gave; some of it may have been verified before."""
        ...

    def state_dict(self) -> State:
        """All that was learned."""
        ...

    def load_state_dict(self, state: State) -> None:
        """Take over what another strategy of the same making has learned."""
        ...


@runtime_checkable
class Ahead(Strategy, Protocol):
    """A strategy that need not wait for verdicts."""

    def ask_ahead(self, n: int, rng: torch.Generator, flying: Sequence[xr.Dataset]) -> xr.Dataset:
        """As `ask`, beside designs that were asked for and not told of, a Dataset for each ask.

        None where the strategy has no more before it is told of some.
        """
        ...


@runtime_checkable
class Telling(Protocol):
    """A strategy that says how far it has come in what the verdicts alone do not show."""

    def progress(self) -> Mapping[str, float]:
        """Numbers by name, such as the coverage of an archive."""
        ...
