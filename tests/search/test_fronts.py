"""Fronts and hypervolumes against closed forms and another program; conflicts; aims."""

import itertools

import numpy as np
import pytest
import torch
import xarray as xr

from ingenium.core.quantity import Quantity
from ingenium.core.spec import Limit, Objective
from ingenium.core.verdict import Verdict
from ingenium.core.verify import verdicts as judged
from ingenium.runs.aim import Aim
from ingenium.runs.conflicts import conflicting, unmet
from ingenium.searches.fronts import dominated, grown, hypervolume, order


@pytest.mark.parametrize("o", [1, 2, 3, 4])
def test_hypervolume_is_the_union_of_boxes(o: int) -> None:
    points = np.random.default_rng(o).uniform(0, 1.2, (9, o))
    truth = 0.0
    for size in range(1, len(points) + 1):  # inclusion and exclusion
        for chosen in itertools.combinations(points, size):
            corner = np.max(chosen, axis=0)
            truth -= (-1) ** size * float(np.prod((1.0 - corner).clip(min=0.0)))
    assert hypervolume(points, np.ones(o)) == pytest.approx(truth, rel=1e-9)


def test_hypervolume_of_nothing_and_of_a_box() -> None:
    assert hypervolume(np.empty((0, 2)), np.ones(2)) == 0.0
    assert hypervolume(np.full((1, 3), 0.5), np.ones(3)) == pytest.approx(0.125)
    assert hypervolume(np.array([[0.5, 2.0]]), np.ones(2)) == 0.0


def test_a_front_that_grows_is_the_front_of_all() -> None:
    points = np.random.default_rng(0).integers(0, 12, (300, 3)).astype(float)  # with ties
    front = np.empty((0, 3))
    for part in np.split(points, 10):
        front = grown(front, part)
    truth = np.unique(points[~dominated(points, points)], axis=0)
    np.testing.assert_array_equal(front, truth)


def test_the_order_puts_limits_before_objectives() -> None:
    violation = np.array([[0.0], [0.0], [2.0], [1.0], [0.0]])
    loss = np.array([[1.0, 4.0], [2.0, 5.0], [0.0, 0.0], [9.0, 9.0], [3.0, 1.0]])
    cost = np.array([-0.6, -0.4, 2.0, 1.0, -0.5])
    assert order(cost, violation, loss).tolist() == [0, 4, 1, 3, 2]


def table(values: list[list[float]], limits: list[Limit]) -> xr.Dataset:
    """Verdicts on designs with given values of a, b and c."""

    class Engine:
        name, version, tier = "none", "1", "exact"
        quantities = tuple(Quantity(n, "1", n) for n in "abc")
        measure = torch.nan_to_num  # never called

    measured = np.array(values, dtype=float)
    return judged(measured, Engine(), limits, index=np.arange(len(values)))


LIMITS = [Limit("a", at_most=1.0), Limit("b", at_least=2.0), Limit("c", at_most=0.0)]


def test_the_smallest_sets_that_nothing_holds_together() -> None:
    held = np.array([[1, 0, 1], [0, 1, 1], [1, 0, 0]], dtype=bool)
    assert conflicting(held) == ((0, 1),)
    assert conflicting(np.array([[0, 1, 1], [0, 0, 1]], dtype=bool)) == ((0,),)
    pairs = np.array([[1, 1, 0], [1, 0, 1], [0, 1, 1]], dtype=bool)
    assert conflicting(pairs) == ((0, 1, 2),), "each pair was held, all three were not"
    assert conflicting(np.ones((1, 2), dtype=bool)) == ()
    wide = ~np.eye(6, dtype=bool)  # all but one are fixed: larger than the searched ones
    assert conflicting(wide) == (tuple(range(6)),)


def test_unmet_names_the_conflict_and_the_nearest() -> None:
    verdicts = table(
        [[0.5, 1.0, -1], [3.0, 2.5, -1], [1.2, 1.9, -1], [2.0, 1.0, -1], [np.nan] * 3], LIMITS
    )
    aim = Aim.of(LIMITS, [], verdicts)
    found = unmet(verdicts, aim)
    assert found is not None
    assert found.verified == 4
    assert [c.limits for c in found.conflicts] == [(LIMITS[0].label, LIMITS[1].label)]
    assert found.front[0].design == 2
    assert {one.design for one in found.front} == {0, 1, 2}, "the fourth is beaten by the third"
    assert found.front[0].values == {"a": 1.2, "b": 1.9, "c": -1.0}
    assert found.front[0].broken == (LIMITS[0].label, LIMITS[1].label)


def test_nothing_is_unmet_where_a_design_holds() -> None:
    verdicts = table([[0.5, 2.5, -1]], LIMITS)
    assert unmet(verdicts, Aim.of(LIMITS, [], verdicts)) is None


def test_any_accepted_design_costs_less_than_any_rejected_one() -> None:
    rng = np.random.default_rng(3)
    verdicts = table((rng.standard_normal((200, 3)) * 3).tolist(), LIMITS)
    objectives = [Objective("a", "minimise"), Objective("b", "maximise")]
    cost = Aim.of(LIMITS, objectives, verdicts).costs(verdicts)
    accepted = verdicts["verdict"].to_numpy() == Verdict.ACCEPTED
    assert accepted.any()
    assert cost[accepted].max() < 0 < cost[~accepted].min()


def test_one_objective_is_kept_in_its_order_and_failed_is_the_worst() -> None:
    verdicts = table([[3.0, 0, 0], [1.0, 0, 0], [np.nan, 0, 0], [2.0, 0, 0]], [])
    aim = Aim.of([], [Objective("a", "maximise")], verdicts)
    assert np.argsort(aim.costs(verdicts)).tolist() == [0, 3, 1, 2]
    assert np.isinf(aim.costs(verdicts)[2])


def test_violations_are_in_spreads_of_their_margins() -> None:
    verdicts = table([[1.0, 0, 0], [2.0, 0, 0], [3.0, 0, 0]], LIMITS[:1])
    aim = Aim.of(LIMITS[:1], [], verdicts)
    spread = 1.4826  # the median absolute deviation is 1
    np.testing.assert_allclose(aim.violations(verdicts)[:, 0], [0, 1 / spread, 2 / spread])
