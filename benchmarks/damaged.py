"""Results of damaged files, for every reader of each domain, as in the slow tests.

Bytes are inverted, cut, spliced and repeated, numbers and encodings changed, and brackets opened
without end, in files of designs, specs and files that specs name. `DAMAGED="grid words"` tries
those of the named domains, and retains the counts of the others.
"""

import json
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from benchmarks.measuring import RESULTS, report

TEST = Path(__file__).parents[1] / "tests" / "contract" / "test_damage.py"
KINDS = ("refused", "same", "another", "traceback", "hang")  # results of reading a file


@dataclass
class DamageCounts:
    """A plugin of pytest that stores the counts of each domain's test."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Record counts once for each stage of a test."""
        for domain, reported in (v for k, v in report.user_properties if k == "damaged"):
            if report.when == "call":
                self.rows[domain] = row(domain, reported)


def row(domain: str, reported: list[dict[str, Any]]) -> dict[str, Any]:
    """Sum over all readers of a domain: its files, and the peak memory of its process."""
    found = sum((Counter(one["found"]) for one in reported), Counter[str]())
    counted = {"domain": domain, "readers": len(reported), "files": found.total()}
    cost = {
        "CPU s": round(sum(one["cpu_s"] for one in reported), 1),
        "most MB": max(one["memory_mb"] for one in reported),
    }
    return counted | {kind: found[kind] for kind in KINDS} | cost


def run() -> None:
    """Run all domains, or the named ones."""
    counts, named = DamageCounts(), os.environ.get("DAMAGED", "").split()
    only = [f"{TEST}::test_damaged_files_of_a_domain[{name}]" for name in named] or [str(TEST)]
    pytest.main([*only, "-q", "-m", "", "-p", "no:cacheprovider", "--timeout", "1800"], [counts])
    path = RESULTS / "damaged.json"
    if named and path.exists():
        before = json.loads(path.read_text(encoding="utf-8"))["rows"]
        retained = {r["domain"]: r for r in before if r["domain"] != "all"}
        counts.rows = retained | counts.rows
    rows = [counts.rows[name] for name in sorted(counts.rows)]
    whole: dict[str, Any] = {"domain": "all"}
    for key in rows[0]:
        if key != "domain":
            values = [r[key] for r in rows]
            whole[key] = max(values) if key == "most MB" else round(sum(values), 1)
    report("damaged", "Damaged files by domain", [*rows, whole], {})
