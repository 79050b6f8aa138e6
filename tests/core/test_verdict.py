import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
import torch
import xarray as xr
from jaxtyping import Float
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.quantity import Quantity, Variable
from ingenium.core.select import Metric, pareto_rank, select
from ingenium.core.spec import Limit, Objective, Select
from ingenium.core.verdict import Verdict, close, flagged, judge, margins, unflagged, weighed
from ingenium.core.verify import verify
from ingenium.evaluate.nearest import nearest

SIZE = (Variable("side_m", ("edge",), "m", "edge length", lower=0.0),)


class Box:
    """Volume and surface of a box; NaN for one without volume."""

    name = "box"
    version = "1"
    tier = "exact"
    quantities = (Quantity("volume_m3", "m3", "volume"), Quantity("surface_m2", "m2", "surface"))

    def measure(self, side_m: Float[Tensor, "n 3"]) -> Float[Tensor, "n 2"]:
        a, b, c = side_m.unbind(1)
        measured = torch.stack([a * b * c, 2 * (a * b + b * c + c * a)], 1)
        return measured.masked_fill((a * b * c == 0)[:, None], float("nan"))


def boxes(sides: list[list[float]]) -> xr.Dataset:
    return xr.Dataset(
        {"side_m": (("design", "edge"), np.array(sides), {"units": "m"})}
    ).assign_coords(design=np.arange(len(sides)))


def in_millimetres() -> xr.Dataset:
    designs = boxes([[1, 1, 1]])
    designs["side_m"].attrs["units"] = "mm"
    return designs


def test_margins_are_signed_distances_to_the_nearer_bound() -> None:
    measured = np.array([[0.95], [1.2], [0.8]])
    found = margins(measured, ["v"], [Limit("v", at_least=0.9, at_most=1.1)])
    np.testing.assert_allclose(found[:, 0], [0.05, -0.1, -0.1])


def test_a_margin_of_zero_holds() -> None:
    assert judge(np.array([[1.0]]), np.array([[0.0]]))[0] == Verdict.ACCEPTED


def test_no_answer_is_failed_and_never_rejected() -> None:
    codes = judge(np.array([[1.0, np.nan], [2.0, 1.0]]), np.array([[-1.0], [-1.0]]))
    assert codes.tolist() == [Verdict.FAILED, Verdict.REJECTED]


def test_a_costly_quantity_may_be_missing_only_where_another_breaks_its_limit() -> None:
    """Rows: violated without the costly one; satisfied without it; violated by it alone; all."""
    measured = np.array([[2.0, np.nan], [0.0, np.nan], [np.nan, 2.0], [0.0, 2.0]])
    limits = [Limit("cheap", at_most=1.0), Limit("costly", at_most=1.0)]
    margin = margins(measured, ["cheap", "costly"], limits)
    codes = judge(measured, margin, np.array([False, True]))
    assert codes.tolist() == [
        Verdict.REJECTED,
        Verdict.FAILED,
        Verdict.FAILED,
        Verdict.REJECTED,
    ]


def test_verify_measures_and_judges_a_batch() -> None:
    limits = [Limit("volume_m3", at_least=1.0), Limit("surface_m2", at_most=6.0)]
    found = verify(
        boxes([[1, 1, 1], [2, 1, 1], [0, 1, 1], [np.nan, 1, 1]]),
        Box(),
        limits,
        variables=SIZE,
        sizes={"edge": 3},
    )
    assert found["verdict"].values.tolist() == ["accepted", "rejected", "failed", "failed"]
    assert found["surface_m2"].values[1] == 10
    assert found["margin"].values[1].tolist() == [1.0, -4.0]
    assert found.attrs["engine"] == "box"


@pytest.mark.parametrize(
    ("designs", "part"),
    [
        (xr.Dataset(), "without side_m"),
        (boxes([[1, 1, 1]]).isel(edge=slice(2)), "sizes"),
        (boxes([[1, 1, 1]]).isel(design=slice(0)), "empty batch"),
        (boxes([[1, 1, -1]]), "at least 0 "),
        (in_millimetres(), "units mm"),
        (boxes([[1, 1, 1]]).astype(complex), "real numbers"),
    ],
)
def test_designs_that_are_not_as_declared_are_refused(designs: xr.Dataset, part: str) -> None:
    with pytest.raises(InputError) as caught:
        verify(designs, Box(), [], variables=SIZE, sizes={"edge": 3})
    assert part in str(caught.value)


def test_pareto_rank_of_a_known_front() -> None:
    cost = np.array([[1.0, 4.0], [2.0, 2.0], [4.0, 1.0], [3.0, 3.0], [5.0, 5.0], [2.0, 2.0]])
    assert pareto_rank(cost).tolist() == [0, 0, 0, 1, 2, 0]


def no_metric() -> Metric:
    raise AssertionError("nothing asked for designs that lie apart")


OUTCOMES = ["accepted", "accepted", "rejected", "failed"]


def test_selection_keeps_what_was_asked_best_first() -> None:
    verdicts = xr.Dataset(
        {"mass": ("design", [3.0, 1.0, 2.0, 0.5]), "verdict": ("design", OUTCOMES)}
    )
    objective = [Objective("mass", "minimise")]
    assert select(verdicts, objective, Select(), no_metric).tolist() == [1, 0]
    asked = Select(keep="verified", count=2)
    assert select(verdicts, objective, asked, no_metric).tolist() == [1, 2]
    assert select(verdicts, [], Select(keep="rejected"), no_metric).tolist() == [2]


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        (Select(apart=1.0), [3, 1, 4]),  # 0 is too near to 1, 2 to 3, and 5 was rejected
        (Select(apart=1.0, count=2), [3, 1]),
        (Select(apart=1e-9), [3, 2, 1, 0, 4]),  # all that differ
        (Select(apart=99.0), [3]),
    ],
)
def test_selected_designs_lie_apart_best_first(asked: Select, kept: list[int]) -> None:
    place = np.array([0.0, 0.5, 5.2, 5.0, 8.0, 20.0])
    verdicts = xr.Dataset(
        {
            "mass": ("design", [4.0, 3.0, 2.0, 1.0, 5.0, 0.0]),
            "verdict": ("design", ["accepted"] * 5 + ["rejected"]),
        }
    )
    objective = [Objective("mass", "minimise")]
    found = select(verdicts, objective, asked, lambda: lambda i: np.abs(place - place[i]))
    assert found.tolist() == kept
    apart = np.abs(place[found][:, None] - place[found])
    assert (apart[~np.eye(len(found), dtype=bool)] >= asked.apart).all()


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_fronts_are_those_of_taking_one_after_the_other(columns: int) -> None:
    """Compare with the definition, with ties and doubles."""
    cost = np.random.default_rng(1).integers(0, 6, (80, columns)).astype(float)
    left, front = set(range(len(cost))), {}
    while left:
        beaten = {
            i
            for i in left
            for j in left
            if (cost[j] <= cost[i]).all() and (cost[j] < cost[i]).any()
        }
        front |= dict.fromkeys(left - beaten, max(front.values(), default=-1) + 1)
        left = beaten
    assert pareto_rank(cost).tolist() == [front[i] for i in range(len(cost))]


def test_many_designs_are_ranked_in_little_memory() -> None:
    cost = np.random.default_rng(2).permutation(4000).astype(float)[:, None]
    tracemalloc.start()
    assert pareto_rank(cost).tolist() == cost[:, 0].astype(int).tolist()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2e6


def test_a_limit_that_is_held_by_less_than_its_uncertainty_is_close() -> None:
    cube = boxes([[1.0, 1.0, 1.0], [1.0, 1.0, 0.9], [1.0, 1.0, 1.1]])
    limits = (Limit("volume_m3", at_most=1.05), Limit("surface_m2", at_most=9.0))
    found = verify(cube, Box(), limits, variables=SIZE, sizes={"edge": 3})
    assert not close(found).any()  # as long as the values have no uncertainty
    told = weighed(found, limits, {"volume_m3": 0.1})
    assert close(told).tolist() == [[True, False], [False, False], [False, False]]
    assert told["verdict"].to_numpy().tolist() == found["verdict"].to_numpy().tolist()
    np.testing.assert_array_equal(told["margin"], found["margin"])


def test_a_limit_may_have_to_hold_beyond_its_uncertainty() -> None:
    cube = boxes([[1.0, 1.0, 1.0], [1.0, 1.0, 0.9], [1.0, 1.0, 1.1]])
    limits = (Limit("volume_m3", at_most=1.05, beyond_uncertainty=True),)
    found = verify(cube, Box(), limits, variables=SIZE, sizes={"edge": 3})
    told = weighed(found, limits, {"volume_m3": 0.1})
    assert told["verdict"].values.tolist() == ["rejected", "accepted", "rejected"]
    np.testing.assert_allclose(told["margin"][:, 0], [-0.05, 0.05, -0.15])
    assert not close(told).any()
    again = weighed(told, limits, {"volume_m3": 0.1})
    xr.testing.assert_allclose(again, told)
    assert limits[0].label == "volume_m3 <= 1.05 beyond uncertainty"


def test_what_has_no_answer_stays_failed_beyond_its_uncertainty() -> None:
    limits = (Limit("volume_m3", at_least=0.5, beyond_uncertainty=True),)
    found = verify(boxes([[1.0, 1.0, 0.0]]), Box(), limits, variables=SIZE, sizes={"edge": 3})
    told = weighed(found, limits, {"volume_m3": 0.1})
    assert told["verdict"].to_numpy()[0] == Verdict.FAILED


def test_what_is_attainable_beyond_the_uncertainty_is_held_beyond_it() -> None:
    limits = (Limit("volume_m3", at_most=0.5, beyond_uncertainty=True),)
    two = boxes([[1.0, 1.0, 0.9], [1.0, 1.0, 1.1]])
    found = verify(two, Box(), limits, variables=SIZE, sizes={"edge": 3})
    told = weighed(found, limits, {"volume_m3": 0.1})
    near = nearest(told, limits, Box().quantities)
    assert near is not None
    (reach,) = near.reaches
    assert reach.alone.at_most == pytest.approx(1.0)  # 0.9, and 0.1 of uncertainty
    asked = (replace(reach.alone, at_most=1.0 + 1e-9),)
    again = verify(two, Box(), asked, variables=SIZE, sizes={"edge": 3})
    again = weighed(again, asked, {"volume_m3": 0.1})
    assert again["verdict"].to_numpy().tolist() == ["accepted", "rejected"]


def test_a_verdict_is_a_word_in_arrays_and_a_flag_in_files() -> None:
    words = np.array(["accepted", "rejected", "failed"])
    told = xr.Dataset({"verdict": ("design", words)})
    assert (told["verdict"] == "accepted").sum() == 1 == (told["verdict"] == Verdict.FAILED).sum()
    filed = flagged(told)
    assert filed["verdict"].values.tolist() == [0, 1, 2]
    assert filed["verdict"].attrs["flag_meanings"].split() == words.tolist()
    xr.testing.assert_identical(unflagged(filed), told)
