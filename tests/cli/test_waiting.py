"""Threads that wait for others sleep, unless they are set to spin."""

import os
import subprocess
import sys

import pytest

from ingenium import cli

COMMAND = """
import sys
from ingenium import cli
sys.argv = ["ingenium", "--version"]
try:
    cli.main()
except SystemExit:
    import torch  # whose runtime of threads says what it read
"""


@pytest.mark.parametrize("said", ["", "ACTIVE"])
def test_threads_that_wait_sleep_unless_told(said: str) -> None:
    own = {k: v for k, v in os.environ.items() if k != cli.WAITING} | {"OMP_DISPLAY_ENV": "TRUE"}
    reported = {cli.WAITING: said} if said else {}
    done = subprocess.run(
        [sys.executable, "-c", COMMAND],
        env=own | reported,
        capture_output=True,
        text=True,
        check=True,
    )
    policies = {line.split("'")[1] for line in done.stderr.splitlines() if cli.WAITING in line}
    assert policies == {said or "PASSIVE"}
