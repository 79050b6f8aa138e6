"""Attacks on a station: what its controller reads, when it acts, and what operators are shown."""

from dataclasses import dataclass

NONE = "none"
KINDS = (NONE, "false reading", "frozen reading", "replayed reading", "setpoint")
SHOWN = ("as read", "replayed")  # to operators: what the controller reads, or an earlier day
DAY_S = 86400


@dataclass(frozen=True)
class Attack:
    """One attack of a week."""

    kind: str
    station: int  # place among the stations of the network
    concealed: bool  # operators see an earlier day of all tags of the station
    onset_h: float
    length_h: float
    strength: float  # of an offset, in ranges of the tank's level; -1 to 1

    @property
    def end_h(self) -> float:
        """When it is over."""
        return self.onset_h + self.length_h

    def earlier(self, second: int) -> float:
        """The same time of the last day before it, which is replayed."""
        days = (second - 3600 * self.onset_h) // DAY_S + 1
        return second - days * DAY_S

    def on(self, second: int) -> bool:
        """Whether it acts now."""
        return self.kind != NONE and self.onset_h * 3600 <= second < self.end_h * 3600


@dataclass
class Reading:
    """The level of one tank as its controller reads it, with the memory that attacks need."""

    attack: Attack | None  # on this tank
    range_m: float

    def __post_init__(self) -> None:
        self._past: list[tuple[int, float]] = []

    def read(self, second: int, true: float) -> float:
        """What the controller is told."""
        self._past.append((second, true))
        attack = self.attack
        if attack is None or not attack.on(second):
            return true
        if attack.kind == "false reading":
            return true + attack.strength * self.range_m
        if attack.kind == "frozen reading":
            return self._at(attack.onset_h * 3600)
        if attack.kind == "replayed reading":
            return self._at(attack.earlier(second))
        return true

    def shift(self, second: int) -> float:
        """How far setpoints are moved."""
        attack = self.attack
        if attack is None or attack.kind != "setpoint" or not attack.on(second):
            return 0.0
        return attack.strength * self.range_m

    def _at(self, second: float) -> float:
        """The true level then, or at the last step before."""
        return next(level for s, level in reversed(self._past) if s <= max(second, 0))
