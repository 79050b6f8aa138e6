"""Families of other packages, which any problem of numbers can name."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingenium.core import provenance
from ingenium.core.errors import EngineError, InputError
from ingenium.core.problem import Problem, silent
from ingenium.core.spec import GeneratorChoice, Spec
from ingenium.domains import open_problem
from ingenium.generators import fitted, offer
from ingenium.generators.plugged import GROUP, make, names
from plugged import plugged

CODE = '''"""A family of a user's own."""

import torch

from ingenium.generators.classical import Classical


class Shuffled(Classical):
    """Known designs in a random order."""

    def __init__(self, shape, c):
        super().__init__(shape, c)
        self.empty("known")

    def learn(self, x, cond, plan):
        self.known = x.clone()
        return {}

    def sample(self, cond, rng):
        return self.known[torch.randint(len(self.known), (len(cond),), generator=rng)]


def wrong(shape, c):
    return Shuffled(shape, c + 1)


def text(shape, c):
    return "a family"
'''
ENTRIES = """[ingenium.families]
shuffled = our_family:Shuffled
wrong = our_family:wrong
text = our_family:text
gone = our_family:nothing
vae = our_family:Shuffled
"""


@pytest.fixture(scope="module")
def problem(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Problem]:
    """A problem alongside a package with families."""
    site = tmp_path_factory.mktemp("site")
    (site / "our_family.py").write_text(CODE)
    about = site / "our_family-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: our-family\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(ENTRIES)
    with plugged(site):
        yield open_problem(Spec("process.laboratory"))


def test_a_problem_offers_them_and_the_engine_keeps_its_names(problem: Problem) -> None:
    assert GROUP == "ingenium.families"
    assert {"shuffled", "wrong"} <= names().keys()
    found = offer.offered(problem)
    assert found["shuffled"] == "package"
    assert found["vae"] == "engine"


def test_one_is_fitted_stored_and_fitted_again_once_its_source_changes(
    problem: Problem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path / "cache"))
    known = problem.data()
    choice = GeneratorChoice(family="shuffled")
    first = fitted.fit(problem, known, choice, watch=silent)
    assert type(first.family).__name__ == "Shuffled"
    assert fitted.fit(problem, known, choice, watch=silent).cached
    entry = names()["shuffled"]
    file = Path(entry.load().__init__.__code__.co_filename)
    file.write_text(CODE + "\n# changed\n")
    provenance._package_digest.cache_clear()
    assert not fitted.fit(problem, known, choice, watch=silent).cached


@pytest.mark.parametrize(
    ("name", "error", "said"),
    [
        ("wrong", InputError, "expected a family wrong of shape"),
        ("text", InputError, "no method fit, propose"),
        ("gone", EngineError, "the family gone"),
    ],
)
def test_what_is_no_family_is_refused(
    problem: Problem, name: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        make(name, problem.codec.shape, 1)
