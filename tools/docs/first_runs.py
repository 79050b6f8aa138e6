"""Which commands of `python -m benchmarks first_runs` ended as they should."""

from typing import Any


def answered(row: dict[str, Any]) -> bool:
    """Whether a command did what it says; that a posterior is not calibrated is an answer."""
    code = row["exit code"]
    return bool(code == 0 or (code == 1 and row["command"].startswith("ingenium infer ")))
