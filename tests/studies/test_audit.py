"""No status but by a result that a study wrote and that follows from what it measured."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ingenium.studies.registry import STUDIES
from ingenium.studies.rules import Part
from typer.testing import CliRunner

from ingenium.cli.app import app
from ingenium.core.errors import CorruptError
from ingenium.evaluate.intervals import Interval
from ingenium.studies import results
from ingenium.studies.book import claims
from ingenium.studies.book.audit import faults
from ingenium.studies.book.claims import Claim, Stated
from ingenium.studies.study import Budget, Measured, Study, Watch

ROOT = Path(__file__).parents[2]
PARTS = (Part("gain", "better", "%", at_least=10.0), Part("cost", "dearer", "%", at_most=5.0))


def measured(budget: Budget, watch: Watch) -> Measured:
    values = {"gain": Interval(20.0, 15.0, 30.0), "cost": Interval(7.0, 6.0, 8.0)}
    return Measured(values, {"baseline": Interval(1.0, 0.5, 1.5)}, "sha256:data")


@pytest.fixture
def study(tmp_path: Path) -> Study:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "engine.py").write_text("answer = 42\n")
    texts = dict.fromkeys(("title", "claim", "claimed", "protocol", "budget"), "none")
    return Study(
        row="99.1",
        chapter="99 Tests",
        **texts,
        parts=PARTS,
        headline="gain",
        measure=measured,
        depends=("engine.py",),
        source=tmp_path / "source",
    )


@pytest.fixture
def folder(study: Study, tmp_path: Path) -> Path:
    made = study.run(study.seeds(None, quick=False), quick=False, folder=tmp_path / "parts")
    results.keep(made, tmp_path / "results")
    return tmp_path / "results"


def found(folder: Path, study: Study) -> str:
    rows = {"99.1": Claim("99.1", "A", "data", "B", "C", Stated.READER)}
    return "\n".join(faults(folder, {study.row: study}, rows))


def edited(folder: Path, change: Callable[[dict[str, Any]], Any], *, seal: bool) -> None:
    path = folder / "99.1.json"
    table = json.loads(path.read_text())
    change(table)
    path.write_text(json.dumps(results.sealed(table) if seal else table))


def test_every_result_of_the_book_holds_up() -> None:
    studies = {study.row: study for study in STUDIES}
    assert faults(ROOT / "studies" / "results", studies, claims.claims()) == ()


def test_what_a_study_wrote_has_no_fault(study: Study, folder: Path) -> None:
    assert found(folder, study) == ""
    assert json.loads((folder / "99.1.json").read_text())["status"] == "partly"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda t: t.update(status="reproduced"), "by the rule the values say partly"),
        (lambda t: t.update(status="not testable here"), "by the rule"),
        (lambda t: t["outcomes"].update(cost="holds"), "do not follow from the values: cost"),
        (lambda t: t["values"]["cost"].update(low=1.0, high=2.0), "do not follow"),
        (lambda t: t["values"].pop("cost"), "none for cost"),
        (lambda t: t["values"].update(more=t["values"]["gain"]), "no part of the claim: more"),
        (lambda t: t.update(seeds=[0, 1]), "at least 5 seeds"),
        (lambda t: t.update(command="true"), "does not repeat it"),
        (lambda t: t.update(row="99.2"), "of row 99.2"),
        (lambda t: t.update(judged="by hand"), "is not a result of a study"),
    ],
)
def test_what_does_not_follow_is_found_even_when_sealed_again(
    study: Study, folder: Path, change: Callable[[dict[str, Any]], Any], named: str
) -> None:
    edited(folder, change, seal=True)
    assert named in found(folder, study)


def test_a_result_that_was_edited_or_never_sealed_is_refused(study: Study, folder: Path) -> None:
    edited(folder, lambda t: t.update(seconds=1.0), seal=False)
    assert "was changed after it was written" in found(folder, study)
    with pytest.raises(CorruptError, match="was changed"):
        results.read("99.1", folder)
    edited(folder, lambda t: t.pop("seal"), seal=False)
    assert "has no seal" in found(folder, study)


def test_a_result_of_no_row_or_of_no_study_is_refused(study: Study, folder: Path) -> None:
    (folder / "99.7.json").write_text((folder / "99.1.json").read_text())
    assert "99.7.json: no row of the reference" in found(folder, study)
    other = {"99.1": replace(study, row="99.7")}
    assert faults(folder, {}, {"99.1": Claim("99.1", "A", "data", "B", "C", Stated.READER)})
    assert "stands for no row" in "\n".join(faults(folder / "none", {"99.7": other["99.1"]}, {}))


def test_what_is_not_testable_needs_the_reason_of_its_study(study: Study, folder: Path) -> None:
    shut = replace(study, measure=None, untestable="data: There are none.", parts=())
    assert "cannot be partly" in found(folder, shut)
    results.keep(shut.run(tuple(range(5)), quick=False, folder=folder), folder)
    assert found(folder, shut) == ""
    assert "not give the reason" in found(folder, replace(shut, untestable="data: Others."))
    assert "by the rule" in found(folder, study) or "none for" in found(folder, study)


def test_the_command_ends_with_a_fault(
    folder: Path, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = {"99.1": Claim("99.1", "A", "data", "B", "C", Stated.READER)}
    monkeypatch.setattr("ingenium.studies.registry.STUDIES", (study,))
    monkeypatch.setattr(claims, "claims", lambda: rows)
    monkeypatch.setattr(results, "results_folder", lambda: folder)
    assert CliRunner().invoke(app, ["study", "check"]).exit_code == 0
    edited(folder, lambda t: t.update(status="reproduced"), seal=True)
    ended = CliRunner().invoke(app, ["study", "check"])
    assert ended.exit_code == 3
    assert "by the rule" in ended.stdout
