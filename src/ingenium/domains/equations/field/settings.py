"""Settings of a field: the equation, its grid, and the number of training fields."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ingenium.core.errors import InputError, choose
from ingenium.domains.equations.field.elliptic import Darcy, Poisson
from ingenium.domains.equations.field.equation import FieldEquation
from ingenium.domains.equations.field.lines import Heat, Wave
from ingenium.domains.equations.field.moving import AllenCahn, Burgers, Vorticity
from ingenium.domains.equations.field.operator import OperatorSettings
from ingenium.domains.equations.field.residual import ResidualSettings

LEAST_POINTS, MOST_POINTS, MOST_KNOWN = 16, 256, 5000
RESOLVED = 1.0  # cells of the solver's own grid in the width that diffusion leaves a front


@dataclass(frozen=True)
class EquationSettings:
    """Settings of `equations.field`; a number of 0 is the equation's own default.

    Raises:
        InputError: for an unknown equation, sizes out of range, or a setting that the equation
            lacks.
    """

    equation: str = "darcy"  # name of the differential equation
    points: int = 0  # points of a side; default 64 in the plane, 128 on a line
    diffusion: float = 0.0  # viscosity or diffusivity of an equation in time
    steps: int = 0  # time steps of the solver
    known: int = 1000  # solved training fields; every sixth more is held out
    width: int = 0  # width of the network; default 16 in the plane, 48 on a line
    deadline_ms: float = 5.0  # CPU time for a field, to which the report compares solvers
    seed: int = 0  # seed of the known fields
    residual: ResidualSettings = field(default_factory=ResidualSettings)  # of family `pinn`

    def __post_init__(self) -> None:
        choose(self.equation, EQUATIONS, "equation")
        if self.points and not (
            LEAST_POINTS <= self.points <= MOST_POINTS and self.points % 16 == 0
        ):
            raise InputError(
                f"a multiple of 16 from {LEAST_POINTS} to {MOST_POINTS} points a side",
                self.points,
                "Write points = 64.",
            )
        if not 12 <= self.known <= MOST_KNOWN:
            raise InputError(f"from 12 to {MOST_KNOWN} known fields", self.known)
        if not (0 <= self.width <= 128 and self.deadline_ms > 0):
            raise InputError(
                "a width of at most 128 and a deadline above 0", (self.width, self.deadline_ms)
            )
        own = {f.name for f in fields(EQUATIONS[self.equation])}
        unknown = [n for n in ("diffusion", "steps") if getattr(self, n) and n not in own]
        if unknown:
            raise InputError(
                f"no {' and no '.join(unknown)} of {self.equation}, which has none",
                f"{unknown[0]} = {getattr(self, unknown[0])}",
                "Leave them out.",
            )
        if self.diffusion < 0 or not 0 <= self.steps <= 20_000:
            raise InputError(
                "a diffusion above 0 and at most 20000 steps", (self.diffusion, self.steps)
            )

    def opened(self) -> FieldEquation:
        """Return the equation.

        Raises:
            InputError: for fronts that the grid cannot resolve.
        """
        own = {"points": self.points, "diffusion": self.diffusion, "steps": self.steps}
        equation: FieldEquation = EQUATIONS[self.equation](**{k: v for k, v in own.items() if v})
        if isinstance(equation, Burgers):
            fine = equation.judged_on * equation.points
            if fine * equation.diffusion < RESOLVED:
                enough = RESOLVED / fine
                raise InputError(
                    "fronts (diffusion over speed) as wide as a cell of the solver",
                    f"diffusion {equation.diffusion:g} on {fine} cells",
                    f"Write diffusion = {enough:.2g} or more, or more points.",
                )
        return equation

    def network(self, axes: int) -> OperatorSettings:
        """Return the size of the network."""
        if axes == 1:
            return OperatorSettings(width=self.width or 48, modes=16)
        return OperatorSettings(width=self.width or 16)


EQUATIONS: Mapping[str, Any] = {
    e.name: e for e in (Poisson, Darcy, Heat, Wave, Burgers, AllenCahn, Vorticity)
}
