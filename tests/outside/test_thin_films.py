"""A third party's package has all that ours have; its changes are recomputed and named."""

import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
from installation import NAME, forget

from ingenium import domains, propose, replay
from ingenium.core import provenance
from ingenium.core.errors import InputError
from ingenium.core.evidence import read
from ingenium.core.problem import Problem
from ingenium.core.spec import GeneratorChoice, Select, Spec, parse
from plugged import outside, plugged

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "own_domain.md"
REQUESTED = Spec(problem="thin_films.coating", select=Select(export="verified", count=2))


@pytest.fixture
def edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installation to be edited, with a cache that knows no earlier edit."""
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path / "cache"))
    with plugged(outside(tmp_path / "site")) as site:
        forget()
        yield site / NAME
    forget()


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))
    forget()


def opened_now() -> Problem:
    return domains.open_problem(REQUESTED)


def test_it_is_listed_without_being_imported(edited: Path) -> None:
    (found,) = (d for d in domains.listing() if d.name == NAME)
    assert found.fault is None
    assert [name for name, _ in found.problems] == ["thin_films.coating"]
    assert f"{NAME}.coating" not in sys.modules
    assert domains.load(NAME).studies == "thin_films.studies"
    assert find_spec(domains.load(NAME).studies) is not None


def test_a_changed_codec_is_fitted_anew_and_replay_says_why(edited: Path, tmp_path: Path) -> None:
    """The old bug: a model of the old encoding was used, and a file reported as altered."""
    first = propose(REQUESTED, 20, 1, tmp_path / "first")
    assert propose(REQUESTED, 20, 2, tmp_path / "again").record["model"]["from_cache"]
    assert replay(first.folder, 0).reproduced
    edit(edited / "coating.py", "self.variables))", "self.variables), logs=(0,))")
    second = propose(REQUESTED, 20, 1, tmp_path / "second")
    assert not second.record["model"]["from_cache"]
    (record,) = (r for r in read(first.folder / "evidence.jsonl") if r["design"] == 0)
    found = replay(first.folder, 0)
    assert not found.reproduced
    assert found.reasons == (
        "the code of thin_films.coating, in its own package, is not that of the run",
    )
    assert record["package"] != read(second.folder / "evidence.jsonl")[0]["package"]


def test_a_family_of_the_package_is_asked_for_by_name_and_fitted_anew_when_it_changes(
    edited: Path, tmp_path: Path
) -> None:
    requested = replace(REQUESTED, generator=GeneratorChoice(family="gaussian", steps=50))
    first = propose(requested, 20, 1, tmp_path / "first")
    assert first.record["model"]["family"] == "gaussian"
    assert replay(first.folder, 0).reproduced
    assert propose(requested, 20, 2, tmp_path / "again").record["model"]["from_cache"]
    (edited / "gaussian.py").write_text((edited / "gaussian.py").read_text() + "# another day\n")
    forget()
    assert not propose(requested, 20, 1, tmp_path / "anew").record["model"]["from_cache"]


def test_a_model_that_does_not_fit_any_more_is_not_called_altered(
    edited: Path, tmp_path: Path
) -> None:
    first = propose(REQUESTED, 20, 1, tmp_path / "first")
    edit(edited / "coating.py", "pairs: int = 2", "pairs: int = 3")
    with pytest.raises(InputError, match=r"the code of thin_films\.coating that made the run"):
        replay(first.folder, 0)


def test_what_decides_nothing_changes_no_digest(edited: Path) -> None:
    before = provenance.package_digest(opened_now())
    (edited / "README.md").write_text("# Thin films\n")
    (edited / "studies" / "mirror.py").write_text('"""A study."""\n')
    forget()
    assert provenance.package_digest(opened_now()) == before


@pytest.mark.parametrize("how", ["engine", "data", "version", "kit"])
def test_what_decides_something_changes_the_digest(how: str, edited: Path) -> None:
    before = provenance.package_digest(opened_now())
    if how == "engine":
        edit(edited / "engine.py", "AIR = 1.0", "AIR = 1.0003")
    elif how == "data":
        (edited / "indices.csv").write_text("glass,1.52\n")
    elif how == "version":
        about = edited.parent / "thin_films-0.1.dist-info" / "METADATA"
        about.write_text(about.read_text().replace("Version: 0.1", "Version: 0.2"))
    else:
        edit(edited / "engine.py", "AIR = 1.0", "AIR = 1.0  # ingenium.kits.solids")
    forget()
    assert provenance.package_digest(opened_now()) != before


@pytest.mark.slow
def test_the_spec_of_the_page_gives_what_the_page_says(edited: Path, tmp_path: Path) -> None:
    text = PAGE.read_text()
    (requested,) = re.findall(r"```toml\n(problem = .*?)```", text, re.DOTALL)
    steered, plain = map(int, re.findall(r"(\d+) of 100 coatings.*?, and (\d+)", text)[0])
    table = tomllib.loads(requested)
    found = propose(parse(table, Spec, "page"), 100, 3, tmp_path / "steered").summary.accepted
    assert found == pytest.approx(steered, abs=5)
    del table["generator"]
    found = propose(parse(table, Spec, "page"), 100, 3, tmp_path / "plain").summary.accepted
    assert found == pytest.approx(plain, abs=5)
