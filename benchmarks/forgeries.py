"""Number of forgeries that the contract tries on each problem, and of accepted ones.

The tests of `tests/contract` try them; here they are counted. A forgery that its problem declares
to be none, such as a mirrored cell, counts as harmless. `FORGERIES="grid plant"` tries those of the
named files, and retains the counts of the other problems.
"""

import json
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from benchmarks.measuring import RESULTS, report

TESTS = Path(__file__).parents[1] / "tests" / "contract"


@dataclass
class Counts:
    """A plugin of pytest that stores the counts of each problem's test."""

    rows: dict[str, Counter[str]] = field(default_factory=dict)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Record counts once for each stage of a test."""
        for name, tried in (v for k, v in report.user_properties if k == "forgeries"):
            if report.when == "call":
                known = self.rows.setdefault(name, Counter())
                known.update(t["outcome"] for t in tried)


def run() -> None:
    """Run all problems, slow ones too."""
    counts, named = Counts(), os.environ.get("FORGERIES", "").split()
    files = [str(TESTS / f"test_{name}.py") for name in named] or [str(TESTS)]
    pytest.main([*files, "-q", "-k", "forgery", "-m", "", "-p", "no:cacheprovider"], [counts])
    kinds = ("refused", "rejected", "failed", "said to repeat", "harmless", "accepted")
    rows: list[dict[str, Any]] = [
        {"problem": name, "tried": found.total()} | {kind: found[kind] for kind in kinds}
        for name, found in counts.rows.items()
    ]
    if named:
        before = json.loads((RESULTS / "forgeries.json").read_text(encoding="utf-8"))["rows"]
        rows += [row for row in before if row["problem"] not in {"all", *counts.rows}]
    rows.sort(key=lambda row: str(row["problem"]))
    whole = {key: sum(row[key] for row in rows) for key in rows[0] if key != "problem"}
    report("forgeries", "Forgeries by problem", [*rows, {"problem": "all"} | whole], {})
