"""Times beside the README's commands, as `python -m benchmarks first_runs` measured them."""

import json
import re
from pathlib import Path

from blocks import ROOT

STORED = ROOT / "benchmarks" / "results" / "first_runs.json"
ROW = re.compile(r"^(\|[^|]+\| `(ingenium [^`]+)` \|[^|]+\|)[^|\n]*\|?$", re.M)


def with_times(path: Path, text: str) -> str:
    """The README with the time of each command in the last column of its row."""
    if path != ROOT / "README.md" or not STORED.is_file():
        return text
    rows = json.loads(STORED.read_text(encoding="utf-8"))["rows"]
    took = {row["command"]: row["cpu_s"] for row in rows if row["exit code"] == 0}
    return ROW.sub(lambda m: f"{m[1]} {_told(took.get(m[2]))} |", text)


def _told(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
