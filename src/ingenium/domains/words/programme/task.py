"""Kinds of tasks, each with programmes in code and an independent optimum."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

ADD = "solver.Add("  # by which a line is a constraint
Data = Mapping[str, Any]  # lists of names, and numbers by name or by a pair of names


@dataclass(frozen=True)
class TaskKind:
    """Kind of task, and its programmes.

    `formulations` are equivalent; a line is part of a programme if the data have the entry that
    `asks` names for it. `optimum` shares no line with them.
    """

    name: str
    group: str  # routing, mixing, scheduling or covering
    about: str
    formulations: Mapping[str, tuple[str, ...]]
    asks: Mapping[str, str]  # lines that depend on an entry of the data
    optimum: Callable[[Data], float]
    sets: Callable[[Data], dict[str, list[str]]]  # lists that follow from the data
    bars: Mapping[str, str] = field(default_factory=dict)  # formulations that an entry rules out
    tight: tuple[str, ...] = ()  # formulations with lines that only help the solver
    scale: Callable[[Data], float] = lambda data: 0.0  # cases that `optimum` enumerates
    most: bool = False  # more is better


@dataclass(frozen=True)
class WordedTask:
    """Kind and its data."""

    kind: TaskKind
    data: Data

    def programmes(self) -> dict[str, str]:
        """Return its formulations as code, each with the lines that its data require."""
        found = {}
        for name, lines in self.kind.formulations.items():
            if self.kind.bars.get(name, "") in self.data:
                continue
            retained = [line for line in lines if self.kind.asks.get(line, "") in (*self.data, "")]
            if all(line in retained or ADD in line for line in lines):
                found[name] = "\n".join(retained) + "\n"
        return found

    @property
    def names(self) -> dict[str, Any]:
        """Names that its programmes may use."""
        return {**self.kind.sets(self.data), **self.data}

    def optimum(self) -> float:
        """Return the independent optimum."""
        return self.kind.optimum(self.data)
