"""End of a command: an exception becomes a message and an exit code.

0 done, 1 no design meets the requested limits (or evidence is not reproduced), 2 wrong input,
3 a failure of the engine or of stored data, 130 stopped.
"""

import functools
import os
import resource
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ParamSpec

import typer

from ingenium.cli.documents import helpful
from ingenium.cli.output import JSON, errors, print_json
from ingenium.cli.stopping import STOPPED, deafen, stop_requested
from ingenium.core.errors import IngeniumError, InputError
from ingenium.core.folders import UNWRITABLE
from ingenium.core.reading.files import UNUSABLE

UNMET, FAULT = 1, 3
LEAST_MEMORY = 2 << 30  # of addresses; loading takes half of it
NO_MEMORY = ("cannot allocate memory", "failed to map segment", "failed to load")  # by the loader
DEBUG: ContextVar[bool] = ContextVar("debug", default=False)
P = ParamSpec("P")


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """The command, ending with a message and a code whatever happens in it."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            _check_memory()
            with _worded_warnings():
                command(*args, **kwargs)
            sys.stdout.flush()  # Python holds results back, and a disk may be full
        except (typer.Exit, BrokenPipeError):
            raise
        except (KeyboardInterrupt, Exception) as error:  # noqa: BLE001 - each has its code
            raise typer.Exit(_end(error)) from None

    return run


@contextmanager
def _worded_warnings() -> Iterator[None]:
    """Print warnings of this package in a line, without their place in the code."""
    usual = warnings.formatwarning

    def worded(
        message: Warning | str, category: type[Warning], filename: str, lineno: int,
        line: str | None = None,
    ) -> str:  # fmt: skip
        if category.__module__.partition(".")[0] == __package__.partition(".")[0]:
            return f"Warning: {message}.\n"
        return usual(message, category, filename, lineno, line)

    warnings.formatwarning = worded
    try:
        yield
    finally:
        warnings.formatwarning = usual


def _end(error: BaseException) -> int:
    """Say what ended the command; gives the exit code."""
    if (
        isinstance(error, KeyboardInterrupt) or stop_requested()
    ):  # the stop may come as another error
        deafen()
        _say("Stopped", "nothing half-written is left; the same command goes on from here.")
        return STOPPED
    if isinstance(error, IngeniumError):
        if DEBUG.get():
            traceback.print_exception(error, file=sys.stderr)
        _say("Error", str(error), error)
        return error.exit_code
    if isinstance(error, OSError) and error.errno in UNWRITABLE:
        _say("Error", f"the output cannot be written: {error.strerror}", error)
        return FAULT
    if isinstance(error, OSError) and error.errno in UNUSABLE:
        unusable = InputError("a path that can be used", _path(error), "Name another.")
        _say("Error", str(unusable), unusable)
        return unusable.exit_code
    if _lacks_memory(error):
        free = f"{type(error).__name__}: {error}".rstrip(": ")
        _say("Error", f"the memory that this process may use is not enough ({free}).", error)
        return FAULT
    traceback.print_exception(error, file=sys.stderr)  # a fault of ours must not look like theirs
    _say("Fault of ingenium", f"{type(error).__name__}: {error}", error)
    return FAULT


def _check_memory() -> None:
    """Refuse limits under which libraries end the process from within, without a word.

    Raises:
        InputError: for less memory than they need to load.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft != resource.RLIM_INFINITY and soft < LEAST_MEMORY:
        raise InputError(
            f"at least {LEAST_MEMORY >> 20} MB of memory for this process",
            f"a limit of {soft >> 20} MB",
            f"Raise it: ulimit -v {LEAST_MEMORY >> 10}",
        )


def _path(error: OSError) -> str:
    """The fault of a path, with its end if it is long."""
    named = str(error.filename or "one")
    short = named if len(named) <= 200 else f"...{named[-197:]}"
    return f"{short}: {error.strerror}"


def _lacks_memory(error: BaseException) -> bool:
    """Return whether memory ran out, also while a library was imported."""
    said = str(error).lower()
    loading = isinstance(error, ImportError | OSError) and any(x in said for x in NO_MEMORY)
    return isinstance(error, MemoryError) or loading


def _say(what: str, message: str, error: BaseException | None = None) -> None:
    """The message on stderr; with --json also as an object on stdout."""
    errors().print(f"[bold red]{what}[/]: ", end="")
    errors().print(message, markup=False, highlight=False)
    page = helpful(error) if error else None
    if page:
        errors().print(f"See: ingenium docs {page}", style="dim", highlight=False)
    try:
        if JSON.get():
            print_json({"error": _table(what, message, error, page)})
        sys.stdout.flush()
    except OSError:  # said on stderr; what is held back would fail again as Python leaves
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _table(
    what: str, message: str, error: BaseException | None, page: str | None
) -> dict[str, Any]:
    """The message for machines."""
    table = {"kind": type(error).__name__ if error else what, "message": message}
    table |= {"page": page} if page else {}
    if isinstance(error, InputError):
        table |= {"expected": error.expected, "got": error.got, "instead": error.instead}
    return table
