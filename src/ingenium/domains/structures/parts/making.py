"""Settings for known designs of a part, and for the repair of proposals."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Protocol, runtime_checkable

from ingenium.core.errors import InputError
from ingenium.core.units import Unit
from ingenium.generators.components import FEWEST

HELD_OUT_EVERY = 8
Millimetres = Annotated[float, Unit("mm", 0.1, 1e5)]  # a length in metres is below this range


@dataclass(frozen=True)
class Making:
    """Settings of the optimiser for known designs and for proposals.

    Raises:
        InputError: for numbers of designs or steps that are too small.
    """

    designs: int = 128  # number of designs to learn from
    at_once: int = 8  # designs in a piece; a stopped making loses one piece at most
    coarse_steps: int = 24  # of the optimiser on cells of twice the size
    steps: int = 10  # of the optimiser on the grid itself
    repair_steps: int = 8  # of the optimiser on each proposal
    seed: int = 0  # of the conditions of designs to learn from
    milled: int = 144  # drawings for milling that are compared with, the first so many

    def __post_init__(self) -> None:
        least = {"at_once": 1, "coarse_steps": 0, "steps": 1, "repair_steps": 0}
        for name, low in (least | {"seed": 0, "milled": 1}).items():
            if getattr(self, name) < low:
                raise InputError(f"{name} of at least {low}", getattr(self, name))
        learned = self.designs - self.designs // HELD_OUT_EVERY
        if learned < FEWEST:
            raise InputError(
                f"at least {FEWEST} designs besides every eighth, which is held out",
                f"designs = {self.designs}, of which {learned} are left to learn from",
                "Write designs = 128; parts that fall to pieces are left out too.",
            )
        if self.designs % self.at_once:
            raise InputError(f"designs in whole pieces of at_once = {self.at_once}", self.designs)


@runtime_checkable
class PartSettings(Protocol):
    """Settings of a problem on printed parts: a frozen dataclass with `making`."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def making(self) -> Making:
        """Optimiser settings for known designs."""
        ...
