"""Imports of commands that look at things: none needs an engine, or its libraries."""

import subprocess
import sys
from pathlib import Path

import pytest

import ingenium
import toy

HEAVY = ("torch", "matplotlib", "sklearn", "scipy.stats", "pandapower", "lightsim2grid", "seaborn")
COMMAND = """
import sys
from ingenium.cli import main
sys.argv = ["ingenium", *{0!r}]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""
OPENED = """
import ingenium
run = ingenium.open_run({0!r})
assert len(run.table) and len(run.evidence) and run.verdict and run.values and len(run.accepted)
"""
TOOLS = """
from pathlib import Path
import ingenium.serve.server
from ingenium.serve.allowed import AllowedFolders
from ingenium.serve.jobs import Jobs
from ingenium.serve.tools import Tools
folders = AllowedFolders.of((Path({0!r}),))
tools = Tools(folders, Jobs(folders.roots[0] / "jobs"))
assert tools.explain({0!r})["proposed"] and tools.read({0!r})["entries"]
"""


def _imported(code: str) -> set[str]:
    """Run code in a new process and return the heavy packages that it imported."""
    last = f"\nimport sys\nprint(*({{*{HEAVY!r}}} & {{*sys.modules}}), file=sys.stderr)"
    line = [sys.executable, "-c", code + last]
    found = subprocess.run(line, capture_output=True, text=True, check=True)
    return set(found.stderr.splitlines()[-1].split())


@pytest.mark.usefixtures("beams")
def test_commands_that_look_at_things_import_no_engine(tmp_path: Path) -> None:
    """Also `show` of a problem, once its page is stored."""
    folder = ingenium.propose(toy.spec(), 4, 7, tmp_path / "run").folder
    show = COMMAND.format(["show", "structures.roof", "--json"])
    _imported(show)  # opens the problem and stores its page, if no earlier run has
    looks = {
        "show": show,
        "list": COMMAND.format(["list"]),
        "show of a run": COMMAND.format(["show", str(folder)]),
        "open_run": OPENED.format(str(folder)),
        "tools": TOOLS.format(str(folder)),
    }
    assert {name: _imported(code) for name, code in looks.items()} == {
        name: set() for name in looks
    }
