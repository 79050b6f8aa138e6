"""Cost of a first run of each command of docs/problems.md, with an empty cache.

`python -m benchmarks first_runs` runs these commands one after another, each with a cache of its
own and all in one folder, since some read the results of others. Each result is saved immediately,
and a measured command is skipped, so that a stopped benchmark resumes; `AGAIN=1` measures it again.
`ONLY=grid,plant.campaign` takes only commands with these prefixes.
`tools/docs/fill_reference.py` writes the times alongside the commands.
"""

import json
import os
import re
import resource
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.measuring import RESULTS, save
from ingenium.core.provenance import code_digest

NAME, TITLE = "first_runs", "Commands of docs/problems.md, the first time"
ROOT = Path(__file__).parents[1]
LONGEST_S = 3600
ROW = re.compile(r"^\|[^|]+\| `(ingenium [^`]+)` \|", re.M)


def run() -> None:
    """Measure the remaining commands."""
    path = RESULTS / f"{NAME}.json"
    retained = json.loads(path.read_text())["rows"] if path.is_file() else []
    rows = {row["command"]: row for row in retained}
    only = tuple(filter(None, os.environ.get("ONLY", "").split(",")))
    with tempfile.TemporaryDirectory() as name:
        for folder in ("docs", "examples"):  # that commands name
            (Path(name) / folder).symlink_to(ROOT / folder)
        for command in ROW.findall((ROOT / "docs" / "problems.md").read_text(encoding="utf-8")):
            if command in rows and "AGAIN" not in os.environ:
                continue
            if only and not any(f" {field}" in command for field in only):
                continue
            print(command, file=sys.stderr)
            rows[command] = _measured(command, Path(name))
            save(NAME, TITLE, list(rows.values()), {})


def _measured(command: str, folder: Path) -> dict[str, Any]:
    """Seconds and memory of a command in a process of its own, children included."""
    with tempfile.TemporaryDirectory() as cache:
        own = {"INGENIUM_CACHE": cache, "INGENIUM_LEDGER": f"{cache}/ledger.db"}
        words = ["timeout", str(LONGEST_S), sys.executable, "-m", *shlex.split(command)]
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(words, cwd=folder, env=os.environ | own, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "command": command,
        "exit code": done.returncode,
        "wall_s": round(time.perf_counter() - started, 1),
        "cpu_s": round(spent, 1),
        "load_average": os.getloadavg()[0],
        "source": code_digest(),
    }
