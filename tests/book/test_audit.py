"""A status needs an outcome of a study or check, and each item that was agreed an answer."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import dice
import pytest

from ingenium.cli.app import app
from ingenium_book import check, claims, results
from ingenium_book.audit import faults, stored
from ingenium_book.study import Study
from ingenium_book.verdicts import AgreedItem, Built
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


def edited(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    table = json.loads(path.read_text())
    change(table)
    path.write_text(json.dumps(table))


def test_every_outcome_of_the_book_holds_up() -> None:
    assert faults(ROOT / "book" / "outcomes", claims.claims()) == ()
    assert stored(ROOT / "book" / "outcomes")


def test_what_was_written_has_no_fault(folder: Path) -> None:
    assert found(folder) == ""
    assert len(stored(folder)) == 2


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda t: t.update(verdict="confirmed"), "is not a result of a study"),
        (lambda t: t["values"]["gain"].update(by_seed=[1.0, 2.0]), "not by its seeds: gain"),
        (lambda t: t.update(main="gain: at least 5"), "does not say why it changed"),
        (lambda t: t["values"].pop("throws"), "none for throws"),
        (lambda t: t.update(seeds=[0, 1]), "at least 5 seeds"),
        (lambda t: t.update(command="true"), "does not repeat it"),
        (lambda t: t.update(row="dice.2"), "of row dice.2"),
        (lambda t: t.update(judged="by hand"), "is not a result of a study"),
    ],
)
def test_a_result_that_does_not_hold_up_is_found(
    folder: Path, change: Callable[[dict[str, Any]], Any], named: str
) -> None:
    edited(folder / "results" / "dice.1.json", change)
    assert named in found(folder)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda t: t.update(built="works"), "not the outcome of a check"),
        (lambda t: t.update(findings=[]), 'answered by "it holds domains", which is not there'),
        (lambda t: t.update(row="dice.1"), "of row dice.1"),
        (lambda t: t.update(more=1), "not the outcome of a check"),
    ],
)
def test_a_check_that_does_not_hold_up_is_found(
    folder: Path, change: Callable[[dict[str, Any]], Any], named: str
) -> None:
    edited(folder / "checks" / "dice.2.json", change)
    assert named in found(folder)


def test_what_was_agreed_needs_an_answer(folder: Path) -> None:
    known = dict(claims.claims())
    for row, words in (("dice.1", "throws"), ("dice.2", "it holds domains")):
        for by, named in (((), "nothing answers it"), (("x",), 'by "x", which is not there')):
            known[row] = replace(claims.claims()[row], acceptance=(AgreedItem("all", by),))
            assert named in "\n".join(faults(folder, known))
        for good in ((words,), ("untested",)):
            known[row] = replace(claims.claims()[row], acceptance=(AgreedItem("all", good),))
            assert faults(folder, known) == ()


def test_an_outcome_of_no_row_or_of_the_wrong_kind_is_refused(folder: Path) -> None:
    (folder / "results" / "99.7.json").write_text("{}")
    (folder / "results" / "dice.2.json").write_text("{}")
    (folder / "checks" / "99.8.json").write_text("{}")
    said = found(folder)
    assert "results/99.7.json: no row" in said
    assert "results/dice.2.json: no study of this row" in said
    assert "checks/99.8.json: no row" in said
    (folder / "checks" / "dice.2.json").rename(folder / "checks" / "dice.1.json")
    assert "the row has no check" in found(folder)


def test_a_check_shows_its_commands_and_its_picture(folder: Path) -> None:
    outcome = check.read("dice.2", folder / "checks")
    assert outcome is not None
    assert check.verdict(claims.claims()["dice.2"], outcome).status is Built.GAPS
    assert outcome.commands == ("ingenium list",)
    assert [f.holds for f in outcome.findings] == [True, True, False]
    assert (folder / "checks" / "dice.2.png").read_bytes().startswith(b"\x89PNG")
