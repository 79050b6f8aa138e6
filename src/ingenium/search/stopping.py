"""When a search has done enough."""

from dataclasses import dataclass

from ingenium.core.errors import InputError


@dataclass(frozen=True)
class Stop:
    """The budget of a search, and what ends it earlier; looked at between rounds.

    Raises:
        InputError: for a number below 1, or a time that is not above 0.
    """

    calls: int  # of the engine: designs that are verified
    seconds: float | None = None  # of the loop with model and engine, over all its sittings
    accepted: int | None = None  # enough designs that hold every limit
    stagnation: int | None = None  # calls in a row after which nothing became better
    idle: int = 20  # rounds in a row without a new design
    cost: float | None = None  # calls, with those of the cheap tier at their price

    def __post_init__(self) -> None:
        for name in ("calls", "accepted", "stagnation", "idle"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InputError(f"{name} of at least 1", value, f"Write {name} = 1 or more.")
        if self.seconds is not None and not self.seconds > 0:
            raise InputError("seconds above 0", self.seconds, "Write seconds = 60, say.")
        if self.cost is not None and not self.cost > 0:
            raise InputError("a cost above 0", self.cost, "Write cost = 100, say.")
