"""Attacks on a station: false readings for its controller, moved setpoints, concealment."""

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
        """End of the attack."""
        return self.onset_h + self.length_h

    def earlier(self, second: int) -> float:
        """Return the same time of day on the last day before the attack, which is replayed."""
        days = (second - 3600 * self.onset_h) // DAY_S + 1
        return second - days * DAY_S

    def on(self, second: int) -> bool:
        """Return True if the attack is active at this second."""
        return self.kind != NONE and self.onset_h * 3600 <= second < self.end_h * 3600


@dataclass
class Reading:
    """The level of one tank as its controller reads it, with the memory that attacks need."""

    attack: Attack | None  # on this tank
    range_m: float

    def __post_init__(self) -> None:
        self._past: list[tuple[int, float]] = []

    def read(self, second: int, true: float) -> float:
        """Return the level that the controller reads."""
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
        """Return by how much the setpoints are moved, in metres."""
        attack = self.attack
        if attack is None or attack.kind != "setpoint" or not attack.on(second):
            return 0.0
        return attack.strength * self.range_m

    def _at(self, second: float) -> float:
        """Return the true level at this second, or at the last step before it."""
        return next(level for s, level in reversed(self._past) if s <= max(second, 0))
