"""The command line. Nothing heavy is imported before a command needs it."""

import sys

from ingenium.cli.stopping import STOPPED, deafen, listen


def main() -> None:
    """Entry point of the installed command; hears Ctrl-C before anything else."""
    listen()
    try:
        from ingenium.cli.app import app

        app()
    except KeyboardInterrupt:  # before or after a command
        sys.exit(STOPPED)
    finally:
        deafen()
