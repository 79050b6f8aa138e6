"""Judgement of folders of files that other tools wrote."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from calling import call

import toy
from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.problem import Problem
from ingenium.domains import open_problem
from ingenium.runs.judged import judge
from ingenium.verbs.verify import judge as judge_into

LIGHT, KNOWN = 40, 3  # beams of one tool, and copies of known ones by the other


@pytest.fixture
def problem(beams: None) -> Problem:
    return open_problem(toy.spec())


@pytest.fixture
def folders(problem: Problem, tmp_path: Path) -> tuple[Path, Path]:
    """Beams by a rule of thumb, with a copy and two files that are none; and known beams."""
    rule, copied = tmp_path / "tools/rule", tmp_path / "tools/copied"
    rng = np.random.default_rng(5)
    for i in range(LIGHT):
        place = rule / f"batch_{i % 2}/beam_{i:03d}.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        beam = {"design": 0, "width_mm": 40.0 + i, "height_mm": 60.0 + 2 * i}
        place.write_text(json.dumps(beam | {"tip_load_n": float(rng.uniform(2e3, 1.9e4))}))
    shutil.copy(rule / "batch_1/beam_039.json", rule / "copy.json")
    (rule / "broken.json").write_text('{"design": 0')
    (rule / "notes.txt").write_text("of no format")
    copied.mkdir()
    problem.formats["beam-json"].write(problem.data().isel({DESIGN: range(KNOWN)}), copied)
    return rule, copied


def by_hand(place: Path) -> bool:
    """Check a beam of 1 m by closed forms: deflection and stress at the tip load."""
    b = json.loads(place.read_text())
    w, h, load = b["width_mm"] / 1e3, b["height_mm"] / 1e3, b["tip_load_n"]
    second_moment = w * h**3 / 12
    return load / (3 * 210e9 * second_moment) <= 0.004 and load * h / 2 / second_moment <= 160e6


def test_each_folder_is_counted_and_what_cannot_be_read_is_listed(
    problem: Problem, folders: tuple[Path, Path]
) -> None:
    known = problem.data()
    found = judge(problem, toy.spec(), folders, known=known)
    rule, copied = found.folders
    truth = [by_hand(p) for p in sorted(folders[0].rglob("beam_*.json"))]
    assert (rule.files, rule.designs) == (LIGHT + 2, LIGHT + 1)
    assert [Path(p).name for p in rule.unreadable] == ["broken.json"]
    assert 0 < sum(truth) < LIGHT
    assert truth[-1], "the copied beam is accepted"
    assert rule.accepted == sum(truth) + 1
    assert rule.distinct == rule.new == sum(truth)
    assert rule.acceptance_low < rule.accepted / rule.designs < rule.acceptance_high
    assert sum(rule.violated.values()) >= rule.rejected > 0
    assert (copied.designs, copied.new) == (KNOWN, 0)
    (again,) = (d for d in found.designs if d.equals)
    assert again.audited.file.endswith("copy.json") or "copy.json" in again.equals


def test_a_report_is_written_whole_and_not_over_another(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "judged"
    found = judge_into(toy.spec(), folders, out)
    rows = list(csv.DictReader((out / "designs.csv").open()))
    assert len(rows) == len(found.designs) + 1
    assert sum(r["verdict"] == "accepted" for r in rows) == found.accepted
    assert json.loads((out / "judged.json").read_text())["problem"] == "toy.cantilever"
    page = (out / "report.html").read_text()
    for said in ("rule", "copied", "broken.json", "Margins"):
        assert said in page
    with pytest.raises(InputError, match="finished"):
        judge_into(toy.spec(), folders[:1], out)


def test_the_command_prints_a_row_for_each_folder(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "judged"
    code, text, errors = call("verify", "toy.cantilever", *folders, "--out", out)
    assert code == 0, errors
    assert str(LIGHT + 2) in text
    code, text, _ = call("verify", "toy.cantilever", folders[1], "--out", out, "--json")
    assert code == 2
    code, text, _ = call(
        "verify", "toy.cantilever", folders[1], "--out", out, "--overwrite", "--json"
    )
    assert json.loads(text)["judged"]["folders"][0]["designs"] == KNOWN


@pytest.mark.parametrize("content", [None, "no beam"])
def test_a_folder_without_a_readable_file_is_refused(
    problem: Problem, tmp_path: Path, content: str | None
) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    if content:
        (folder / "beam.json").write_text(content)
    with pytest.raises(InputError, match="a folder with files of toy"):
        judge(problem, toy.spec(), [folder])
    with pytest.raises(InputError, match="nothing at"):
        judge(problem, toy.spec(), [tmp_path / "nowhere"])
