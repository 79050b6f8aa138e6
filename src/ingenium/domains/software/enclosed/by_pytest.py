"""Independent cross-check: pytest on a mutant as a plain file, next to the test file."""

import io
import os
import shutil
import sys
from functools import partial
from pathlib import Path
from typing import Any

from . import forks
from .module import install_file
from .mutants import plain

_PASSED, _FAILED = 0, 1  # exit codes of pytest
_EACH_S = 3.0  # of CPU time


def run(job: dict[str, Any]) -> list[bool | None]:
    """Return if pytest fails on the unchanged module (0) and on each mutant; None if it crashed.

    Each runs in a separate folder.
    """
    import pytest

    arguments = [
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:faulthandler",
        "-p",
        "no:logging",
        "--capture=no",
    ]

    def outcome(number: int) -> int:
        source = plain(job["source"], number) if number else job["source"]
        folder = Path("/tmp") / f"clean_{number}"
        folder.mkdir()
        os.chdir(folder)
        test = folder / f"test_{job['name'].replace('.', '_')}.py"
        test.write_text(job["file"], encoding="utf-8")
        sys.stdout = sys.stderr = io.StringIO()
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        try:
            install_file(job["name"], source, folder)
        except BaseException:  # noqa: BLE001 - a mutant that cannot be imported is noticed
            return 1
        sys.path.insert(0, str(folder))
        code = int(pytest.main([*arguments, str(test)]))
        shutil.rmtree(folder)
        return code

    found: list[bool | None] = []
    for number in (0, *job["mutants"]):
        ended, code = forks.forked(partial(outcome, number), _EACH_S)
        shutil.rmtree(Path("/tmp") / f"clean_{number}", ignore_errors=True)
        broken = ended == "raised" or (ended == "done" and code not in (_PASSED, _FAILED))
        found.append(None if broken else ended != "done" or code == _FAILED)
    return found
