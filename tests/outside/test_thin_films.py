"""A package of somebody else has what ours have; what changes in it is made anew and named."""

import importlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingenium import domains, propose, replay
from ingenium.core import provenance
from ingenium.core.errors import InputError
from ingenium.core.evidence import read
from ingenium.core.problem import Problem
from ingenium.core.spec import Select, Spec
from ingenium.testing import ProblemContract, opened
from plugged import distribution, plugged

HERE = Path(__file__).parent
NAME = "thin_films"
ASKED = Spec(problem="thin_films.coating", select=Select(keep="verified", count=2))


def forget() -> None:
    """As in a new process: nothing of the package is imported, and no digest of it is known."""
    for name in [m for m in sys.modules if m.partition(".")[0] == NAME]:
        del sys.modules[name]
    importlib.invalidate_caches()
    domains.load.cache_clear()
    provenance._package_digest.cache_clear()
    opened.cache_clear()


def install(site: Path) -> Path:
    """The package in a folder of its own, as an installer leaves it."""
    shutil.copytree(HERE / NAME, site / NAME, ignore=shutil.ignore_patterns("__pycache__"))
    return distribution(site, "thin-films", {NAME: f"{NAME}:DOMAIN"})


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with plugged(install(tmp_path_factory.mktemp("site"))) as site:
        forget()
        yield site / NAME
    forget()


@pytest.fixture
def edited(tmp_path: Path) -> Iterator[Path]:
    """An installation to be edited."""
    with plugged(install(tmp_path / "site")) as site:
        forget()
        yield site / NAME
    forget()


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))
    forget()


@pytest.mark.usefixtures("installed")
class TestCoating(ProblemContract):
    problem_name = "thin_films.coating"


def opened_now() -> Problem:
    return domains.open_problem(ASKED)


def test_it_is_listed_without_being_imported(installed: Path) -> None:
    forget()
    (found,) = (d for d in domains.listing() if d.name == NAME)
    assert found.fault is None
    assert [name for name, _ in found.problems] == ["thin_films.coating"]
    assert f"{NAME}.coating" not in sys.modules
    assert domains.load(NAME).studies == "thin_films.studies"
    assert importlib.util.find_spec(domains.load(NAME).studies) is not None


def test_a_changed_codec_is_fitted_anew_and_replay_says_why(edited: Path, tmp_path: Path) -> None:
    """It took a model of the old encoding, and said that a file had been altered."""
    first = propose(ASKED, 20, 1, tmp_path / "first")
    assert propose(ASKED, 20, 2, tmp_path / "again").record["model"]["from_cache"]
    assert replay(first.folder, 0).holds
    edit(edited / "coating.py", "spread: float = 0.5", "spread: float = 0.125")
    second = propose(ASKED, 20, 1, tmp_path / "second")
    assert not second.record["model"]["from_cache"]
    assert second.summary.accepted == first.summary.accepted  # a scale is nothing to a copula
    (record,) = (r for r in read(first.folder / "evidence.jsonl") if r["design"] == 0)
    found = replay(first.folder, 0)
    assert not found.holds
    assert found.reasons == (
        "the code of thin_films.coating, in its own package, is not that of the run",
    )
    assert record["package"] != read(second.folder / "evidence.jsonl")[0]["package"]


def test_a_model_that_does_not_fit_any_more_is_not_called_altered(
    edited: Path, tmp_path: Path
) -> None:
    first = propose(ASKED, 20, 1, tmp_path / "first")
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
