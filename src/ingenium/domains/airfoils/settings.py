"""Settings of the airfoil problems: operating points and engines."""

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from ingenium.core.errors import InputError
from ingenium.core.units import Unit
from ingenium.domains.airfoils.network import Size

# Reynolds numbers of wings; NeuralFoil was trained on XFOIL from 1e2 to 1e10.
SLOWEST, FASTEST = 1e4, 1e8
LIFTS = (-1.0, 3.0)
HEAVIEST = 1e6
MOST_STEPS = 10_000  # each takes about a millisecond a section
MOST_PROCESSES = 256
Judge = Literal["best", "xfoil", "neuralfoil"]


@dataclass(frozen=True)
class Point:
    """An operating point: the required lift and the Reynolds number."""

    name: str  # of the point, in names of quantities
    lift: float  # required lift coefficient
    reynolds: float  # Reynolds number of the chord
    weight: float = 1.0  # in means over points

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise InputError(
                "names of points as one word of letters, digits and _",
                self.name,
                'Write name = "cruise".',
            )
        if not SLOWEST <= self.reynolds <= FASTEST:
            raise InputError(
                f"reynolds of the point {self.name} between {SLOWEST:g} and {FASTEST:g}",
                self.reynolds,
                "Write reynolds = 1e6; the boundary layers of both engines are those of wings.",
            )
        if not LIFTS[0] <= self.lift <= LIFTS[1]:
            raise InputError(
                f"lift of the point {self.name} between {LIFTS[0]:g} and {LIFTS[1]:g}",
                self.lift,
                "Write the coefficient, such as lift = 0.7.",
            )
        if not 0 < self.weight <= HEAVIEST:
            raise InputError(
                f"a weight of the point {self.name} above 0 and at most {HEAVIEST:g}",
                self.weight,
                "Write weight = 1.",
            )


CRUISE_AND_CLIMB = (
    Point("cruise", lift=0.5, reynolds=2e6, weight=2.0),
    Point("climb", lift=0.9, reynolds=1e6),
)


@dataclass(frozen=True)
class SectionSettings:
    """Settings of `airfoils.section`."""

    points: tuple[Point, ...] = CRUISE_AND_CLIMB
    amplification: float = 9.0  # critical one of transition; 9 is an average wind tunnel
    judge: Judge = "best"  # XFOIL where it is installed, else NeuralFoil
    network: Size = "xlarge"  # size of NeuralFoil's network
    least_confidence: float = 0.5  # below it NeuralFoil has no answer
    refine_steps: int = 30  # of NeuralFoil's gradient from each proposal; 0 leaves them as proposed
    processes: int = 2  # of XFOIL at the same time

    def __post_init__(self) -> None:
        names = [p.name for p in self.points]
        if not names or len(set(names)) < len(names):
            raise InputError(
                "at least one point, each with a name of its own",
                names,
                'Write [[setup.points]] with name = "cruise", lift = 0.5, reynolds = 2e6.',
            )
        if not 1 <= self.amplification <= 14:
            raise InputError(
                "amplification between 1 and 14",
                self.amplification,
                "Write 9 for an average wind tunnel, 12 for calm air.",
            )
        if not 0 <= self.least_confidence < 1:
            raise InputError(
                "least_confidence from 0 to below 1", self.least_confidence, "Write 0.5."
            )
        if not 0 <= self.refine_steps <= MOST_STEPS:
            raise InputError(
                f"refine_steps from 0 to {MOST_STEPS}",
                self.refine_steps,
                "Write refine_steps = 30.",
            )
        if not 1 <= self.processes <= MOST_PROCESSES:
            raise InputError(
                f"from 1 to {MOST_PROCESSES} processes", self.processes, "Write processes = 2."
            )

    @property
    def weights(self) -> tuple[float, ...]:
        """Weights of the points, scaled to the sum 1."""
        total = sum(p.weight for p in self.points)
        return tuple(p.weight / total for p in self.points)


@dataclass(frozen=True)
class MorphingSettings(SectionSettings):
    """Settings of `airfoils.morphing`."""

    hinge: Annotated[float, Unit("chord")] = 0.7  # from the nose, where bending begins
    most_deg: Annotated[float, Unit("degree")] = 10.0  # of deflection, up and down
    energy_price: float = 1000.0  # logarithm of lift over drag that a unit of energy costs
    every: int = 4  # of the known sections, those for which schedules are made

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0.4 <= self.hinge <= 0.9:
            raise InputError("hinge between 0.4 and 0.9 chords", self.hinge, "Write 0.7.")
        if not 0 < self.most_deg <= 15:
            raise InputError(
                "most_deg above 0 and at most 15, for which the small-angle approximation is valid",
                self.most_deg,
                "Write most_deg = 10.",
            )
        if not 0 <= self.energy_price < math.inf or not 1 <= self.every <= 50:
            raise InputError(
                "energy_price of at least 0 and every from 1 to 50",
                f"{self.energy_price} and {self.every}",
                "Write energy_price = 1000 and every = 4.",
            )
