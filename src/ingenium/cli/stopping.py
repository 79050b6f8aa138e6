"""Ctrl-C and SIGTERM: heard wherever they land, heeded where nothing is half done.

A signal only asks for the stop, and long work heeds it between its steps. Work that reaches no
such place within a second is interrupted where it is, and again every second until the command
ends: Python drops what is raised in a finaliser or a callback, and code of others may swallow it.
"""

import signal
import sys
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

STOPPED = 130  # the exit code
GRACE_S = 1.0
SIGNALS = (signal.SIGINT, signal.SIGTERM)
_requested = False


def listen() -> None:
    """Hear signals from now on, for this process; one that ignores a signal goes on ignoring it."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _hear)
    signal.signal(signal.SIGALRM, _hear)
    sys.unraisablehook = _dropped
    sys.excepthook = _printed


def deafen() -> None:
    """Hear no more: the command has ended, and the process only has to leave."""
    for number in (*SIGNALS, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)


def stop_requested() -> bool:
    """Return whether a stop was requested since the process began."""
    return _requested


def heed_stop() -> None:
    """Stop here if it was asked for; called between the steps of long work.

    Raises:
        KeyboardInterrupt: if a stop was asked for.
    """
    if _requested:
        raise KeyboardInterrupt


def _hear(number: int, frame: FrameType | None) -> None:
    """Note the first signal; raise at each later one (a second Ctrl-C, or the timer)."""
    global _requested
    if not _requested:
        _requested = True
        signal.setitimer(signal.ITIMER_REAL, GRACE_S, GRACE_S)
    elif not isinstance(sys.exception(), KeyboardInterrupt):  # else it is on its way, tidying up
        raise KeyboardInterrupt


def _dropped(dropped: "UnraisableHookArgs") -> None:
    """Say nothing of a stop that Python had to drop; the timer raises it again."""
    if dropped.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(dropped)


def _printed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say nothing of a stop that passes through C code which prints what it meets."""
    if kind is not KeyboardInterrupt:
        sys.__excepthook__(kind, error, trace)
