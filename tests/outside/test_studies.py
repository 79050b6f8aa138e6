"""The studies and checks of a third party's package, as on the page about them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from installation import forget
from typer.testing import CliRunner

from ingenium.cli.app import app
from ingenium_book.results import book_folder
from plugged import outside, plugged

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "own_study.md"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A checkout of the package: its outcomes are next to its pyproject.toml."""
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    with plugged(outside(tmp_path / "src")):
        forget()
        yield tmp_path
    forget()


def ended(*command: str) -> Any:
    ran = CliRunner().invoke(app, [*command, "--json"])
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout)


def test_the_commands_of_the_page_do_what_it_says(installed: Path) -> None:
    commands = re.findall(r"^ingenium (study .*?) *(?:#.*)?$", PAGE.read_text(), re.MULTILINE)
    assert len(commands) >= 4
    for command in commands:
        if "run" not in command or "--quick" in command:  # a full run takes a minute
            ended(*command.split())
    book = book_folder("thin_films")
    assert (book / "results" / "thin_films.1.json").is_file()
    assert (book / "checks" / "thin_films.2.json").is_file()
    rows = ended("study", "list", "--domain", "thin_films")["rows"]
    assert [(r["row"], r["status"]) for r in rows] == [
        ("thin_films.1", "not decided"),  # a single seed has no interval
        ("thin_films.2", "works with gaps"),
    ]


@pytest.mark.slow
def test_the_study_bears_out_its_claim_and_lies_beside_the_project(
    home: Path,
) -> None:
    found = ended("study", "run", "thin_films.1")
    assert found["status"] == "confirmed"
    assert len(found["result"]["values"]["gain"]["by_seed"]) == len(found["result"]["seeds"])
    assert (home / "outcomes" / "results" / "thin_films.1.json").is_file()
    assert ended("study", "audit")["faults"] == []
