"""Readings as a linear function of standardised designs.

Shapes: n designs, d standardised numbers, m readings.
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from ingenium.core.designs import to_dataset
from ingenium.core.errors import InputError
from ingenium.infer.prior import Prior
from ingenium.infer.question import Arrays, NormalReadings

STEP = 1e-3  # standardised, of differences where an engine has no derivative
MOST = 4096  # numbers of a design
AT_ONCE = 512  # designs of differences


@dataclass(frozen=True, eq=False)
class Encoded:
    """Conversion of designs of a prior to rows of standardised numbers, and back."""

    prior: Prior

    def rows(self, arrays: Arrays, rows: Int64[Tensor, " n"]) -> Float64[Tensor, "n d"]:
        """Return standardised numbers."""
        problem, under = self.prior.problem, self.prior.under(rows)
        coords = problem.labels() | {c.name: under[c.name] for c in problem.conditions}
        designs = to_dataset(arrays, problem.variables, coords)
        return problem.encode(designs).to(torch.float64).flatten(1)

    def designs(
        self, x: Float64[Tensor, "n d"], rows: Int64[Tensor, " n"], *, hold: bool = True
    ) -> Arrays:
        """Return designs of numbers; `hold` projects them onto the hard constraints."""
        problem, under = self.prior.problem, self.prior.under(rows)
        found = problem.decode(x.reshape(-1, *problem.codec.shape), under)
        if not hold:
            return found
        return problem.project(self.prior.generator.spec.fixed, under)(found)


@dataclass(frozen=True, eq=False)
class Linearised:
    """Readings linear around one design, with their errors elsewhere against the engine."""

    centre: Float64[Tensor, " d"]
    value: Float64[Tensor, " m"]  # at the centre, with the mean linearisation error
    slope: Float64[Tensor, "d m"]
    rest: Float64[Tensor, " m"]  # variance of the linearisation error

    @classmethod
    def around(
        cls,
        encoded: Encoded,
        likelihood: NormalReadings,
        centre: Float64[Tensor, " d"],
        row: Int64[Tensor, " 1"],
    ) -> "Linearised":
        """Linearise around a design, by finite differences of the engine.

        Raises:
            InputError: for designs of too many numbers.
        """
        d = len(centre)
        if d > MOST:
            raise InputError(
                f"designs of at most {MOST} numbers for the method mixture", d, "Choose another."
            )

        def read(x: Float64[Tensor, "n d"]) -> Float64[Tensor, "n m"]:
            return likelihood.mean(encoded.designs(x, row.expand(len(x)), hold=False))

        value = read(centre[None])[0]
        moved = (centre + STEP * torch.eye(d, dtype=torch.float64)).split(AT_ONCE)
        slope = torch.cat([(read(part) - value) / STEP for part in moved])
        slope = torch.nan_to_num(slope, nan=0.0, posinf=0.0, neginf=0.0)
        return cls(centre, value, slope, torch.zeros_like(value))

    def at(self, x: Float64[Tensor, "n d"]) -> Float64[Tensor, "n m"]:
        """Predict readings without errors."""
        return self.value + (x - self.centre) @ self.slope

    def held_against(
        self, x: Float64[Tensor, "n d"], exact: Float64[Tensor, "n m"]
    ) -> "Linearised":
        """Add the mean and variance of the linearisation error on designs."""
        missed = exact - self.at(x)
        missed = missed[torch.isfinite(missed).all(1)]
        return replace(self, value=self.value + missed.mean(0), rest=missed.var(0))
