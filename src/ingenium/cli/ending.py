"""How a command ends: what it raises becomes a message and an exit code.

0 done, 1 the limits asked for were met by no design (or evidence does not hold), 2 wrong input,
3 a failure of the engine or of what is stored, 130 stopped.
"""

import functools
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import ParamSpec

import typer

from ingenium.cli.output import JSON, errors, print_json
from ingenium.core.errors import IngeniumError, InputError

UNMET, FAULT, STOPPED = 1, 3, 130
DEBUG: ContextVar[bool] = ContextVar("debug", default=False)
P = ParamSpec("P")
_asked = threading.Event()  # Ctrl-C was pressed


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """The command, ending with a message and a code whatever happens in it."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            with _stoppable():
                command(*args, **kwargs)
        except (typer.Exit, BrokenPipeError):
            raise
        except KeyboardInterrupt:
            _say("Stopped", "nothing half-written is left; the same command goes on from here.")
            raise typer.Exit(STOPPED) from None
        except IngeniumError as error:
            if DEBUG.get():
                traceback.print_exc(file=sys.stderr)
            _say("Error", str(error), error)
            raise typer.Exit(error.exit_code) from None
        except Exception as error:  # noqa: BLE001 - else a fault of ours ends like unmet limits
            traceback.print_exc(file=sys.stderr)
            _say("Fault of ingenium", f"{type(error).__name__}: {error}", error)
            raise typer.Exit(FAULT) from None

    return run


@contextmanager
def _stoppable() -> Iterator[None]:
    """Remember Ctrl-C as well as raising it: raised in a callback of Python's own, it gets lost."""
    _asked.clear()
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before is signal.SIG_IGN:
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        _asked.set()
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def heed_stop() -> None:
    """Stop now if it was asked for; called between the steps of long work.

    Raises:
        KeyboardInterrupt: if Ctrl-C was pressed since the command began.
    """
    if _asked.is_set():
        raise KeyboardInterrupt


def _say(what: str, message: str, error: Exception | None = None) -> None:
    """The message on stderr; with --json also as an object on stdout."""
    errors().print(f"[bold red]{what}[/]: ", end="")
    errors().print(message, markup=False, highlight=False)
    if JSON.get():
        table = {"kind": type(error).__name__ if error else what, "message": message}
        if isinstance(error, InputError):
            table |= {"expected": error.expected, "came": error.came, "instead": error.instead}
        print_json({"error": table})
