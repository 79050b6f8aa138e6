"""Stopping criteria of searches."""

from dataclasses import dataclass

from ingenium.core.counts import check_least
from ingenium.core.errors import InputError

BEGIN = 16  # a first round is the batch over this, where seconds are limited


@dataclass(frozen=True)
class Stop:
    """Budget of a search, and criteria that end it earlier; checked between rounds.

    With a limit on seconds, rounds are no larger than the remaining time allows (`most`).

    Raises:
        InputError: for a number below 1, or a time that is not above 0.
    """

    calls: int = 1000  # of the engine: designs that are verified
    seconds: float | None = None  # of the loop with model and engine, over all its sessions
    accepted: int | None = None  # number of accepted designs that is enough
    stagnation: int | None = None  # calls in a row without an improvement
    idle: int = 20  # rounds in a row without a new design
    cost: float | None = None  # calls, with those of the cheap tier weighted by the cost ratio

    def __post_init__(self) -> None:
        check_least(self.calls, "--budget", "engine call", say=1000)
        if self.accepted is not None:
            check_least(self.accepted, "--enough", "accepted design", say=10)
        if self.stagnation is not None:
            check_least(self.stagnation, "--stagnation", "engine call", say=200)
        check_least(self.idle, "idle =", "round", say=20)
        for option, value, what, write in (
            ("--seconds", self.seconds, "a time above 0 s", 60),
            ("--cost", self.cost, "a cost above 0", 100),
        ):
            if value is not None and not value > 0:
                raise InputError(what, f"{option} {value:g}", f"Write {option} {write}, say.")

    def most(self, batch: int, elapsed: float, done: tuple[int, float], waiting: int) -> int:
        """Return the largest size of a round; the batch size without a limit on seconds.

        Args:
            batch: the largest size of any round.
            elapsed: seconds so far.
            done: number of designs of finished rounds, and their seconds.
            waiting: number of designs that are still being measured.
        """
        if self.seconds is None:
            return batch
        count, took = done
        if not count or not took:
            return -(-batch // BEGIN)
        allowed = count / took * (self.seconds - elapsed) - waiting
        return max(1, int(min(allowed, batch)))
