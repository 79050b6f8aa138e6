"""Searches on problems with known answers."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import known_fronts
from ingenium.core.problem import silent
from ingenium.core.resolving import resolve
from ingenium.core.spec import Spec
from ingenium.runs.loop import training
from ingenium.runs.search_plan import ScreenPlan
from ingenium.runs.store import Store
from ingenium.searches import screens
from ingenium.searches.search import Search
from ingenium.searches.strategies import Task, make
from ingenium.searches.strategy import Strategy
from plugged import plugged

Begun = Callable[..., Search]


@pytest.fixture
def begun(tmp_path: Path) -> Iterator[Begun]:
    """A search in a file, opened by its name; the same name resumes it."""
    stores = []

    def begin(
        strategy: str | Callable[[Task], Strategy],
        spec: Spec,
        *,
        name: str = "search",
        batch: int = 32,
        seed: int = 0,
        screen: ScreenPlan | None = None,
        **settings: object,
    ) -> Search:
        problem = known_fronts.Front(known_fronts.Settings(**settings))  # type: ignore[arg-type]
        resolved = resolve(spec, problem)
        cost_ratio = None if screen is None else screen.cost_ratio
        task = Task(problem, resolved, training(problem), seed, silent, cost_ratio)
        store = Store(tmp_path / name / "search.sqlite")
        stores.append(store)
        store.sit({})
        made = make(strategy, task).strategy if isinstance(strategy, str) else strategy(task)
        screening = None if screen is None else screens.make(screen, task)
        return Search(problem, resolved, made, store, seed=seed, batch=batch, screening=screening)

    yield begin
    for store in stores:
        store.close()


@pytest.fixture(scope="module")
def fronts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Install the package of known fronts for the tests of a module; yield its folder."""
    with plugged(known_fronts.install(tmp_path_factory.mktemp("plugin"))) as folder:
        yield folder
