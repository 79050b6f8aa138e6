"""Domains are found by name, listed without their requirements, and errors name their source."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import toy
from ingenium import domains
from ingenium.core.domain import Domain, Offer
from ingenium.core.errors import EngineError, InputError, MissingExtra
from ingenium.core.spec import Spec
from plugged import distribution, plugged

MISNAMED = (
    "from ingenium.core.domain import Domain, Offer\n"
    'OFFER = Offer("toy:Cantilever", "Beams of another name")\n'
    'DOMAIN = Domain("beams", "Beams", __name__, {"cantilever": OFFER})\n'
)


@pytest.fixture
def misnamed(tmp_path: Path) -> Iterator[None]:
    """A third party's domain, with a problem under another one's name."""
    (tmp_path / "beams_misnamed.py").write_text(MISNAMED)
    with plugged(distribution(tmp_path, "toy-beams", {"beams": "beams_misnamed:DOMAIN"})):
        yield


def test_who_asks_for_it_hears_whose_fault_it_is(misnamed: None) -> None:
    with pytest.raises(EngineError, match=r'of the package beams_misnamed .*"beams\.cantilever"'):
        domains.open_problem(Spec(problem="beams.cantilever"))
    with pytest.raises(InputError, match=r'Write "beams\.cantilever"'):
        domains.open_problem(Spec(problem="beams.cantilver"))


def test_every_problem_here_is_what_it_is_offered_as() -> None:
    for name in domains.own():
        for key, offer in domains.load(name).problems.items():
            kind = domains.problem_class(f"{name}.{key}")
            assert (kind.name, kind.summary) == (f"{name}.{key}", offer.summary)


@pytest.mark.parametrize("at", ["toy", "toy:", ":Cantilever"])
def test_an_offer_says_where_its_class_lies(at: str) -> None:
    with pytest.raises(InputError, match='Write Offer\\("module:Class"'):
        Domain("toy", "Beams", "toy", {"cantilever": Offer(at, "Beams")})


def test_a_name_that_two_packages_claim_is_nobodys(tmp_path: Path) -> None:
    distribution(tmp_path, "toy-beams", {"toy": "toy:DOMAIN"})
    with plugged(distribution(tmp_path, "more-beams", {"toy": "toy:DOMAIN"})):
        said = "the domain toy is claimed by more-beams and toy-beams; uninstall all but one"
        with pytest.raises(EngineError, match=said):
            domains.load("toy")
        assert [d.fault for d in domains.listing() if d.name == "toy"] == [said]


def test_a_name_of_ours_stays_ours_and_the_other_one_hears_it(tmp_path: Path) -> None:
    with plugged(distribution(tmp_path, "toy-beams", {"grid": "toy:DOMAIN"})):
        assert domains.load("grid").package == "ingenium.domains.grid"
        ours, theirs = (d for d in domains.listing() if d.name == "grid")
        assert ours.fault is None
        assert theirs.fault is not None
        assert theirs.fault.startswith("toy-beams claims the name")


def test_without_its_packages_a_domain_is_told_and_its_problems_name_the_line(
    tmp_path: Path,
) -> None:
    (tmp_path / "bold.py").write_text("import no_such_package.inside\n")
    offers = {"one": Offer("bold:One", "One")}
    domain = Domain("bold", "Bold", "bold", offers, extra="more", needs=("no_such_package",))
    line = r'no_such_package is not installed; write: pip install "bold\[more\]"'
    with plugged(tmp_path), pytest.raises(MissingExtra, match=line):
        domain.problem("one")
    assert str(domain.missing()).startswith("no_such_package is not installed")
    with plugged(tmp_path), pytest.raises(EngineError, match="No module named 'no_such_package'"):
        Domain("bold", "Bold", "bold", offers).problem("one")  # it needs an undeclared package


def test_our_domains_are_told_where_rdkit_is_absent() -> None:
    """Run in a process that finds neither it nor PyTorch."""
    code = (
        "import sys\n"
        "for name in ('rdkit', 'torch', 'numpy', 'neuralfoil'):\n"
        "    sys.modules[name] = None\n"
        "from ingenium.domains import listing, load\n"
        "print(load('molecules').package, *(d.name for d in listing() if d.problems))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["ingenium.domains.molecules", *domains.own()]


def test_the_toy_has_studies_beside_it() -> None:
    assert toy.DOMAIN.studies == "toy.studies"
