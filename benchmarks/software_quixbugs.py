"""`software.patch` on QuixBugs: where the faulty line ranks, and repairs that pass hidden cases.

QUIXBUGS names the file `quixbugs.jsonl`; of its 40 programs the 31 with cases as JSON are used,
the others count as not repaired. Every second case is hidden. A patch is overfitted if it passes
the visible cases and fails a hidden one; of each program the first five patches are submitted.
"""

import ast
import json
import os
import sys
from pathlib import Path
from typing import Any

from benchmarks.measuring import report
from ingenium.core.errors import InputError
from ingenium.domains.software.patch.bug import Bug, passed, read_bug
from ingenium.domains.software.patch.repair import Suspicion, edits, repairs, suspicion

EDITS, SUBMITTED, ALL, TOP = 600, 5, 40, 5


def main() -> None:
    """Localise and repair each program."""
    path = Path(os.environ.get("QUIXBUGS", ""))
    if not path.is_file():
        sys.exit("QUIXBUGS names no file: jkoppel/QuixBugs as JSON lines, see docs")
    rows = []
    for line in path.read_text().splitlines():
        entry = json.loads(line)
        if entry["json_tests"]:
            rows.append(_tried(entry))
            print(rows[-1], flush=True)
    repaired = sum(r["right"] > 0 for r in rows)
    about = {
        "programs": ALL,
        "with_cases": len(rows),
        "usable": sum(not r["refused"] for r in rows),
        "repaired": repaired,
        "repaired_by_the_first_patch": sum(r["first_right"] for r in rows),
        "faulty_line_in_top_5": sum(r["rank"] <= TOP for r in rows),
        "only_overfitted": sum(r["plausible"] > 0 and not r["right"] for r in rows),
    }
    print(about)
    report("software_quixbugs", "Repairs of QuixBugs by single edits", rows, about)


def _tried(entry: dict[str, Any]) -> dict[str, Any]:
    source = _code(entry["buggy"])
    cases = "\n".join(
        json.dumps({"arguments": a if isinstance(a, list) else [a], "value": v})
        for a, v in entry["json_tests"]
    )
    row = {"program": entry["name"], "rank": 999.0, "edits": 0, "plausible": 0, "right": 0}
    row |= {"submitted": 0, "first_right": 0, "refused": ""}
    try:
        bug = read_bug(source, entry["name"], cases)
    except InputError as error:
        return row | {"refused": str(error)[:120]}
    found = suspicion(bug)
    tried = edits(bug, found, EDITS)
    plausible = repairs(bug, tried)
    submitted = plausible[:SUBMITTED]
    hidden = passed(bug.function, submitted, bug.hidden) if submitted else []
    right = [all(r) for r in hidden]
    return row | {
        "rank": _rank(bug, found, _code(entry["fixed"])),
        "edits": len(tried),
        "plausible": len(plausible),
        "submitted": len(submitted),
        "right": sum(right),
        "first_right": int(bool(right) and right[0]),
    }


def _code(text: str) -> str:
    """The program without the texts below it, in one layout for buggy and fixed."""
    tree = ast.parse(text)
    tree.body = [n for n in tree.body if not isinstance(n, ast.Expr)]
    return ast.unparse(tree) + "\n"


def _rank(bug: Bug, found: Suspicion, fixed: str) -> float:
    """The best rank of the lines that the human repair changes, or next to which it adds one."""
    lines, at = [], 0
    for row in bug.diff(fixed).splitlines()[2:]:
        if row.startswith("@@"):
            at = int(row.split()[1][1:].partition(",")[0])
        elif row.startswith("-"):
            lines.append(at)
            at += 1
        elif row.startswith("+"):
            lines += [at, at - 1]
        else:
            at += 1
    return min((found.rank(n) for n in lines), default=999.0)


if __name__ == "__main__":
    main()
