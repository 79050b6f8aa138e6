"""A study of somebody else's package is found, run, kept and audited as ours are."""

import json
from pathlib import Path
from typing import Any

import pytest
from installation import NAME, forget
from typer.testing import CliRunner

from ingenium.cli.app import app
from ingenium.studies import closure
from ingenium.studies.book import claims
from plugged import outside, plugged

ROW = "thin_films.1"


def table(*command: str) -> Any:
    ran = CliRunner().invoke(app, ["study", *command, "--json"])
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout)


@pytest.fixture
def home(tmp_path: Path) -> Any:
    """A checkout of the package: beside its pyproject.toml lie its results."""
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    with plugged(outside(tmp_path / "src")):
        forget()
        claims.chapters.cache_clear()
        yield tmp_path
    forget()
    claims.chapters.cache_clear()
    closure.forget()


def test_a_study_of_the_package_is_run_and_kept(home: Path) -> None:
    (before,) = table("list", "--domain", NAME)["rows"]
    assert (before["row"], before["status"]) == (ROW, "not decided")
    ran = table("run", ROW, "--quick", "--seeds", "3")
    assert ran["status"] == "confirmed"
    kept = home / "studies" / "results" / f"{ROW}.json"
    assert kept.is_file()
    assert table("audit")["faults"] == []
    assert json.loads(kept.read_text())["row"] == ROW
