"""Findings of a check of a system by the public commands, as a user would run them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Finding:
    """A statement on the system, and whether it is true.

    A `gap` finding is about a feature without which the system still works.
    """

    text: str
    holds: bool
    gap: bool = False


@dataclass(frozen=True)
class Picture:
    """A figure from a check, shown in the book."""

    figure: "Figure"
    caption: str


@dataclass(frozen=True)
class Done:
    """A finished command."""

    code: int  # 0 done, 1 no accepted design, 2 wrong input, 3 a failure
    answer: Mapping[str, Any]  # output of --json; empty without any
    text: str  # printed output


@runtime_checkable
class Commands(Protocol):
    """Runs `ingenium` commands in a temporary folder."""

    folder: Path

    def __call__(self, *words: object) -> Done:
        """Run a command; `--json` is added. Paths among the words are used as they are."""
        ...


Check = Callable[[Commands], Iterator["Finding | Picture"]]
