"""The safety shell: who decides what a plant does in a period, and why.

A person comes first, then the bypass, then the barrier, then the policy. Its four parts are the
limits under which a policy was found, its release, the watch in operation (barrier and alarm), and
the bypass within a period. No option leaves one out; studies and tests can.

Shapes: n copies, p readings, m actions.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float64, Int8, Int64

from ingenium.core.errors import InputError, choose
from ingenium.operate.drill import PersonActs
from ingenium.operate.filtering import nearest
from ingenium.operate.plant import Plant, Stoppable, beyond
from ingenium.operate.watch import Watch

PARTS = ("learning", "release", "watch", "bypass")
WHO = ("policy", "barrier", "bypass", "person")
WHY = (
    "as the policy proposes",
    "moved as little as satisfies every limit",
    "no action is known that satisfies every limit",
    "readings are unlike calm service",
    "the policy gave no action",
    "the policy took longer than its period",
    "until readings have been calm for long enough",
    "holds the actions",
    "acts",
    "stops the plant: fallback",
    "the run was stopped: fallback",
    "readings were outside their ranges for too long: shut down",
)
POLICY, BARRIER, BYPASS, PERSON = range(len(WHO))
PROPOSED, MOVED, LOST, STRANGE, NOTHING, LATE, CALMING, HOLDS, ACTS, STOPS, STOPPED, SHUT = range(
    len(WHY)
)
MOVES = 1e-9  # of an action, below which it was not moved
QUIET_S = 2.0  # without a cause, after which the bypass ends


@dataclass(frozen=True, eq=False)
class ShellMemory:
    """State of the shell from the period before."""

    action: Float64[np.ndarray, "n m"]
    expected: Float64[np.ndarray, "n p"]  # NaN before the first period
    surprise: Float64[np.ndarray, "n p"]
    calming: Int64[np.ndarray, " n"]  # periods that the bypass still has
    beyond: Int64[np.ndarray, " n"]  # periods with a reading outside, less those without


@dataclass(frozen=True, eq=False)
class Decision:
    """The applied action, who decided it and why, and the watch's score of the readings."""

    action: Float64[np.ndarray, "n m"]
    who: Int8[np.ndarray, " n"]
    why: Int8[np.ndarray, " n"]
    score: Float64[np.ndarray, " n"]
    memory: ShellMemory
    shut: Bool[np.ndarray, " n"]  # copies that are to be shut down before this period


@dataclass(frozen=True, eq=False)
class Shell:
    """The safety shell of one plant."""

    plant: Plant
    watch: Watch | None  # None where there was no data to set it on: barrier alone
    without: Collection[str] = field(default=())  # parts, left out by studies and tests alone
    patience: int | None = None  # periods outside, after which the plant is shut down

    def __post_init__(self) -> None:
        if self.patience is not None and not isinstance(self.plant, Stoppable):
            raise InputError(
                "a plant that can be shut down", self.plant.name, "Remove shut_down_after_s."
            )
        for part in self.without:
            choose(part, PARTS, "part of the shell")

    def begin(self, n: int) -> ShellMemory:
        """Return the state before the first period."""
        p, m = len(self.plant.readings), len(self.plant.actions)
        nothing = np.full((n, p), np.nan)
        none = np.zeros(n, dtype=np.int64)
        return ShellMemory(np.zeros((n, m)), nothing, np.zeros((n, p)), none, none)

    def decide(
        self,
        memory: ShellMemory,
        seen: Float64[np.ndarray, "n p"],
        proposed: Float64[np.ndarray, "n m"],
        *,
        late: bool = False,
        person: PersonActs | None = None,
    ) -> Decision:
        """Decide the action applied in this period."""
        low, high = (np.array([getattr(a, e) for a in self.plant.actions]) for e in ("low", "high"))
        nothing = ~np.isfinite(proposed).all(1)
        action = np.clip(np.where(nothing[:, None], memory.action, proposed), low, high)
        who = np.full(len(action), POLICY, dtype=np.int8)
        why = np.full(len(action), PROPOSED, dtype=np.int8)
        surprise, score, strange = self._surprise(memory, seen)
        lost = np.zeros(len(action), dtype=bool)
        if "watch" not in self.without:
            action, moved, lost = self._barred(seen, action)
            who[moved], why[moved] = BARRIER, MOVED
        causes = (
            (lost, LOST),
            (nothing, NOTHING),
            (np.full(len(action), late), LATE),
            (strange, STRANGE),
        )
        calming = self._bypass(memory, seen, causes, action, who, why)
        outside, shut = self._outside(memory, seen)
        who[shut], why[shut] = BYPASS, SHUT
        if person is not None:
            self._person(person, memory, seen, action, who, why)
            shut = shut & False
        expected = self.plant.expected(seen, action)
        later = ShellMemory(action, expected, surprise, calming, outside)
        return Decision(action, who, why, score, later, shut)

    def _outside(
        self, memory: ShellMemory, seen: Float64[np.ndarray, "n p"]
    ) -> tuple[Int64[np.ndarray, " n"], Bool[np.ndarray, " n"]]:
        """Count periods outside, and return copies that have been there for too long.

        The count falls in periods inside, so that noise at a limit does not restart it.
        """
        if self.patience is None:
            return memory.beyond, np.zeros(len(seen), dtype=bool)
        count = memory.beyond + np.where(beyond(self.plant, seen), 1, -1)
        return np.clip(count, 0, self.patience), count >= self.patience

    def _surprise(
        self, memory: ShellMemory, seen: Float64[np.ndarray, "n p"]
    ) -> tuple[np.ndarray, np.ndarray, Bool[np.ndarray, " n"]]:
        if self.watch is None or "watch" in self.without:
            none = np.zeros(len(seen))
            return memory.surprise, none, none > 0
        surprise = self.watch.mean(memory.surprise, seen - memory.expected)
        score = self.watch.score(surprise)
        return surprise, score, self.watch.alarm(score) | ~np.isfinite(seen).all(1)

    def _barred(
        self, seen: Float64[np.ndarray, "n p"], action: Float64[np.ndarray, "n m"]
    ) -> tuple[np.ndarray, Bool[np.ndarray, " n"], Bool[np.ndarray, " n"]]:
        """Return the nearest action that the barrier allows, where it moved, where it is lost."""
        barrier = self.plant.barrier(np.nan_to_num(seen))
        found, broken = nearest(action, barrier.rows, barrier.bounds)
        lost = barrier.lost | (broken > 1e-6)
        moved = np.abs(found - action).max(1) > MOVES
        return np.where(lost[:, None], action, found), moved & ~lost, lost

    def _bypass(
        self,
        memory: ShellMemory,
        seen: Float64[np.ndarray, "n p"],
        causes: tuple[tuple[Bool[np.ndarray, " n"], int], ...],
        action: Float64[np.ndarray, "n m"],
        who: Int8[np.ndarray, " n"],
        why: Int8[np.ndarray, " n"],
    ) -> Int64[np.ndarray, " n"]:
        """Apply the fallback from a cause until readings are normal; return the periods left."""
        on: np.ndarray = memory.calming > 0
        calming: np.ndarray = np.maximum(memory.calming - 1, 0)
        why[on] = CALMING
        for at, reason in causes:
            on = on | at
            why[at] = reason
            if reason != LATE:  # a late action costs its own period alone
                calming = np.where(at, round(QUIET_S / self.plant.period_s), calming)
        if "bypass" in self.without:
            return memory.calming
        who[on] = BYPASS
        action[on] = self.plant.fallback(np.nan_to_num(seen))[on]
        return calming

    def _person(
        self,
        person: PersonActs,
        memory: ShellMemory,
        seen: Float64[np.ndarray, "n p"],
        action: Float64[np.ndarray, "n m"],
        who: Int8[np.ndarray, " n"],
        why: Int8[np.ndarray, " n"],
    ) -> None:
        """Apply a person's action: it always wins, and is clipped only to the plant's range."""
        low, high = (np.array([getattr(a, e) for a in self.plant.actions]) for e in ("low", "high"))
        own = {"hold": memory.action, "stop": self.plant.fallback(np.nan_to_num(seen))}.get(
            person.how
        )
        given = np.broadcast_to(np.array(person.action), action.shape) if own is None else own
        action[:] = np.clip(given, low, high)
        who[:], why[:] = PERSON, {"hold": HOLDS, "act": ACTS, "stop": STOPS}[person.how]
