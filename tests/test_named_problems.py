"""A problem is called what its domain lists it as, or nobody hears of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import toy
from ingenium import domains
from ingenium.core.errors import EngineError, InputError
from ingenium.core.problem import Domain
from ingenium.core.spec import Spec


@pytest.fixture
def misnamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Another package's domain, in which a problem has the name of another one."""
    module = tmp_path / "beams_misnamed.py"
    module.write_text(
        "from toy import Cantilever\nfrom ingenium.core.problem import Domain\n"
        'DOMAIN = Domain("beams", "Beams", None, {"cantilever": Cantilever})\n'
    )
    toy.install(tmp_path, {"beams": "beams_misnamed:DOMAIN"})
    monkeypatch.syspath_prepend(str(tmp_path))
    domains.load.cache_clear()
    yield
    domains.load.cache_clear()


def test_another_name_than_the_listed_one_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        Domain("beams", "Beams", None, {"cantilever": toy.Cantilever})
    assert '"beams.cantilever"' in refused.value.expected
    assert refused.value.came == "toy.Cantilever with the name 'toy.cantilever'"
    assert 'Write name = "beams.cantilever"' in refused.value.instead
    with pytest.raises(InputError, match=r"toy\.beam"):
        Domain("toy", "Beams", None, {"beam": toy.Cantilever})
    assert Domain("toy", "Beams", None, {"cantilever": toy.Cantilever}).problems


def test_who_asks_for_it_hears_whose_fault_it_is(misnamed: None) -> None:
    with pytest.raises(EngineError, match=r"the domain beams of toy-beams does not load: .*name"):
        domains.open_problem(Spec(problem="beams.cantilever"))


def test_every_problem_here_has_the_name_that_it_is_listed_by() -> None:
    for name in domains.NAMES:
        domain = domains.load(name)
        assert [k.name for k in domain.problems.values()] == [
            f"{name}.{key}" for key in domain.problems
        ]
