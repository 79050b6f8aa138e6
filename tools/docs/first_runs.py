"""Commands of `python -m benchmarks first_runs` that ended as they should."""

from typing import Any


def answered(row: dict[str, Any]) -> bool:
    """True if a command succeeded; a posterior that is not calibrated is a success."""
    code = row["exit code"]
    return bool(code == 0 or (code == 1 and row["command"].startswith("ingenium infer ")))
