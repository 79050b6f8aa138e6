"""Rules for every test: one thread, checked shapes, warnings as errors, no shared caches."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import pytest
import torch

import annotations

matplotlib.use("Agg")

annotations.install()
annotations.install("ingenium_book")
torch.set_num_threads(1)

import toy  # noqa: E402  (all shapes are checked from here on)
from annotations import pytest_runtest_setup  # noqa: E402, F401
from budgets import (  # noqa: E402, F401
    pytest_runtest_makereport,
    pytest_runtest_protocol,
    pytest_sessionfinish,
    pytest_terminal_summary,
)
from cached import install, link, pytest_sessionstart  # noqa: E402, F401
from ingenium import domains  # noqa: E402
from ingenium.core.errors import MissingProgram  # noqa: E402
from ingenium.core.problem import Problem  # noqa: E402
from ingenium.core.spec import Spec  # noqa: E402
from ingenium.domains import open_problem  # noqa: E402
from ingenium.runs import loop  # noqa: E402
from ingenium.verbs.propose import propose  # noqa: E402
from of_domains import SHARED, about, alongside  # noqa: E402

install()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks of the book and of benchmarks; a worker takes a domain, or a file, as a whole."""
    for item in items:
        domains = about(item.path)
        group = min(domains) if len(domains) == 1 and SHARED not in domains else item.path.stem
        item.add_marker(pytest.mark.xdist_group(group))
        if mark := alongside(item.path):
            item.add_marker(mark)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call() -> Iterator[object]:
    """Skip tests that need a C compiler where there is none, with a message."""
    try:
        return (yield)
    except MissingProgram as error:
        if error.program == "cc" and shutil.which("cc") is None:
            pytest.skip(str(error))
        raise


@pytest.fixture(autouse=True, scope="session")
def own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache with the entries of earlier runs, and a ledger, both separate from the user's."""
    folder = tmp_path_factory.mktemp("home")
    base = tmp_path_factory.getbasetemp()
    cache = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cache"
    link(cache)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INGENIUM_CACHE", str(cache))
        patch.setenv("INGENIUM_LEDGER", str(folder / "ledger.db"))
        yield folder


@pytest.fixture(scope="session")
def rural_days(own_folders: Path) -> Problem:
    """Days of the feeder that a spec names by default, opened once for all tests."""
    return open_problem(Spec(problem="grid.feeder_day"))


@pytest.fixture(scope="module")
def beams(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The toy's package is installed for the tests of a module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(toy.install(tmp_path_factory.mktemp("plugin"))))
        domains.load.cache_clear()
        yield
    domains.load.cache_clear()


@pytest.fixture(scope="module")
def finished(beams: None, tmp_path_factory: pytest.TempPathFactory) -> loop.Run:
    """A run of heavily loaded beams, the lightest first."""
    requested = toy.spec(objectives=[{"quantity": "mass_kg", "sense": "minimise"}])
    return propose(requested, toy.N, 7, tmp_path_factory.mktemp("runs") / "one")


@pytest.fixture
def folder(finished: loop.Run, tmp_path: Path) -> Path:
    """A copy of the finished run, to be spoiled."""
    return Path(shutil.copytree(finished.folder, tmp_path / "copy"))
