"""Points for designs: conditions by the spec, known designs unchanged."""

import dataclasses
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import known_fronts
import sums
import toy
from blobs import Blobs
from blobs import Settings as BlobSettings
from ingenium.core.errors import InputError
from ingenium.core.problem import Problem, silent
from ingenium.core.resolving import resolve
from ingenium.core.spec import Objective, Spec
from ingenium.runs.loop import training
from ingenium.runs.rounds import Heard, Round
from ingenium.runs.store import Store
from ingenium.searches.search import Search
from ingenium.searches.space import MOST, Space
from ingenium.searches.stopping import Stop
from ingenium.searches.strategies import Task, make


def space(problem: Problem, spec: Spec) -> Space:
    return Space.of(problem, resolve(spec, problem), training(problem))


def test_ranges_are_numbers_of_a_point_and_categories_are_held() -> None:
    beams = toy.Cantilever(toy.Settings())
    spec = toy.spec(conditions={"duty": "heavy", "load_n": {"at_least": 9000, "at_most": 12000}})
    cube = space(beams, spec)
    assert cube.m == 4
    points = np.random.default_rng(0).uniform(size=(50, 4))
    designs = cube.designs(points)
    np.testing.assert_allclose(designs["load_n"], 9000 + 3000 * points[:, 0])
    np.testing.assert_array_equal(designs["tip_load_n"], designs["load_n"])
    assert set(designs["duty"].to_numpy()) == {"heavy"}


def test_a_number_that_is_wanted_is_held() -> None:
    beams = toy.Cantilever(toy.Settings())
    cube = space(beams, toy.spec(conditions={"load_n": 10_000.0}))
    assert cube.m == 3
    designs = cube.designs(np.random.default_rng(0).uniform(size=(20, 3)))
    assert (designs["load_n"] == 10_000.0).all()
    assert (designs["tip_load_n"] == 10_000.0).all()


def test_points_of_known_designs_are_these_designs() -> None:
    beams = toy.Cantilever(toy.Settings())
    cube = space(beams, toy.spec(conditions={"duty": "heavy"}))
    designs = cube.designs(cube.start)
    for name in ("width_m", "height_m", "tip_load_n"):
        np.testing.assert_allclose(designs[name], cube.known[name], rtol=1e-9)
    assert (cube.start > 0).all()
    assert (cube.start < 1).all()


def test_large_designs_are_searched_along_their_principal_components() -> None:
    blobs = Blobs(BlobSettings((12, 8), 200))
    cube = space(blobs, Spec(problem=blobs.name))
    assert 2 < cube.m <= MOST
    x = blobs.encode(cube.known).flatten(1).double()
    back = (x - cube.centre) @ cube.axes.T @ cube.axes + cube.centre
    left = float((x - back).square().sum() / (x - x.mean(0)).square().sum())
    assert left <= 0.05 or cube.m == MOST


def test_texts_are_no_points() -> None:
    problem = sums.Sums(sums.Settings())
    with pytest.raises(InputError, match="whose designs hold texts"):
        space(problem, Spec(problem=problem.name))


def stop_after(rounds: int | None) -> Heard:
    """Interrupt a search after some rounds."""

    def heard(last: Round) -> None:
        if last.round + 1 == rounds:
            raise KeyboardInterrupt

    return heard


@pytest.mark.parametrize("strategy", ["dataset", "random", "tuned", "portfolio"])
def test_texts_are_searched_and_gone_on_with(strategy: str, tmp_path: Path) -> None:
    problem = sums.Sums(sums.Settings())
    spec = resolve(Spec(problem=problem.name), problem)
    found = []
    for turn, stops in enumerate(((), (1, 2))):
        for rounds in (*stops, None):
            made = make(strategy, Task(problem, spec, training(problem), 0, silent)).strategy
            with Store(tmp_path / str(turn) / "s.sqlite") as store:
                store.sit({})
                search = Search(problem, spec, made, store, seed=0, batch=16)
                with suppress(KeyboardInterrupt):
                    search.run(Stop(calls=40), heard=stop_after(rounds))
                texts = search.designs(range(search.calls))["sum"].to_numpy().tolist()
        assert len(set(texts)) == len(texts), "none is verified twice"
        found.append(texts)
    assert found[0] == found[1]


@pytest.fixture(scope="module")
def molecules() -> Problem:
    pytest.importorskip("rdkit")
    from ingenium.domains import open_problem

    return open_problem(Spec(problem="molecules.lead", setup={"known": 200}))


@pytest.mark.parametrize(
    "strategy",
    ["dataset", "evolution", "cross_entropy", pytest.param("parzen", marks=pytest.mark.slow)],
)
def test_days_of_a_feeder_are_searched(rural_days: Problem, strategy: str, tmp_path: Path) -> None:
    """Maximise loads while all limits are satisfied; the result is the same after a stop."""
    loading = next(q.name for q in rural_days.quantities if "loading" in q.name)
    objectives = (Objective(loading, "maximise"),)
    spec = resolve(Spec(problem=rural_days.name, objectives=objectives), rural_days)
    found = []
    for turn, stops in enumerate(((96,), (32, 96))):
        for calls in stops:
            made = make(strategy, Task(rural_days, spec, training(rural_days), 0, silent)).strategy
            with Store(tmp_path / str(turn) / "s.sqlite") as store:
                store.sit({})
                search = Search(rural_days, spec, made, store, seed=0, batch=32)
                search.run(Stop(calls=calls))
        found.append(np.array(search.measured))
    np.testing.assert_array_equal(found[0], found[1])
    assert search.history[-1].accepted > 0
    assert search.history[-1].failed == 0


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["dataset", "generator", "tuned"])
def test_molecules_are_searched(molecules: Problem, strategy: str, tmp_path: Path) -> None:
    spec = resolve(Spec(problem=molecules.name), molecules)
    made = make(strategy, Task(molecules, spec, training(molecules), 0, silent)).strategy
    with Store(tmp_path / "s.sqlite") as store:
        store.sit({})
        search = Search(molecules, spec, made, store, seed=0, batch=32)
        search.run(Stop(calls=96))
        assert search.calls == 96
        assert len(set(search.designs(range(96))["smiles"].to_numpy().tolist())) == 96


def test_known_fronts_are_searched_as_they_are() -> None:
    problem = known_fronts.Front(known_fronts.Settings())
    cube = space(problem, known_fronts.spec())
    assert cube.m == 6
    corner = cube.designs(np.array([[0.0] * 6, [1.0] * 6]))["x"].to_numpy()
    np.testing.assert_array_equal(corner, [[0.0] * 6, [1.0] * 6])


def test_a_search_starts_from_designs_inside_its_ranges() -> None:
    """Active numbers keep their value in the cube; others are as in known designs."""
    spec = toy.spec(conditions={"load_n": {"at_least": 9000, "at_most": 12000}})
    beams = toy.Cantilever(toy.Settings())
    cube = space(beams, spec)
    assert cube.m == 4
    assert ((cube.known["load_n"] >= 9000) & (cube.known["load_n"] <= 12000)).all()
    duty, load = beams.conditions
    beams.conditions = (duty, dataclasses.replace(load, acts=False))
    cube = space(beams, spec)
    assert cube.m == 3
    designs = cube.designs(np.random.default_rng(0).uniform(size=(50, 3)))
    assert set(designs["load_n"].to_numpy()) <= set(cube.known["load_n"].to_numpy())
    narrow = toy.spec(conditions={"load_n": {"at_least": 9000.0, "at_most": 9000.5}})
    with pytest.raises(InputError, match="to start from with load_n from 9000 to"):
        space(beams, narrow)


def test_few_designs_inside_a_range_that_acts_leave_all_to_start_from() -> None:
    beams = toy.Cantilever(toy.Settings())
    narrow = toy.spec(conditions={"load_n": {"at_least": 9000.0, "at_most": 9010.0}})
    cube = space(beams, narrow)
    assert len(cube.start) > 100
    assert np.ptp(cube.start[:, 0]) > 0.9, "spread over the range"
