import tracemalloc
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
import xarray as xr
from jaxtyping import Float, Int
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.quantity import Quantity, Variable
from ingenium.core.select import Metric, distinct, equal_rows, firsts, pareto_rank, select
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


@dataclass(frozen=True)
class OnALine:
    """Designs that are places on a line, equal where they coincide; the last is selected."""

    last: bool = False

    def metric(self, designs: xr.Dataset) -> Metric:
        place = designs["place"].to_numpy()
        return lambda i: np.abs(place - place[i])

    def equal(self, designs: xr.Dataset) -> Int[np.ndarray, " n"]:
        places = designs["place"].to_numpy()
        return (
            firsts(places.tolist())
            if not self.last
            else len(places) - 1 - firsts(places[::-1].tolist())[::-1]
        )


def placed(places: list[float]) -> xr.Dataset:
    return xr.Dataset({"place": ("design", places)})


OUTCOMES = ["accepted", "accepted", "rejected", "failed"]


def test_selection_keeps_what_was_asked_best_first() -> None:
    verdicts = xr.Dataset(
        {"mass": ("design", [3.0, 1.0, 2.0, 0.5]), "verdict": ("design", OUTCOMES)}
    )
    objective = [Objective("mass", "minimise")]
    of, designs = OnALine(), placed([0.0, 1.0, 2.0, 3.0])
    assert select(of, objective, Select(), designs, verdicts).tolist() == [1, 0]
    requested = Select(export="verified", count=2)
    assert select(of, objective, requested, designs, verdicts).tolist() == [1, 2]
    assert select(of, [], Select(export="rejected"), designs, verdicts).tolist() == [2]


def test_of_equal_designs_one_is_selected_at_the_place_of_the_first() -> None:
    verdicts = xr.Dataset(
        {
            "mass": ("design", [1.0, 2.0, 3.0, 4.0, 0.0]),
            "verdict": ("design", ["accepted"] * 4 + ["rejected"]),
        }
    )
    designs = placed([5.0, 6.0, 5.0, 5.0, 5.0])  # 0, 2 and 3 are one design; 4 was rejected
    objective = [Objective("mass", "minimise")]
    assert select(OnALine(True), objective, Select(), designs, verdicts).tolist() == [3, 1]
    assert select(OnALine(), objective, Select(), designs, verdicts).tolist() == [0, 1]
    assert distinct(OnALine(), designs, verdicts) == 2


def test_equal_rows_are_those_within_the_tolerance_and_none_without_a_number() -> None:
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(50, 7))
    twins = rows[rng.integers(0, 50, 200)] + 1e-9 * rng.normal(size=(200, 7))
    values = np.concatenate([rows, twins, np.full((2, 7), np.nan)])
    gaps = np.sqrt(np.square(values[:, None] - values).mean(2))
    brute = [
        int(np.flatnonzero(g <= 1e-6)[0]) if np.isfinite(g).any() else i for i, g in enumerate(gaps)
    ]
    assert equal_rows(values, 1e-6).tolist() == brute


@pytest.mark.parametrize(
    ("requested", "exported"),
    [
        (Select(min_distance=1.0), [3, 1, 4]),  # 0 is too near to 1, 2 to 3, and 5 was rejected
        (Select(min_distance=1.0, count=2), [3, 1]),
        (Select(min_distance=1e-9), [3, 2, 1, 0, 4]),  # all that differ
        (Select(min_distance=99.0), [3]),
    ],
)
def test_selected_designs_lie_apart_best_first(requested: Select, exported: list[int]) -> None:
    place = np.array([0.0, 0.5, 5.2, 5.0, 8.0, 20.0])
    verdicts = xr.Dataset(
        {
            "mass": ("design", [4.0, 3.0, 2.0, 1.0, 5.0, 0.0]),
            "verdict": ("design", ["accepted"] * 5 + ["rejected"]),
        }
    )
    objective = [Objective("mass", "minimise")]
    found = select(OnALine(), objective, requested, placed(place.tolist()), verdicts)
    assert found.tolist() == exported
    min_distance = np.abs(place[found][:, None] - place[found])
    assert (min_distance[~np.eye(len(found), dtype=bool)] >= requested.min_distance).all()


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
    reported = weighed(found, limits, {"volume_m3": 0.1})
    assert close(reported).tolist() == [[True, False], [False, False], [False, False]]
    assert reported["verdict"].to_numpy().tolist() == found["verdict"].to_numpy().tolist()
    np.testing.assert_array_equal(reported["margin"], found["margin"])


def test_a_limit_may_have_to_hold_beyond_its_uncertainty() -> None:
    cube = boxes([[1.0, 1.0, 1.0], [1.0, 1.0, 0.9], [1.0, 1.0, 1.1]])
    limits = (Limit("volume_m3", at_most=1.05, beyond_uncertainty=True),)
    found = verify(cube, Box(), limits, variables=SIZE, sizes={"edge": 3})
    reported = weighed(found, limits, {"volume_m3": 0.1})
    assert reported["verdict"].values.tolist() == ["rejected", "accepted", "rejected"]
    np.testing.assert_allclose(reported["margin"][:, 0], [-0.05, 0.05, -0.15])
    assert not close(reported).any()
    again = weighed(reported, limits, {"volume_m3": 0.1})
    xr.testing.assert_allclose(again, reported)
    assert limits[0].label == "volume_m3 <= 1.05 beyond uncertainty"


def test_what_has_no_answer_stays_failed_beyond_its_uncertainty() -> None:
    limits = (Limit("volume_m3", at_least=0.5, beyond_uncertainty=True),)
    found = verify(boxes([[1.0, 1.0, 0.0]]), Box(), limits, variables=SIZE, sizes={"edge": 3})
    reported = weighed(found, limits, {"volume_m3": 0.1})
    assert reported["verdict"].to_numpy()[0] == Verdict.FAILED


def test_what_is_attainable_beyond_the_uncertainty_is_held_beyond_it() -> None:
    limits = (Limit("volume_m3", at_most=0.5, beyond_uncertainty=True),)
    two = boxes([[1.0, 1.0, 0.9], [1.0, 1.0, 1.1]])
    found = verify(two, Box(), limits, variables=SIZE, sizes={"edge": 3})
    reported = weighed(found, limits, {"volume_m3": 0.1})
    near = nearest(reported, limits, Box().quantities)
    assert near is not None
    (reach,) = near.reaches
    assert reach.alone.at_most == pytest.approx(1.0)  # 0.9, and 0.1 of uncertainty
    requested = (replace(reach.alone, at_most=1.0 + 1e-9),)
    again = verify(two, Box(), requested, variables=SIZE, sizes={"edge": 3})
    again = weighed(again, requested, {"volume_m3": 0.1})
    assert again["verdict"].to_numpy().tolist() == ["accepted", "rejected"]


def test_a_verdict_is_a_word_in_arrays_and_a_flag_in_files() -> None:
    words = np.array(["accepted", "rejected", "failed"])
    reported = xr.Dataset({"verdict": ("design", words)})
    assert (
        (reported["verdict"] == "accepted").sum()
        == 1
        == (reported["verdict"] == Verdict.FAILED).sum()
    )
    filed = flagged(reported)
    assert filed["verdict"].values.tolist() == [0, 1, 2]
    assert filed["verdict"].attrs["flag_meanings"].split() == words.tolist()
    xr.testing.assert_identical(unflagged(filed), reported)
