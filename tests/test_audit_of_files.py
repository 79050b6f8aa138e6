"""Audits of files besides their verdict: their readers, and repeated designs."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import toy
from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.problem import Problem
from ingenium.domains import open_problem
from ingenium.runs.audit import audit


@pytest.fixture
def problem(beams: None) -> Problem:
    return open_problem(toy.spec())


def written(problem: Problem, form: str, folder: Path, *rows: int) -> list[Path]:
    folder.mkdir(parents=True)
    designs = problem.data().isel({DESIGN: list(rows)})
    return list(problem.formats[form].write(designs, folder).values())


def test_equal_designs_of_two_files_are_said_to_be(problem: Problem, tmp_path: Path) -> None:
    files = written(problem, "beam-json", tmp_path / "own", 0, 1)
    again = shutil.copy(files[0], tmp_path / "again.json")
    found = audit(problem, toy.spec(), [*files, Path(again)])
    assert [d.repeats for d in found.designs] == ["", "", f"design 0 of {files[0].name}"]
    assert found.repeated == 1


def test_a_number_that_comes_twice_is_refused(problem: Problem, tmp_path: Path) -> None:
    first, second = written(problem, "beam-json", tmp_path / "own", 0, 1)
    table = json.loads(second.read_text())
    second.write_text(json.dumps(table | {"design": json.loads(first.read_text())["design"]}))
    with pytest.raises(InputError, match="numbers of their own"):
        audit(problem, toy.spec(), [first.parent])


def test_where_a_format_refuses_its_own_file_no_other_is_tried(
    problem: Problem, tmp_path: Path
) -> None:
    """The table of the spoiled beam is intact, but does not describe the beam."""
    (file,) = written(problem, "beam-json", tmp_path / "own", 0)
    (table,) = written(problem, "beam-csv", tmp_path / "other", 0)
    shutil.copy(table, file.parent)
    found = audit(problem, toy.spec(), [file.parent])
    assert [d.format for d in found.designs] == ["beam-json"]
    file.write_text("{")
    with pytest.raises(InputError, match="beam-json: "):
        audit(problem, toy.spec(), [file.parent])
    (named,) = audit(problem, toy.spec(), [file.parent / table.name]).designs
    assert named.format == "beam-csv"
    assert np.isfinite(named.measured["mass_kg"]["value"])
