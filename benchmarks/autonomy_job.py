"""Laws from a cold start, and one of them on an arm: cost and results of both commands."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.measuring import cost, report

ROOT = Path(__file__).parents[1]
COMMANDS = (
    "propose autonomy.controller --spec examples/autonomy/second_order.toml -n 200 --seed 7"
    " --out out/controllers",
    "operate autonomy.arm --policy out/controllers --hours 0.05 --out out/arm",
)


def run() -> None:
    """Write and print both tables."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "examples").symlink_to(ROOT / "examples")
        costs = [cost(command, folder) for command in COMMANDS]
        report("autonomy_job", "Controllers with proof, from nothing", costs, {})
        rows = list(_found(folder / "out"))
    report("autonomy_service", "What both commands gave", rows, {})


def _found(out: Path) -> Iterator[dict[str, Any]]:
    lines = (out / "controllers" / "evidence.jsonl").read_text().splitlines()
    accepted = sum(json.loads(line)["verdict"] == "accepted" for line in lines)
    yield {"what": f"laws accepted, of {len(lines)}", "value": accepted, "unit": "1"}
    record = json.loads((out / "arm" / "operation.json").read_text())
    yield {"what": "verdict of the run at the arm", "value": record["verdict"], "unit": ""}
    for name, own in record["measured"].items():
        yield {"what": name, "value": own["value"], "unit": own["unit"]}
