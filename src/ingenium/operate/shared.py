"""Shared control: an agent and a person act together, by fixed shares of the action.

The blend is a policy like any other: the shell stays above it, and an override above the shell.

Shapes: n copies, k numbers of a memory, p readings, q wanted values, m actions.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from jaxtyping import Float64
from pydantic import Field
from pydantic.dataclasses import dataclass as checked

from ingenium.core.errors import InputError, choose
from ingenium.core.reading.tables import read_table
from ingenium.core.spec import _STRICT, Number
from ingenium.operate.memory import PeriodCount
from ingenium.operate.plant import (
    Explained,
    Foreseeing,
    Plant,
    Policy,
    Rows,
    Signal,
    Weighed,
    Weighing,
)

SAME = 1e-9  # of an action, within which it was applied as the blend proposed it
TABLE = ".csv"


@checked(frozen=True, config=_STRICT)
class SharedControl:
    """A person who shares control with the policy, and the policy's share of each action."""

    person: Annotated[str, Field(min_length=1, max_length=500)]  # a family, or a CSV of actions
    share: Annotated[Number, Field(ge=0, le=1)] = 0.5  # of the policy


@dataclass(frozen=True, eq=False)
class RecordedPerson(PeriodCount):
    """Actions that a person wrote down, each from its hour on; the last one stays."""

    name: str
    hour: Float64[np.ndarray, " r"]
    action: Float64[np.ndarray, "r m"]
    period_s: float

    def act(
        self,
        memory: Float64[np.ndarray, "n 1"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
    ) -> Rows:
        """Return the action of the present hour."""
        now = memory[:, 0] * self.period_s / 3600
        at = np.searchsorted(self.hour, now + 1e-9, side="right") - 1
        found: np.ndarray = self.action[at]
        return found


@dataclass(frozen=True, eq=False)
class BlendedPolicy:
    """`share` of the agent's action and the rest of the person's, each within its range."""

    agent: Policy
    person: Policy
    share: float
    actions: tuple[Signal, ...]

    @property
    def name(self) -> str:
        """Both, with the agent's share."""
        return f"{self.agent.name} ({self.share:.0%}) with {self.person.name}"

    def begin(self, n: int) -> Float64[np.ndarray, "n k"]:
        """Return both memories, the agent's first."""
        return np.concatenate([self.agent.begin(n), self.person.begin(n)], 1)

    def act(
        self,
        memory: Float64[np.ndarray, "n k"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
    ) -> Rows:
        """Return the blend."""
        agent, person = self._each(memory, seen, wanted)
        return self.share * agent + (1 - self.share) * person

    def learn(
        self,
        memory: Float64[np.ndarray, "n k"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
        applied: Rows,
    ) -> Float64[np.ndarray, "n k"]:
        """Tell each its own action where the blend was applied, otherwise what was applied."""
        agent, person = self._each(memory, seen, wanted)
        blend = self.share * agent + (1 - self.share) * person
        same = (np.abs(blend - applied) <= SAME * (1 + np.abs(applied))).all(1, keepdims=True)
        first, second = self._parts(memory)
        later = self.agent.learn(first, seen, wanted, np.where(same, agent, applied))
        after = self.person.learn(second, seen, wanted, np.where(same, person, applied))
        return np.concatenate([later, after], 1)

    def _parts(self, memory: Float64[np.ndarray, "n k"]) -> tuple[np.ndarray, np.ndarray]:
        wide = self.agent.begin(1).shape[1]
        return memory[:, :wide], memory[:, wide:]

    def _each(
        self,
        memory: Float64[np.ndarray, "n k"],
        seen: Float64[np.ndarray, "n p"],
        wanted: Float64[np.ndarray, "n q"],
    ) -> tuple[Rows, Rows]:
        low, high = (np.array([getattr(a, e) for a in self.actions]) for e in ("low", "high"))
        own = zip((self.agent, self.person), self._parts(memory), strict=True)
        agent, person = (np.clip(who.act(part, seen, wanted), low, high) for who, part in own)
        return agent, person


@dataclass(frozen=True, eq=False)
class ExplainedBlend(BlendedPolicy):
    """A blend whose agent gives reasons, criteria and a band."""

    agent: Policy

    @property
    def foreseen(self) -> int:
        """Index of the reading that the agent's twin predicts."""
        assert isinstance(self.agent, Foreseeing)
        return self.agent.foreseen

    def foresee(self, memory: Float64[np.ndarray, "n k"]) -> Float64[np.ndarray, "n 2"]:
        """Return the agent's band."""
        assert isinstance(self.agent, Foreseeing)
        return self.agent.foresee(self._parts(memory)[0])

    def why(
        self,
        memory: Float64[np.ndarray, "1 k"],
        seen: Float64[np.ndarray, "1 p"],
        wanted: Float64[np.ndarray, "1 q"],
    ) -> str:
        """Return the agent's reason."""
        assert isinstance(self.agent, Explained)
        return self.agent.why(self._parts(memory)[0], seen, wanted)

    def weigh(
        self,
        memory: Float64[np.ndarray, "1 k"],
        seen: Float64[np.ndarray, "1 p"],
        wanted: Float64[np.ndarray, "1 q"],
    ) -> Weighing | None:
        """Return the agent's criteria."""
        assert isinstance(self.agent, Weighed)
        return self.agent.weigh(self._parts(memory)[0], seen, wanted)


def blended(
    agent: Policy,
    own: SharedControl,
    plant: Plant,
    families: Mapping[str, Callable[[int], Policy]],
    seed: int,
) -> BlendedPolicy:
    """Return a policy that shares control with a family of the plant, or with a file's actions.

    Raises:
        InputError: for an unknown family, or a file that is no table of the plant's actions.
    """
    if own.person.endswith(TABLE):
        person: Policy = recorded(Path(own.person), plant)
    else:
        person = families[choose(own.person, families, "family of policies of this plant")](seed)
    told = all(isinstance(agent, kind) for kind in (Explained, Foreseeing, Weighed))
    kind = ExplainedBlend if told else BlendedPolicy
    return kind(agent, person, own.share, plant.actions)


def recorded(path: Path, plant: Plant) -> RecordedPerson:
    """Read a person's actions: a column `hour`, and one for each action of the plant.

    Raises:
        InputError: for another table, hours that do not rise from 0, or an action out of range.
    """
    table = read_table(path, "a person's actions", delimiter=",")
    table.expect(["hour", *(a.name for a in plant.actions)], None)
    hour = table.numbers("hour")
    if len(hour) == 0 or hour[0] != 0 or (np.diff(hour) <= 0).any():
        raise InputError("hours that begin with 0 and rise", f"{hour[:5].tolist()} in {path}")
    action = np.stack([table.numbers(a.name) for a in plant.actions], 1)
    for a, values in zip(plant.actions, action.T, strict=True):
        if (values < a.low).any() or (values > a.high).any():
            raise InputError(
                f"{a.name} from {a.low:g} to {a.high:g} {a.unit}",
                f"{values.min():g} to {values.max():g} in {path}",
            )
    return RecordedPerson(f"the person of {path.name}", hour, action, plant.period_s)
