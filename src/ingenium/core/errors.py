"""Errors that say what was expected, what came and what to write instead."""

import difflib
from collections.abc import Iterable
from typing import ClassVar


class IngeniumError(Exception):
    """Any error that the engine raises on purpose; `exit_code` is what the command line returns."""

    exit_code: ClassVar[int] = 3


class InputError(IngeniumError, ValueError):
    """Wrong input, told in three parts."""

    exit_code: ClassVar[int] = 2

    def __init__(self, *, expected: str, came: str, instead: str) -> None:
        super().__init__(f"expected {expected}; came {came}; write {instead}")
        self.expected = expected
        self.came = came
        self.instead = instead


class MissingExtraError(IngeniumError, ImportError):
    """A package of an optional extra is not installed."""

    exit_code: ClassVar[int] = 2

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f'{package} is not installed; run: pip install "ingenium[{extra}]"')
        self.extra = extra


class EngineError(IngeniumError, RuntimeError):
    """An engine of a field cannot be used at all: broken installation, failed parity gate."""


class StorageError(IngeniumError, OSError):
    """Files cannot be written or a folder is taken; nothing half-written is left behind."""


class CorruptError(IngeniumError, ValueError):
    """Stored data is not what was written; the message says what to do."""


def choose(name: str, known: Iterable[str], what: str) -> str:
    """`name` if it is known.

    Raises:
        InputError: with the nearest known names.
    """
    names = list(known)
    if name in names:
        return name
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
    raise InputError(
        expected=f"{what}: {', '.join(names)}" if len(names) <= 12 else f"a known {what}",
        came=f'"{name}"',
        instead=" or ".join(f'"{x}"' for x in near or names[:3]),
    )
