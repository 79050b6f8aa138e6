"""Kinds of tasks, each with programmes in code and an optimum that is found without them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

ADD = "solver.Add("  # by which a line is a constraint
Data = Mapping[str, Any]  # lists of names, and numbers by name or by a pair of names


@dataclass(frozen=True)
class TaskKind:
    """What can be asked in words, and how it is written as a programme.

    `formulations` say the same in other ways; a line stands in a programme if the data have the
    entry that `asks` names for it. `optimum` shares no line with them.
    """

    name: str
    group: str  # routing, mixing, scheduling or covering
    about: str
    formulations: Mapping[str, tuple[str, ...]]
    asks: Mapping[str, str]  # lines that stand only where the data have an entry
    optimum: Callable[[Data], float]
    sets: Callable[[Data], dict[str, list[str]]]  # lists that follow from the data
    bars: Mapping[str, str] = field(default_factory=dict)  # formulations that an entry rules out
    tight: tuple[str, ...] = ()  # formulations with lines that only help the solver
    scale: Callable[[Data], float] = lambda data: 0.0  # cases that `optimum` looks through
    most: bool = False  # more is better


@dataclass(frozen=True)
class WordedTask:
    """A kind and its data."""

    kind: TaskKind
    data: Data

    def programmes(self) -> dict[str, str]:
        """Its formulations as code, each with the lines that its data ask for."""
        found = {}
        for name, lines in self.kind.formulations.items():
            if self.kind.bars.get(name, "") in self.data:
                continue
            kept = [line for line in lines if self.kind.asks.get(line, "") in (*self.data, "")]
            if all(line in kept or ADD in line for line in lines):
                found[name] = "\n".join(kept) + "\n"
        return found

    @property
    def names(self) -> dict[str, Any]:
        """What its programmes may name."""
        return {**self.kind.sets(self.data), **self.data}

    def optimum(self) -> float:
        """By the independent way."""
        return self.kind.optimum(self.data)
