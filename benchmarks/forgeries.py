"""How many forgeries the contract tries on each problem, and how many are accepted.

The tests of `tests/contract` try them; here they are counted. A forgery that its problem says to
be none, such as a mirrored cell, counts as harmless.
"""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from benchmarks.measuring import report

TESTS = Path(__file__).parents[1] / "tests" / "contract"


@dataclass
class Counts:
    """A plugin of pytest that keeps what each problem's test wrote down."""

    rows: dict[str, Counter[str]] = field(default_factory=dict)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Once for each stage of a test."""
        for name, tried in (v for k, v in report.user_properties if k == "forgeries"):
            if report.when == "call":
                known = self.rows.setdefault(name, Counter())
                known.update(t["outcome"] for t in tried)


def run() -> None:
    """All problems, slow ones too."""
    counts = Counts()
    pytest.main([str(TESTS), "-q", "-k", "forgery", "-m", "", "-p", "no:cacheprovider"], [counts])
    kinds = ("refused", "rejected", "failed", "said to repeat", "harmless", "accepted")
    rows: list[dict[str, Any]] = [
        {"problem": name, "tried": found.total()} | {kind: found[kind] for kind in kinds}
        for name, found in sorted(counts.rows.items())
    ]
    whole = {key: sum(row[key] for row in rows) for key in rows[0] if key != "problem"}
    report("forgeries", "Forgeries by problem", [*rows, {"problem": "all"} | whole], {})
