"""State of reading a task under one frame."""

from dataclasses import dataclass, field
from typing import Any

from ingenium.domains.words.programme.frames import TaskFrame
from ingenium.domains.words.programme.sentences import TaskText

Pair = tuple[str, str]


@dataclass
class Understood:
    """Data read so far from a text under one frame."""

    frame: TaskFrame
    text: TaskText
    data: dict[str, Any] = field(default_factory=dict)
    one: dict[str, dict[str, float]] = field(default_factory=dict)  # numbers by name
    two: dict[Pair, float] = field(default_factory=dict)  # numbers by pair
    listed: list[str] = field(default_factory=list)  # names of the last list
    twice: bool = False  # whether a pair was given two numbers

    @property
    def first(self) -> set[str]:
        """Names that a pair begins with, as far as known."""
        return {k for p in self.frame.singles if p.first for k in self.one.get(p.name, ())}

    @property
    def second(self) -> set[str]:
        """Names that a pair ends with."""
        return {k for p in self.frame.singles if not p.first for k in self.one.get(p.name, ())}
