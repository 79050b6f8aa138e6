"""Calls a function of a program on arguments; its results are judged outside."""

import sys
from collections.abc import Generator
from functools import partial
from types import FrameType
from typing import Any

from . import forks

_FILE, _WATCHED_S = "program.py", 0.6  # CPU time of a traced call
_EVENTS = 20_000  # lines of a call that are traced


class _EnoughError(Exception):
    """Tracing of a call has reached its limit."""


def run(job: dict[str, Any]) -> list[list[list[Any]]]:
    """Return `[end, value]` for each source and each list of arguments, each run in a fork."""
    return [
        [
            list(forks.forked(partial(_value, source, job["function"], arguments), job["cpu_s"]))
            for arguments in job["arguments"]
        ]
        for source in job["sources"]
    ]


def lines(job: dict[str, Any]) -> list[list[int]]:
    """Return the lines that a source runs for each list of arguments, until its end or a limit."""
    found = []
    for arguments in job["arguments"]:
        ended, rows = forks.forked(
            partial(_watched, job["source"], job["function"], arguments), _WATCHED_S
        )
        found.append(rows if ended == "done" else [])
    return found


def _value(source: str, function: str, arguments: list[Any]) -> list[Any]:
    """Return the value in a list; a generator becomes a list."""
    forks.guard()
    names: dict[str, Any] = {"__name__": "program"}
    exec(compile(source, _FILE, "exec"), names)
    value = names[function](*arguments)
    return [list(value) if isinstance(value, Generator) else value]


def _watched(source: str, function: str, arguments: list[Any]) -> list[int]:
    """Return the lines of a call, up to `_EVENTS` steps."""
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
