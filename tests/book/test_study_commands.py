"""The evidence book at the command line, with the rows of a third party's package."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import dice
import pytest
from typer.testing import CliRunner

from ingenium.cli.app import app

RUN = CliRunner()


def ended(*command: str) -> int:
    return RUN.invoke(app, ["study", *command]).exit_code


def table(*command: str) -> Any:
    ran = RUN.invoke(app, ["study", *command, "--json"])
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout)


def test_a_strangers_rows_have_what_ours_have(house: Path) -> None:
    before = table("list", "--chapter", "dice")["rows"]
    assert [(r["row"], r["status"]) for r in before] == [
        ("dice.1", "no study"),
        ("dice.2", "no check"),
    ]
    ran = table("run", "dice.1", "--quick", "--seeds", "5")
    assert (ran["status"], ran["run"]) == ("confirmed", "quick")
    checked = table("check", "dice.2")
    assert (checked["status"], checked["run"]) == ("works with gaps", "check")
    book = house.parents[1] / "outcomes"
    assert (book / "results" / "dice.1.json").is_file()
    assert (book / "checks" / "dice.2.json").is_file()
    after = table("list", "--domain", "games")["rows"]
    assert [r["status"] for r in after] == ["confirmed", "works with gaps"]
    assert after[0]["measured_on"] == "two dice"
    audited = table("audit")
    assert audited["faults"] == []
    shown = RUN.invoke(app, ["study", "show", "dice.1"]).stdout
    for said in ("dice of bone", "at least 0.5", "Row dice.1", "exact", "confirmed"):
        assert said in shown
    assert "yes the command ends well" in RUN.invoke(app, ["study", "show", "dice.2"]).stdout


def test_rows_that_share_a_study_are_answered_by_one_run(house: Path) -> None:
    """Each row is judged by its own claim."""
    rows = house / "studies" / "rows.toml"
    first = rows.read_text().split("[[rows]]")[1]
    other = first.replace("dice.1", "dice.3").replace("at_least = 0.5", "at_least = 5.0")
    rows.write_text(f"{rows.read_text()}[[rows]]{other}")
    dice.forget()
    table("run", "dice.1", "--quick", "--seeds", "5")
    answered = {r["row"]: r["status"] for r in table("list", "--chapter", "dice")["rows"]}
    assert answered["dice.1"] == "confirmed"
    assert answered["dice.3"] in ("not reached here", "refuted")
    assert table("audit")["faults"] == []


def test_rows_are_filtered_and_counted(house: Path) -> None:
    table("run", "dice.1", "--quick", "--seeds", "5")

    def rows(*requested: str) -> list[str]:
        return [row["row"] for row in table("list", *requested)["rows"]]

    assert rows("--chapter", "dice") == rows("--domain", "games") == ["dice.1", "dice.2"]
    assert "dice.1" in rows("--status", "confirmed")
    assert "dice.2" in rows("--status", "no check")
    found = table("list", "--chapter", "dice")["counts"]
    assert (found["rows"], found["systems"], found["confirmed"], found["with a mutant"]) == (
        2,
        1,
        1,
        1,
    )
    plain = RUN.invoke(app, ["study", "list", "--chapter", "dice"]).stdout
    assert "2 rows: 1 systems, 1 numbers" in plain
    for wrong in (("--status", "reproduced"), ("--domain", "griid"), ("--chapter", "98")):
        assert ended("list", *wrong) == 2


def test_wrong_input(house: Path) -> None:
    for wrong in (
        ("show", "12.34"),
        ("run", "dice.2"),
        ("check", "dice.1"),
        ("check", "20.8"),
        ("run", "dice.1", "--seeds", "3"),
    ):
        assert ended(*wrong) == 2, wrong
    (house / "checks.py").write_text("def other():\n    pass\n")
    dice.forget()
    assert ended("check", "dice.2") == 2


def test_an_audit_ends_with_a_fault(house: Path) -> None:
    table("run", "dice.1", "--quick", "--seeds", "5")
    assert ended("audit") == 0
    path = house.parents[1] / "outcomes" / "results" / "dice.1.json"
    path.write_text(path.read_text().replace(" --quick", ""))
    ran = RUN.invoke(app, ["study", "audit"])
    assert ran.exit_code == 3
    assert "does not repeat it" in ran.stdout


def test_a_system_that_is_not_there_ends_with_1(house: Path) -> None:
    text = dice.CHECKS.replace("done.code == 0", "done.code != 0")
    (house / "checks.py").write_text(text)
    dice.forget()
    assert ended("check", "dice.2") == 1


LISTED = """
import sys
from ingenium.cli.app import app
app(sys.argv[1:], standalone_mode=False)
heavy = {"torch", "rdkit", "pandapower", "simbench", "scipy", "matplotlib", "sklearn"}
print(sorted(heavy & set(sys.modules)), file=sys.stderr)
print([m for m in sys.modules if ".studies." in m], file=sys.stderr)
"""


@pytest.mark.parametrize("command", [("study", "list"), ("study", "show", "27.1")])
def test_listing_and_showing_import_no_field_and_no_study(command: tuple[str, ...]) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", LISTED, *command], capture_output=True, text=True, check=True
    )
    assert ran.stderr.splitlines()[-2:] == ["[]", "[]"], ran.stderr
