"""The device sheet of a compressed generator: its processor and its limits, as TOML."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass as checked

from ingenium.core.judgement import in_units
from ingenium.core.spec import _STRICT, LAST_SEED, GeneratorChoice, Limit, Number
from ingenium.edge.recipe import CALLS, FORMATS, WIDTHS

QUANTITIES = {  # what is judged of a compressed generator, with its unit
    "accepted": "1",
    "acceptance_ratio": "1",
    "distance": "1",
    "loss": "1",
    "loss_rise": "1",
    "flash": "byte",
    "ram": "byte",
    "instructions": "1",
    "latency": "s",
    "energy": "J",
}
OPERATORS = ("rows", "dense", "sum", "product", "function", "norm", "part", "joined")
Positive = Annotated[Number, Field(gt=0)]
Line = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]  # as terminals show it


@dataclass(frozen=True)
class Cost:
    """Cost of a design on the device; for weights that cannot fit, a lower bound."""

    flash: int
    ram: int
    instructions: float
    weight_bytes: float  # that are read


@checked(frozen=True, config=_STRICT)
class PublishedEnergies:
    """Energies of operations, as published; a model without a measurement on the device.

    Source: Horowitz, ISSCC 2014, p. 10 (45 nm, 0.9 V: an instruction of an in-order processor
        costs 70 pJ, 8 bytes from a memory of 32 kB cost 20 pJ).
    """

    instruction_pj: Positive = 70.0
    weight_byte_pj: Positive = 2.5


@checked(frozen=True, config=_STRICT)
class DeviceSheet:
    """A processor, its capabilities, and the limits for each design of a generator on it."""

    name: Annotated[Line, Field(min_length=1)]
    core: Literal["cortex-m4", "cortex-m7", "cortex-m33"] = "cortex-m7"  # as compilers name it
    clock_hz: Positive = 216e6
    cycles_per_instruction: Positive = 1.0  # assumed: caches and wait states of flash are ignored
    formats: tuple[Literal["fp16", "int8", "int4"], ...] = ("int8", "int4")  # of weights
    operators: tuple[str, ...] = OPERATORS
    fusions: tuple[Literal["sum", "product", "function"], ...] = ()  # without memory in between
    energy: PublishedEnergies = field(default_factory=PublishedEnergies)
    title: Line = ""
    widths: tuple[Annotated[Number, Field(gt=0, le=1)], ...] = WIDTHS  # shares of units that remain
    zeros: tuple[Annotated[Number, Field(gt=0, lt=1)], ...] = ()  # shares of weights, tried too
    calls: tuple[Annotated[int, Field(ge=1, le=1000)], ...] = CALLS  # of a denoiser, tried too
    matched: bool = False  # students learn a teacher's hidden states too, where it writes tokens
    setup: dict[str, str | int | float | bool] = field(default_factory=dict)  # of the problem
    generator: GeneratorChoice = field(default_factory=GeneratorChoice)
    judged: Annotated[int, Field(ge=16, le=100_000)] = 256  # designs that judge the quality
    steps: Annotated[int, Field(ge=1, le=10**6)] = (
        200  # of retraining, of each recipe that needs it
    )
    finalists: Annotated[int, Field(ge=1, le=100)] = 4  # recipes that are trained to the end
    seed: Annotated[int, Field(ge=0, le=LAST_SEED)] = 0
    limits: tuple[Limit, ...] = ()  # a design

    def __post_init__(self) -> None:
        judged = in_units(self.limits, QUANTITIES, "quantity of compressed generators")
        object.__setattr__(self, "limits", judged)
        for name in self.operators:
            if name not in OPERATORS:
                raise ValueError(f"{name!r} is no operator; there are {', '.join(OPERATORS)}")
        if not set(self.formats) & set(FORMATS):
            raise ValueError('formats must name one of "int8" and "int4"')

    def latency_s(self, instructions: float) -> float:
        """Latency of a number of instructions."""
        return instructions * self.cycles_per_instruction / self.clock_hz

    def energy_j(self, instructions: float, weight_bytes: float) -> float:
        """Energy of a number of instructions, and of reading a number of bytes of weights."""
        own = instructions * self.energy.instruction_pj + weight_bytes * self.energy.weight_byte_pj
        return own * 1e-12
