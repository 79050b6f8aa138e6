"""The comparison of strategies counts right: hypervolume, shares, calls, conditions."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import toy
from ingenium.core.problem import Problem
from ingenium.core.resolving import resolve
from ingenium.core.spec import Objective, Spec, parse

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module", autouse=True)
def found_by() -> Iterator[Any]:
    """Import of the benchmarks, which are no part of the package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        yield import_module("benchmarks.strategies_found")


@pytest.fixture(scope="module")
def beams() -> Problem:
    return toy.Cantilever(toy.Settings(known=60))


def requested(problem: Problem, load: object = None) -> Spec:
    table = {
        "problem": "toy.cantilever",
        "objectives": [
            {"quantity": "mass_kg", "sense": "minimise"},
            {"quantity": "stress_pa", "sense": "maximise"},
        ],
    }
    conditions = {} if load is None else {"conditions": {"load_n": load}}
    return resolve(parse(table | conditions, Spec, "test"), problem)


def test_curves_are_those_of_a_front_drawn_by_hand(found_by: Any) -> None:
    spec = Spec(problem="x", objectives=(Objective("a", "minimise"), Objective("b", "maximise")))
    scale = found_by.Scale(worst=(10.0, 0.0), best=(0.0, 5.0))
    values = np.array([[5.0, 2.5], [1.0, 4.0], [2.0, 4.5], [8.0, 5.0]])
    found = found_by.Found(np.array([True, False, True, True]), values)
    read = found_by.curves(found, scale, spec, [1, 2, 3, 4, 9])
    # Shares of the box: (0.5, 0.5), then (0.2, 0.1), which takes it in, then (0.8, 0.0)
    truth = [0.25, 0.25, 0.8 * 0.9, 0.8 * 0.9 + 0.2 * 0.1, 0.8 * 0.9 + 0.2 * 0.1]
    np.testing.assert_allclose(read.hypervolume, truth)
    np.testing.assert_allclose(read.share, [1, 1 / 2, 2 / 3, 3 / 4, 3 / 4])
    np.testing.assert_allclose(read.best[:, 0], [5, 5, 2, 2, 2])
    np.testing.assert_allclose(read.best[:, 1], [2.5, 2.5, 4.5, 5, 5])


def test_nothing_accepted_has_no_best_and_no_hypervolume(found_by: Any) -> None:
    spec = Spec(problem="x", objectives=(Objective("a", "minimise"),))
    found = found_by.Found(np.array([False]), np.array([[1.0]]))
    read = found_by.curves(found, found_by.Scale((2.0,), (0.0,)), spec, [1])
    assert read.hypervolume.tolist() == read.share.tolist() == [0.0]
    assert np.isnan(read.best).all()


def test_calls_are_spent_once_also_by_what_gives_no_design(beams: Problem, found_by: Any) -> None:
    counter = found_by.Counter(beams, requested(beams), 10)
    known = beams.data()
    assert counter(known.isel(design=slice(0, 4))).sizes["design"] == 4
    counter.spend(3)
    assert counter.left == 3
    assert counter(known.isel(design=slice(4, 20))).sizes["design"] == 3
    found = counter.found()
    assert len(found.accepted) == 10
    assert np.isnan(found.values[4:7]).all()
    assert not found.accepted[4:7].any()
    assert np.isfinite(found.values[[0, 9]]).all()


def test_a_design_under_other_conditions_is_not_accepted(beams: Problem, found_by: Any) -> None:
    known = beams.data()
    load = float(known["load_n"][0])
    verdicts = found_by.Counter(beams, requested(beams), 60)(known)
    verdicts["verdict"] = xr.full_like(verdicts["verdict"], "accepted")
    assert found_by.found_of(requested(beams), verdicts, known).accepted.all()
    only = found_by.found_of(requested(beams, load), verdicts, known).accepted
    np.testing.assert_array_equal(only, np.arange(60) == 0)


def test_pictures_order_by_the_end_and_cut_what_cannot_be() -> None:
    picture = import_module("benchmarks.strategies_picture")
    wide = {"mean": 0.1, "low": -0.2, "high": 1.3, "seeds": 5}
    curve = [wide, {"mean": 0.3, "seeds": 1}, {"mean": 0.3, "seeds": 1}]
    early = {"calls": [10, 20, 30], "spent": 12, "share": curve, "hypervolume": curve}
    best = [{"mean": 0.0, "seeds": 5}] * 2 + [{"mean": 0.4, "low": 0.3, "high": 0.5, "seeds": 5}]
    full = early | {"spent": 30, "hypervolume": best}
    found = picture.trajectories({"curves": {"early": early, "full": full}, "field": ["full"]})
    assert [c.label for c in found] == ["full", "early (12 calls)"]
    np.testing.assert_allclose(found[0].hypervolume[:, -1], [40, 30, 50])
    np.testing.assert_allclose(found[1].hypervolume, [[10, 30], [0, 30], [100, 30]])
    assert found[1].calls == [10, 20]  # its line ends where it did
