"""Rivals of learned operators as families: the solver made coarse, and the nearest known input.

Shapes: n designs of two channels over a grid: input and solution.
"""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.domains.equations.field.codec import PairCodec
from ingenium.domains.equations.field.equation import FieldEquation
from ingenium.domains.equations.field.operator import drawn
from ingenium.generators.rows import check_cond, check_rows, check_steer, finish
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan


class CoarseSolver:
    """The solver on a grid so many times coarser, as one tunes it for speed; nothing is learned."""

    def __init__(
        self, equation: FieldEquation, codec: PairCodec, given: Tensor | None, times: int
    ) -> None:
        self.shape, self.c = codec.shape, 1
        self.equation, self.codec, self.given, self.times = equation, codec, given, times

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n c"], plan: Plan
    ) -> dict[str, list[float]]:
        """Nothing."""
        check_rows(x, cond, self.shape, self.c)
        return {}

    def propose(
        self, cond: Float[Tensor, "n c"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """An input and its solution for each row of `cond`."""
        check_cond(cond, self.c)
        check_steer(steer, "coarse")
        inputs = drawn(self.equation, len(cond), rng, self.given)
        return finish(self.codec.encode((inputs, self.equation.coarse(inputs, self.times))), steer)

    def state_dict(self) -> dict[str, Tensor]:
        """How coarse it is."""
        return {"times": torch.tensor(self.times)}

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> object:
        """As it was kept."""
        self.times = int(state_dict["times"])
        return self


class NearestSolution:
    """The solution of the known input that lies nearest."""

    def __init__(self, equation: FieldEquation, codec: PairCodec, given: Tensor | None) -> None:
        self.shape, self.c = codec.shape, 1
        self.equation, self.codec, self.given = equation, codec, given
        self.known = torch.zeros(0, *self.shape, dtype=torch.float64)

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n c"], plan: Plan
    ) -> dict[str, list[float]]:
        """Keep what is known."""
        check_rows(x, cond, self.shape, self.c)
        self.known = x.to(torch.float64)
        return {}

    def propose(
        self, cond: Float[Tensor, "n c"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """An input, and the solution of another."""
        check_cond(cond, self.c)
        check_steer(steer, "nearest")
        told = self.codec.told(drawn(self.equation, len(cond), rng, self.given))
        nearest = torch.cdist(told.flatten(1), self.known[:, 0].flatten(1)).argmin(1)
        return finish(torch.stack([told, self.known[nearest, 1]], 1), steer)

    def state_dict(self) -> dict[str, Tensor]:
        """All known pairs."""
        return {"known": self.known}

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> object:
        """As they were kept."""
        self.known = state_dict["known"].to(torch.float64)
        return self
