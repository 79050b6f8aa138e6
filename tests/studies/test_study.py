"""Studies run, are kept, and are known to be stale."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from ingenium.studies.rules import Outcome, Part, Status
from typer.testing import CliRunner

from ingenium.cli.app import app
from ingenium.core.errors import CorruptError, InputError
from ingenium.evaluate.intervals import Interval
from ingenium.loop import Watch, silent
from ingenium.studies import registry, results
from ingenium.studies.book import claims
from ingenium.studies.book.claims import Chapter, Claim, Stated
from ingenium.studies.study import CORE, SOURCE, Budget, Measured, Study

PART = Part("gain", "better", "%", at_least=10.0)


def gain_of_twenty(budget: Budget, watch: Watch) -> Measured:
    watch("measure", 0, 1)
    value = 20.0 + len(budget.seeds)
    beside = {"unknown": Interval(1.0, math.nan, math.nan)}
    return Measured({"gain": Interval(value, 15.0, 30.0)}, beside, "sha256:data", ("a note",))


@pytest.fixture
def study(tmp_path: Path) -> Study:
    source = tmp_path / "source"
    (source / "field").mkdir(parents=True)
    (source / "field" / "engine.py").write_text("answer = 42\n")
    return Study(
        row="99.1",
        chapter="99 Tests",
        title="A claim",
        claim="It gains 10 %.",
        claimed="10 %",
        protocol="Measure it.",
        budget="none",
        parts=(PART,),
        headline="gain",
        measure=gain_of_twenty,
        depends=("field",),
        source=source,
    )


def test_a_result_says_all_and_comes_back(study: Study, tmp_path: Path) -> None:
    made = study.run(study.seeds(None, quick=False), quick=False, folder=tmp_path / "parts")
    assert made.status is Status.REPRODUCED
    assert made.outcomes == {"gain": Outcome.HOLDS}
    assert made.values["gain"].value == 25.0
    assert made.seeds == (0, 1, 2, 3, 4)
    assert made.command == "ingenium study run 99.1 --seeds 5"
    assert {"ingenium", "python", "torch"} <= set(made.versions)
    assert results.keep(made, tmp_path)
    json.loads((tmp_path / "99.1.json").read_text(), parse_constant=pytest.fail)
    again = results.read("99.1", tmp_path)
    assert again is not None
    assert math.isnan(again.beside["unknown"].low)
    assert replace(again, beside=made.beside) == made


def test_a_full_result_is_not_overwritten_by_a_quick_one(study: Study, tmp_path: Path) -> None:
    quick = study.run((0,), quick=True, folder=tmp_path / "parts")
    full = study.run(tuple(range(6)), quick=False, folder=tmp_path / "parts")
    assert results.keep(quick, tmp_path)
    assert results.keep(full, tmp_path)
    assert not results.keep(quick, tmp_path)
    kept = results.read("99.1", tmp_path)
    assert kept is not None
    assert not kept.quick
    assert len(kept.seeds) == 6
    assert results.keep(replace(full, seconds=1.0), tmp_path)


def test_a_result_is_stale_when_its_source_changes(study: Study, tmp_path: Path) -> None:
    made = study.run((0,), quick=True, folder=tmp_path / "parts")
    assert not results.stale(study, made)
    (study.source / "other.py").write_text("not what it rests on\n")
    assert not results.stale(study, made)
    (study.source / "field" / "engine.py").write_text("answer = 43\n")
    assert results.stale(study, made)


def test_a_full_study_has_five_seeds(study: Study, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least 5 seeds"):
        study.seeds(4, quick=False)
    with pytest.raises(InputError, match="at least 5 seeds"):
        study.run((0,), quick=False, folder=tmp_path)


def test_what_cannot_be_tested_says_why(study: Study, tmp_path: Path) -> None:
    closed = replace(study, measure=None, untestable="There are no public data.")
    made = closed.run((0,), quick=True, folder=tmp_path)
    assert made.status is Status.NOT_TESTABLE
    assert made.notes == ("There are no public data.",)
    with pytest.raises(InputError, match="a measurement, or the reason"):
        replace(study, untestable="a reason too many")


def test_parts_of_a_stopped_study_are_kept_and_those_of_a_finished_one_are_not(
    study: Study, tmp_path: Path
) -> None:
    def stopped(budget: Budget, watch: Watch) -> Measured:
        budget.folder.mkdir(parents=True, exist_ok=True)
        (budget.folder / "part").touch()
        if len(list(budget.folder.iterdir())) == 1:
            (budget.folder / "second").touch()
            raise KeyboardInterrupt
        return gain_of_twenty(budget, watch)

    own = replace(study, measure=stopped)
    with pytest.raises(KeyboardInterrupt):
        own.run((0,), quick=True, folder=tmp_path / "parts", watch=silent)
    assert len(list((tmp_path / "parts").rglob("part"))) == 1
    assert own.run((0,), quick=True, folder=tmp_path / "parts").status is Status.REPRODUCED
    assert not list((tmp_path / "parts").rglob("part"))


def test_a_damaged_result_is_named(tmp_path: Path) -> None:
    (tmp_path / "99.1.json").write_text('{"row": "99.1"}')
    with pytest.raises(CorruptError, match=r"99\.1\.json"):
        results.read("99.1", tmp_path)


def test_unknown_rows_get_near_ones() -> None:
    with pytest.raises(InputError, match=r'"27\.15?"'):
        registry.find("27.115")
    with pytest.raises(InputError, match="none yet"):
        registry.find("18.1")


def test_a_result_is_stale_when_data_in_its_source_change(study: Study, tmp_path: Path) -> None:
    data = study.source / "field" / "known.npz"
    data.write_bytes(b"one")
    made = study.run((0,), quick=True, folder=tmp_path / "parts")
    assert not results.stale(study, made)
    data.write_bytes(b"two")
    assert results.stale(study, made)
    assert not results.stale(study, replace(made, shipped=""))  # written before it was known


def test_a_result_is_stale_when_what_judges_changes(study: Study, tmp_path: Path) -> None:
    judge = study.source / "core" / "verdict.py"
    judge.parent.mkdir()
    judge.write_text("one = 1\n")
    made = study.run((0,), quick=True, folder=tmp_path / "parts")
    assert not results.stale(study, made)
    judge.write_text("one = 2\n")
    assert results.stale(study, made)
    assert not results.stale(study, replace(made, core=""))  # written before it was known


def test_the_core_that_judges_is_there() -> None:
    assert all((SOURCE / "core" / f"{name}.py").is_file() for name in CORE)


@pytest.fixture
def book(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "book"
    tests = Claim("99.1", "A claim", "data", "It gains.", "10 %", Stated.CHAPTER, caution="Wrong.")
    other = Claim("99.2", "Another", "grid", "It also gains.", "more", Stated.READER)
    monkeypatch.setattr(claims, "chapters", lambda: (Chapter(99, "Tests", (tests, other)),))
    monkeypatch.setattr(registry, "STUDIES", (study,))
    monkeypatch.setattr(results, "results_folder", lambda: folder)
    return folder


def table(*command: str) -> dict:
    ran = CliRunner().invoke(app, ["study", *command, "--json"])
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout)


def test_the_book_at_the_command_line(study: Study, book: Path) -> None:
    before, _ = table("list")["rows"]
    assert (before["status"], before["run"], before["stale"]) == ("not yet", "", False)
    ran = table("run", "99.1", "--quick")
    assert ran["result"]["status"] == "reproduced"
    assert (book / "99.1.json").is_file()
    (study.source / "field" / "engine.py").write_text("answer = 43\n")
    after, _ = table("list")["rows"]
    assert (after["status"], after["run"], after["stale"]) == ("reproduced", "quick", True)
    assert after["value"]["value"] == 21.0
    assert table("show", "99.1")["parts"][0]["bound"] == "at least 10 %"
    plain = CliRunner().invoke(app, ["study", "list"])
    assert "stale" in plain.stdout
    assert "reproduced" in plain.stdout
    assert "15 to 30 %" in CliRunner().invoke(app, ["study", "show", "99.1"]).stdout


def test_rows_are_filtered_and_counted(study: Study, book: Path) -> None:
    table("run", "99.1", "--quick")

    def rows(*asked: str) -> list[str]:
        return [row["row"] for row in table("list", *asked)["rows"]]

    assert rows() == rows("--chapter", "99") == ["99.1", "99.2"]
    assert rows("--domain", "data") == rows("--status", "reproduced") == ["99.1"]
    assert rows("--status", "not yet") == rows("--domain", "grid") == ["99.2"]
    assert rows("--stale") == []
    (study.source / "field" / "engine.py").write_text("answer = 43\n")
    assert rows("--stale") == ["99.1"]
    found = table("list")["counts"]
    assert (found["rows"], found["reproduced"], found["not yet"], found["stale"]) == (2, 1, 1, 1)
    plain = CliRunner().invoke(app, ["study", "list"]).stdout
    assert "2 rows, 1 with a study: 1 reproduced, 1 not yet, 1 stale" in plain
    assert "Another" not in plain
    assert "Another" in CliRunner().invoke(app, ["study", "list", "--all"]).stdout
    for wrong in (("--status", "done"), ("--domain", "griid"), ("--chapter", "98")):
        assert CliRunner().invoke(app, ["study", "list", *wrong]).exit_code == 2


def test_a_row_without_a_study_is_shown_and_cannot_be_run(book: Path) -> None:
    shown = CliRunner().invoke(app, ["study", "show", "99.2"]).stdout
    assert "more (a check set for the row)" in shown
    assert "No study yet" in shown
    assert table("show", "99.2")["study"] is None
    assert "Caution" in CliRunner().invoke(app, ["study", "show", "99.1"]).stdout
    assert CliRunner().invoke(app, ["study", "run", "99.2"]).exit_code == 2


def test_wrong_input_at_the_command_line(book: Path) -> None:
    assert CliRunner().invoke(app, ["study", "show", "12.34"]).exit_code == 2
    assert CliRunner().invoke(app, ["study", "run", "99.1", "--seeds", "3"]).exit_code == 2


def test_every_study_of_the_engine_names_its_source_and_parts() -> None:
    rows = [study.row for study in registry.STUDIES]
    assert rows == sorted(set(rows), key=lambda row: [int(x) for x in row.split(".")])
    for own in registry.STUDIES:
        assert own.code().startswith("sha256:")
        if own.measure is None:
            continue
        assert f"studies/{own.measure.__module__.rpartition('.')[2]}.py" in own.depends
