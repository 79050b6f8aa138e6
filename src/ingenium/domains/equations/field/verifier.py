"""Verifier of a proposed solution: its error by the equation's solver on a finer grid.

Shapes: n fields over the grid of an equation.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.domains.equations.field.equation import FieldEquation, InputLaw

TOGETHER = 16  # fields in a batch of the solver, to limit memory
ERROR = Quantity(
    "error", "1", "root mean square error of the solution, over its root mean square", rounding=1e-9
)
WORST = Quantity("worst", "1", "largest error, over the range of the solution", rounding=1e-9)
MEAN = Quantity("mean_error", "1", "error of the mean, over the root mean square", rounding=1e-9)
STRANGE = Quantity(
    "strangeness", "1", "how far out the input lies; 1 is the furthest of 256 draws", rounding=1e-6
)
OFF = Quantity("off_given", "1", "largest difference of the input to the one that was given")


@dataclass(frozen=True, eq=False)
class SolverVerifier:
    """Solver of the equation for each design's input, and the error of its solution.

    A network's residual is not used: a field can nearly satisfy an equation at every point and be
    far from its solution.
    """

    equation: FieldEquation
    law: InputLaw
    given: Float64[Tensor, "*grid"] | None = None
    finer: int = 1
    tier: Literal["cheap", "exact"] = "exact"
    version: str = "1"
    quantities: tuple[Quantity, ...] = (ERROR, WORST, MEAN, STRANGE, OFF)

    @property
    def name(self) -> str:
        """Name of the engine."""
        kind = "Fourier" if self.equation.periodic else "finite-volume or sine"
        return f"own {kind} solver, {self.finer * self.equation.points} points a side"

    def measure(self, inputs: Tensor, solution: Tensor) -> Tensor:
        """Measure each design; NaN where the solver has no answer."""
        parts = zip(inputs.split(TOGETHER), solution.split(TOGETHER), strict=True)
        rows = [self._measured(a, u) for a, u in parts]
        return torch.cat(rows) if rows else torch.zeros(0, len(self.quantities))

    def _measured(self, inputs: Tensor, solution: Tensor) -> Tensor:
        over = tuple(range(1, inputs.ndim))
        whole = torch.isfinite(inputs).all(-1) & torch.isfinite(solution).all(-1)
        whole = whole if inputs.ndim == 2 else whole.all(-1)
        own = torch.where(whole.view(-1, *[1] * len(over)), inputs, self._plain(inputs))
        found = errors(solution, self.equation.solved(own, self.finer))
        strange = self.law.strangeness(own)
        off = torch.zeros_like(strange)
        if self.given is not None:
            off = (own - self.given).abs().amax(over)
        rows = torch.stack([*found, strange, off], 1)
        answered = whole & torch.isfinite(rows).all(1)
        return torch.where(answered[:, None], rows, torch.nan)

    def _plain(self, inputs: Tensor) -> Tensor:
        """Return an input of the law, in place of an invalid one."""
        return self.equation.sample(1, torch.Generator().manual_seed(0)).expand_as(inputs)


def errors(proposed: Tensor, true: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return relative error, worst error and error of the mean; NaN for a solution of 0."""
    over = tuple(range(1, true.ndim))
    size = true.square().mean(over).sqrt()
    off = proposed - true
    spread = true.amax(over) - true.amin(over)
    return (
        off.square().mean(over).sqrt() / size,
        off.abs().amax(over) / spread,
        off.mean(over).abs() / size,
    )


@dataclass(frozen=True, eq=False)
class SecondVerifier:
    """Cross-check of the error by an engine that shares no code, one field at a time."""

    name: str
    version: str
    solve: Callable[[Float64[Tensor, "*grid"]], Float64[Tensor, "*grid"]]
    tier: Literal["cheap", "exact"] = "exact"
    quantities: tuple[Quantity, ...] = (ERROR,)

    def measure(self, inputs: Tensor, solution: Tensor) -> Tensor:
        """Measure the error; NaN where the engine has no answer."""
        rows = []
        for a, u in zip(inputs, solution, strict=True):  # a mesh is solved alone
            rows.append(errors(u[None], self.solve(a)[None])[0])
        return torch.stack(rows) if rows else torch.zeros(0, 1, dtype=torch.float64)
