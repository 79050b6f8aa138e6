"""What a check of a system finds by running the public commands, as a user would."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Finding:
    """A sentence on the system and whether it holds.

    A finding that is a `gap` says what the system has beyond being there; without it the system
    still works.
    """

    text: str
    holds: bool
    gap: bool = False


@dataclass(frozen=True)
class Picture:
    """A figure of what the check made, shown in the book."""

    figure: "Figure"
    caption: str


@dataclass(frozen=True)
class Done:
    """A command that ended."""

    code: int  # 0 done, 1 no design holds, 2 wrong input, 3 a failure
    answer: Mapping[str, Any]  # what it wrote for --json; empty if it gave none
    text: str  # what it printed


@runtime_checkable
class Commands(Protocol):
    """Runs `ingenium` commands in a folder that goes away afterwards."""

    folder: Path

    def __call__(self, *words: object) -> Done:
        """Run a command; `--json` is added. Paths in words are given as they are."""
        ...


Check = Callable[[Commands], Iterator["Finding | Picture"]]
