"""The command line. Nothing heavy is imported before a command needs it."""

import gc
import os
import sys

from ingenium.cli.stopping import STOPPED, deafen, listen

CARBON = "INGENIUM_CARBON"
WAITING = "OMP_WAIT_POLICY"
LOGGED = "TORCH_CPP_LOG_LEVEL"
COLLECT = (50_000, 20, 100)  # objects, and younger collections, between searches for cycles
WORLD = "436 world mean of 2022, Ember, Global Electricity Review 2023"  # g of CO2e for a kWh


STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def open_closed() -> None:
    """Standard streams that are closed lead nowhere, so that no file of ours takes their number."""
    for name, mode in STREAMS:
        if getattr(sys, name) is None:  # the lowest free number, which is the stream's own
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))


def main() -> None:
    """Entry point of the installed command; hears Ctrl-C before anything else.

    Carbon is that of the world's mean kWh, and threads that wait for others sleep (they spin
    otherwise, and take the processor from who has work), and PyTorch tells of its sockets no more
    than errors, where nobody says another. Cycles of objects are searched for more rarely than by
    default, since imports make many objects that stay: it took a seventh of a short command.
    """
    open_closed()
    listen()
    gc.set_threshold(*COLLECT)
    os.environ.setdefault(CARBON, WORLD)
    os.environ.setdefault(WAITING, "PASSIVE")  # before torch is imported, which reads both once
    os.environ.setdefault(LOGGED, "ERROR")
    try:
        from ingenium.cli.app import app

        app()
    except KeyboardInterrupt:  # before or after a command
        sys.exit(STOPPED)
    finally:
        deafen()
