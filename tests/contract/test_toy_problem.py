"""The contract on the closed-form beams, found as a third party's package."""

from collections.abc import Iterator

import pytest
from problem_contract import ProblemContract

import toy
from ingenium import domains


@pytest.fixture(scope="module", autouse=True)
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(toy.install(tmp_path_factory.mktemp("plugin"))))
        domains.load.cache_clear()
        yield
    domains.load.cache_clear()


class TestCantilever(ProblemContract):
    problem_name = "toy.cantilever"
