"""Calls a function of a program on arguments; what it gives is judged outside."""

import sys
from collections.abc import Generator
from functools import partial
from types import FrameType
from typing import Any

from . import forks

_FILE, _WATCHED_S = "program.py", 0.6  # of processor time, for a call that is watched
_EVENTS = 20_000  # lines of a call that are watched


class _EnoughError(Exception):
    """A call has been watched long enough."""


def run(job: dict[str, Any]) -> list[list[list[Any]]]:
    """Of each source and each list of arguments `[how it ended, value]`, each in a fork."""
    return [
        [
            list(forks.forked(partial(_value, source, job["function"], arguments), job["cpu_s"]))
            for arguments in job["arguments"]
        ]
        for source in job["sources"]
    ]


def lines(job: dict[str, Any]) -> list[list[int]]:
    """The lines that a source runs for each list of arguments, until it ends or is ended."""
    found = []
    for arguments in job["arguments"]:
        ended, rows = forks.forked(
            partial(_watched, job["source"], job["function"], arguments), _WATCHED_S
        )
        found.append(rows if ended == "done" else [])
    return found


def _value(source: str, function: str, arguments: list[Any]) -> list[Any]:
    """The value in a list, with a generator drawn and tuples as lists."""
    forks.guard()
    names: dict[str, Any] = {"__name__": "program"}
    exec(compile(source, _FILE, "exec"), names)
    value = names[function](*arguments)
    return [list(value) if isinstance(value, Generator) else value]


def _watched(source: str, function: str, arguments: list[Any]) -> list[int]:
    """Its lines, up to so many steps of a call that has no end."""
    known: set[int] = set()
    events = 0

    def local(frame: FrameType, event: str, _: object) -> Any:
        nonlocal events
        if event == "line":
            events += 1
            known.add(frame.f_lineno)
            if events > _EVENTS:
                raise _EnoughError
        return local

    def begun(frame: FrameType, event: str, _: object) -> Any:
        code = frame.f_code
        return local if code.co_filename == _FILE and code.co_name != "<module>" else None

    sys.settrace(begun)
    try:
        _value(source, function, arguments)
    except Exception:  # noqa: BLE001 - a failing call has run lines too
        pass
    finally:
        sys.settrace(None)
    return sorted(known)
