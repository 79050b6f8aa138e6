"""Baselines of learned operators: the coarse solver, the nearest known input, and PINN.

Shapes: n designs of two channels over a grid: input and solution.
"""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.domains.equations.field.codec import PairCodec
from ingenium.domains.equations.field.diagnosis import FAILED, diagnosed
from ingenium.domains.equations.field.equation import FieldEquation
from ingenium.domains.equations.field.operator import sampled
from ingenium.domains.equations.field.residual import ResidualNetworks, ResidualSettings
from ingenium.domains.equations.field.verifier import errors
from ingenium.generators.rows import check_cond, check_rows, check_steer, finish
from ingenium.generators.unlearned import Unlearned
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan

TOGETHER = 8  # fields whose networks are trained together


class CoarseSolver(Unlearned):
    """Solver on a coarser grid, tuned for speed; nothing is learned."""

    def __init__(
        self, equation: FieldEquation, codec: PairCodec, given: Tensor | None, times: int
    ) -> None:
        self.shape, self.c = codec.shape, 1
        self.equation, self.codec, self.given, self.times = equation, codec, given, times

    def propose(
        self, cond: Float[Tensor, "n c"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """Propose an input and its solution for each row of `cond`."""
        check_cond(cond, self.c)
        check_steer(steer, "coarse")
        inputs = sampled(self.equation, len(cond), rng, self.given)
        return finish(self.codec.encode((inputs, self.equation.coarse(inputs, self.times))), steer)


class NearestSolution:
    """Nearest-neighbour baseline: the solution of the nearest known input."""

    def __init__(self, equation: FieldEquation, codec: PairCodec, given: Tensor | None) -> None:
        self.shape, self.c = codec.shape, 1
        self.equation, self.codec, self.given = equation, codec, given
        self.known = torch.zeros(0, *self.shape, dtype=torch.float64)

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n c"], plan: Plan
    ) -> dict[str, list[float]]:
        """Store the known pairs."""
        check_rows(x, cond, self.shape, self.c)
        self.known = x.to(torch.float64)
        return {}

    def propose(
        self, cond: Float[Tensor, "n c"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """Propose an input, and the solution of its nearest neighbour."""
        check_cond(cond, self.c)
        check_steer(steer, "nearest")
        condition = self.codec.condition(sampled(self.equation, len(cond), rng, self.given))
        nearest = torch.cdist(condition.flatten(1), self.known[:, 0].flatten(1)).argmin(1)
        return finish(torch.stack([condition, self.known[nearest, 1]], 1), steer)

    def state_dict(self) -> dict[str, Tensor]:
        """Return all known pairs."""
        return {"known": self.known}

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> object:
        """Load the stored pairs."""
        self.known = state_dict["known"].to(torch.float64)
        return self


class ResidualFamily(Unlearned):
    """Physics-informed networks (PINN): one for each field, trained on the equation alone.

    A pilot on one known input runs first: where it fails, the cause is reported and nothing
    proposed.
    """

    together = TOGETHER

    def __init__(
        self, equation: FieldEquation, codec: PairCodec, given: Tensor | None, own: ResidualSettings
    ) -> None:
        self.shape, self.c = codec.shape, 1
        self.equation, self.codec, self.given, self.own = equation, codec, given, own
        at_rest = equation.axes == 2
        self.size = float((codec.envelope * codec.width[1]).mean()) if at_rest else codec.width[0]

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n c"], plan: Plan
    ) -> dict[str, list[float]]:
        """Train the pilot and return its loss; its weights are discarded.

        Raises:
            InputError: with the cause, where the pilot fails.
        """
        check_rows(x, cond, self.shape, self.c)
        inputs, true = self.codec.decode(x[:1])
        nets = self._trained(inputs, torch.Generator().manual_seed(plan.seed))
        error = float(errors(nets.solution().double(), true)[0].mean().nan_to_num(torch.inf))
        fault = diagnosed(nets, error)
        if fault is not None:
            raise InputError(
                f"a network that learns from residuals within {FAILED:.0%} of the solver on a "
                "known input",
                f"{error:.3g}, from {fault.cause}: {fault.got}",
                f"Write {fault.write} under [setup.residual].",
            )
        return {"loss": nets.losses}

    def propose(
        self, cond: Float[Tensor, "n c"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """Propose an input and its field for each row of `cond`."""
        check_cond(cond, self.c)
        check_steer(steer, "pinn")
        inputs = sampled(self.equation, len(cond), rng, self.given)
        found = [self._trained(part, rng).solution() for part in inputs.split(TOGETHER)]
        return finish(self.codec.encode((inputs, torch.cat(found).double())), steer)

    def _trained(self, inputs: Tensor, rng: torch.Generator) -> ResidualNetworks:
        nets = ResidualNetworks.sampled(self.equation, self.own, inputs, self.size, rng)
        nets.train()
        return nets
