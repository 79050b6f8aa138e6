"""The common interface of all model families, on standardised tensors.

Designs of a family have a fixed `shape`: `(d,)` for vectors, `(d, t)` for multichannel series, `(k,
x, y)` or `(k, x, y, z)` for fields of k channels on a grid of cells. Every family is conditional:
each row of `cond` holds `c` numbers. Rows must not influence each other, and all randomness comes
from the `rng` argument.
"""

from abc import abstractmethod
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ingenium.generators.rows import check_rows
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan, Turn


@runtime_checkable
class Family(Protocol):
    """Interface of models that are fitted to designs and propose new ones."""

    shape: tuple[int, ...]
    c: int

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n c"], plan: Plan
    ) -> dict[str, list[float]]:
        """Learn from designs; return the losses over training by name."""
        ...

    def propose(
        self, cond: Float[Tensor, "n c"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """One design for each row of `cond`."""
        ...

    def state_dict(self) -> dict[str, Tensor]: ...
    def load_state_dict(self, state_dict: dict[str, Tensor]) -> object: ...


@runtime_checkable
class InParts(Protocol):
    """A slow family that proposes a block in parts of `together` designs.

    Parts without any requested design are skipped.
    """

    together: int  # divides the block


@runtime_checkable
class HasDensity(Protocol):
    """A family whose density can be evaluated.

    Exact for `flow` and `autoregressive`, and up to the error of a solver for designs of at most 32
    numbers of `diffusion` and `flow_matching`; for larger ones an unbiased estimate, whose standard
    error `density` returns; a lower bound for `vae`. A `gan` has none; that of `energy` is known up
    to a constant.
    """

    def log_density(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n c"]
    ) -> Float[Tensor, " n"]:
        """Logarithm of the conditional density of each row (nats)."""
        ...


class Model(nn.Module):
    """A family fitted by gradient descent; a subclass defines `loss` and `propose`."""

    def __init__(self, shape: tuple[int, ...], c: int) -> None:
        super().__init__()
        self.shape = shape
        self.c = c

    @abstractmethod
    def loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Training loss of each row."""

    @abstractmethod
    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """One design for each row of `cond`."""

    def turns(self) -> tuple[Turn, ...]:
        """Optimise all parameters on the loss; adversarial families override this."""
        return (Turn(tuple(self.parameters()), self.loss),)

    def anneal(self, fraction: float) -> None:
        """Adapt to the spent fraction of the budget, before each step; most families ignore it."""

    def held_out_loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Loss that early stopping watches; the training loss unless a family overrides it."""
        return self.loss(x, cond, rng)

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Train on all rows under `plan`.

        Raises:
            ValueError: if rows or plan do not fit.
        """
        from ingenium.train.trainer import train

        check_rows(x, cond, self.shape, self.c)
        return train(self, x, cond, plan)
