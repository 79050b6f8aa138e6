"""A status needs an outcome written by a study or check, and follows from its contents."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dice
import pytest

from ingenium.cli.app import app
from ingenium.core.errors import CorruptError
from ingenium_book import check, claims, results
from ingenium_book.audit import faults, stored
from ingenium_book.study import Study
from ingenium_book.verdicts import Built
from ingenium_book.within import within

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A book with a result and a check, shared by all tests."""
    home = tmp_path_factory.mktemp("house")
    with dice.installed(home):
        known = claims.claims()
        made = Study(known["dice.1"]).run(None, quick=False, folder=home / "pieces")
        results.store(made, home / "book" / "results")
        with within(app) as commands:
            check.run(known["dice.2"], commands, home / "book" / "checks")
        yield home / "book"


@pytest.fixture
def folder(book: Path, tmp_path: Path) -> Path:
    """A copy of the book, to be spoiled."""
    return Path(shutil.copytree(book, tmp_path / "book"))


def found(folder: Path) -> str:
    return "\n".join(faults(folder, claims.claims()))


def edited(path: Path, change: Callable[[dict[str, Any]], Any], *, seal: bool = True) -> None:
    table = json.loads(path.read_text())
    change(table)
    path.write_text(json.dumps(results.sealed(table) if seal else table))


def test_every_outcome_of_the_book_holds_up() -> None:
    assert faults(ROOT / "book" / "outcomes", claims.claims()) == ()
    assert stored(ROOT / "book" / "outcomes")


def test_what_was_written_has_no_fault(folder: Path) -> None:
    assert found(folder) == ""
    assert len(stored(folder)) == 2


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda t: t.update(verdict="refuted"), "by the rule the values say confirmed"),
        (lambda t: t.update(verdict="reproduced"), "is not a result of a study"),
        (lambda t: t["values"]["gain"]["interval"].update(low=-1.0), "say consistent"),
        (lambda t: t["values"]["gain"].update(by_seed=[1.0, 2.0]), "not by its seeds: gain"),
        (lambda t: t.update(canary=None), "no canary, and"),
        (lambda t: t["values"].pop("throws"), "none for throws"),
        (lambda t: t.update(seeds=[0, 1]), "at least 5 seeds"),
        (lambda t: t.update(command="true"), "does not repeat it"),
        (lambda t: t.update(row="dice.2"), "of row dice.2"),
        (lambda t: t.update(judged="by hand"), "is not a result of a study"),
    ],
)
def test_a_result_that_does_not_follow_is_found_even_when_sealed_again(
    folder: Path, change: Callable[[dict[str, Any]], Any], named: str
) -> None:
    edited(folder / "results" / "dice.1.json", change)
    assert named in found(folder)


def test_a_forged_control_alone_refutes_nothing(folder: Path) -> None:
    """The interval must lie on the other side too, and the losses must be flat."""
    path = folder / "results" / "dice.1.json"
    one = {"value": 1.0, "low": 0.5, "high": 1.5}
    given = {"over_nearest": one, "over_random": one, "half_loss": 1.0, "full_loss": 1.0}
    edited(path, lambda t: t.update(control=given, verdict="refuted"))
    assert "say confirmed" in found(folder)
    low = {"value": 0.1, "low": 0.0, "high": 0.2}
    edited(path, lambda t: t["values"]["gain"].update(interval=low))
    assert found(folder) == ""
    edited(path, lambda t: t["control"].update(full_loss=0.5))
    assert "say not reached here" in found(folder)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda t: t.update(built="works"), "its findings say works with gaps"),
        (lambda t: t["findings"][0].update(holds=False), "its findings say not built"),
        (lambda t: t.update(findings=[]), "its findings say not built"),
        (lambda t: t.update(row="dice.1"), "of row dice.1"),
        (lambda t: t.update(picture="sha256:0"), "not the picture"),
        (lambda t: t.update(more=1), "not the outcome of a check"),
    ],
)
def test_a_check_that_does_not_follow_is_found_even_when_sealed_again(
    folder: Path, change: Callable[[dict[str, Any]], Any], named: str
) -> None:
    edited(folder / "checks" / "dice.2.json", change)
    assert named in found(folder)


def test_what_was_edited_or_never_sealed_is_refused(folder: Path) -> None:
    for path in stored(folder):
        edited(path, lambda t: t.update(seconds=1.0), seal=False)
    assert found(folder).count("was changed after it was written") == 2
    with pytest.raises(CorruptError, match="was changed"):
        results.read("dice.1", folder / "results")
    for path in stored(folder):
        edited(path, lambda t: t.pop("seal"), seal=False)
    assert found(folder).count("is not a sealed outcome") == 2


def test_an_outcome_of_no_row_or_of_the_wrong_kind_is_refused(folder: Path) -> None:
    (folder / "results" / "99.7.json").write_text("{}")
    (folder / "results" / "dice.2.json").write_text("{}")
    (folder / "checks" / "99.8.json").write_text("{}")
    said = found(folder)
    assert "results/99.7.json: no row" in said
    assert "results/dice.2.json: no study of this row" in said
    assert "checks/99.8.json: no row" in said
    (folder / "checks" / "dice.2.json").rename(folder / "checks" / "dice.1.json")
    (folder / "checks" / "dice.2.png").rename(folder / "checks" / "dice.1.png")
    assert "the row has no check" in found(folder)


def test_a_check_shows_its_commands_and_its_picture(folder: Path) -> None:
    outcome = check.read("dice.2", folder / "checks")
    assert outcome is not None
    assert outcome.built is Built.GAPS
    assert outcome.commands == ("ingenium list",)
    assert [f.holds for f in outcome.findings] == [True, True, False]
    assert (folder / "checks" / "dice.2.png").read_bytes().startswith(b"\x89PNG")
    (folder / "checks" / "dice.2.png").write_bytes(b"another")
    assert "not the picture" in found(folder)
