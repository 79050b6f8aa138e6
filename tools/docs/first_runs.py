"""Times of the README's commands, measured by `python -m benchmarks first_runs`."""

import json
import re
from pathlib import Path
from typing import Any

from blocks import ROOT

STORED = ROOT / "benchmarks" / "results" / "first_runs.json"
ROW = re.compile(r"^(\|[^|]+\| `(ingenium [^`]+)` \|[^|]+\|)[^|\n]*\|?$", re.M)


def with_times(path: Path, text: str) -> str:
    """The README with the time of each command in the last column of its row."""
    if path != ROOT / "README.md" or not STORED.is_file():
        return text
    rows = json.loads(STORED.read_text(encoding="utf-8"))["rows"]
    took = {row["command"]: row["cpu_s"] for row in rows if answered(row)}
    return ROW.sub(lambda m: f"{m[1]} {_told(took.get(m[2]))} |", text)


def answered(row: dict[str, Any]) -> bool:
    """True if a command succeeded; a posterior that is not calibrated is a success."""
    code = row["exit code"]
    return code == 0 or (code == 1 and row["command"].startswith("ingenium infer "))


def _told(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
