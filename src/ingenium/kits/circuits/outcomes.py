"""Base class of families whose designs are cells, sampled as outcomes of qubits."""

from abc import abstractmethod

import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.generators.model import Model
from ingenium.generators.rows import check_cond, check_rows, check_steer, finish
from ingenium.kits.circuits.cells import RankCells
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan

LEAST = 1e-12  # least probability of an outcome, so that its loss is finite


class OutcomeFamily(Model):
    """Model of outcomes, on numeric designs through the cells of their ranks.

    Parameters are linear in the conditions, so that each row may have a model of its own; rows with
    the same conditions share it.

    Shapes: n designs, m different conditions, p angles or other parameters.
    """

    def __init__(self, shape: tuple[int, ...], c: int, qubits: int, parameters: int) -> None:
        super().__init__(shape, c)
        if len(shape) != 1:
            raise InputError("designs of numbers (d,) for outcomes of qubits", shape)
        self.qubits = qubits
        self.cells = RankCells(qubits)
        self.turned = torch.nn.Parameter(torch.zeros(parameters))
        self.hears = torch.nn.Parameter(0.1 * torch.randn(c, parameters))

    @abstractmethod
    def log_chance(
        self, outcome: Int64[Tensor, " n"], cond: Float[Tensor, "n {self.c}"]
    ) -> Float64[Tensor, " n"]:
        """Log probability of an outcome under each row of conditions."""

    @abstractmethod
    def sample(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Int64[Tensor, " n"]:
        """Sample an outcome for each row of conditions."""

    def under(
        self, cond: Float[Tensor, "n {self.c}"]
    ) -> tuple[Float64[Tensor, "m p"], Int64[Tensor, " n"]]:
        """Return parameters for each distinct row of conditions, and the index of each row."""
        each, row = cond.unique(dim=0, return_inverse=True)
        return (self.turned + each @ self.hears).to(torch.float64), row

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Fit ranks, then train on all rows under `plan`.

        Raises:
            ValueError: if rows or plan do not fit.
        """
        check_rows(x, cond, self.shape, self.c)
        self.cells.learn(x)
        return super().fit(x, cond, plan)

    def loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Negative log probability of the cell of each design (nats)."""
        return -self.log_chance(self.cells.outcome(x), cond).to(torch.float32)

    @torch.no_grad()
    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """One design for each row of `cond`.

        Raises:
            ValueError: if nothing was fitted, `cond` has the wrong width, or `steer` requests
                something unsupported.
        """
        check_cond(cond, self.c)
        check_steer(steer, "outcomes of qubits")
        if not len(self.cells.centre):
            raise InputError("a family that was fitted", "one that was not", "Call fit first.")
        return finish(self.cells.design(self.sample(cond, rng), rng), steer)


def log(chance: Float64[Tensor, "*n"]) -> Float64[Tensor, "*n"]:
    """Return a logarithm that stays finite."""
    return chance.clamp(min=LEAST).log()
