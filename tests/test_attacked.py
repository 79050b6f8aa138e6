"""Every problem has a contract, and the table of attacks includes every problem."""

import json
import re
from pathlib import Path

import pytest

from ingenium.domains import load, own

ROOT = Path(__file__).parents[1]
NAMED = re.compile(r'^    problem_name = "([^"]+)"', re.M)
FEWEST, WHOLE = 10, 300  # forgeries of a problem, and of all
# Answers of the verb `infer`, which are weighted samples and no designs in files of their own.
INFERRED = {"radio.estimate"}
PROBLEMS = sorted({f"{name}.{key}" for name in own() for key in load(name).problems} - INFERRED)


def test_every_problem_has_a_contract() -> None:
    files = [*(ROOT / "tests" / "contract").glob("test_*.py")]
    tried = {name for file in files for name in NAMED.findall(file.read_text(encoding="utf-8"))}
    assert set(PROBLEMS) <= tried


@pytest.fixture(scope="module")
def counted() -> dict[str, dict[str, int]]:
    path = ROOT / "benchmarks" / "results" / "forgeries.json"
    return {row["problem"]: row for row in json.loads(path.read_text(encoding="utf-8"))["rows"]}


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_problem_was_attacked_and_none_was_fooled(
    name: str, counted: dict[str, dict[str, int]]
) -> None:
    assert counted[name]["tried"] >= FEWEST
    assert counted[name]["accepted"] == 0


def test_the_table_adds_up(counted: dict[str, dict[str, int]]) -> None:
    whole, rows = counted["all"], [row for name, row in counted.items() if name != "all"]
    for kind in (
        "tried",
        "refused",
        "rejected",
        "failed",
        "said to repeat",
        "harmless",
        "accepted",
    ):
        assert whole[kind] == sum(row[kind] for row in rows)
    assert whole["tried"] >= WHOLE
    assert whole["accepted"] == 0
