"""Model inputs of conditions, by hand."""

import numpy as np
import pytest
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.features import features, width
from ingenium.core.quantity import Condition

RANGE = Condition("depth", "depth", lower=1.0, upper=3.0)
KIND = Condition("kind", "kind", choices=("a", "b", "c"))
ANGLE = Condition("angle", "angle", upper=360.0, unit="degree", period=360.0)
DAY = Condition("day", "day", lower=1.0, upper=365.0, middle=1.0, period=365.0)
RANK = Condition("rank", "rank", middle=0.5, spread=0.25)
ENERGY = Condition("energy", "energy", lower=1.0, upper=1e5, middle=100.0, spread=2.0, log=True)


def requested(**columns: object) -> xr.Dataset:
    return xr.Dataset({k: (DESIGN, np.array(v)) for k, v in columns.items()})


@pytest.mark.parametrize(
    ("condition", "values", "expected"),
    [
        (RANGE, [1.0, 2.0, 3.0], [[-1], [0], [1]]),
        (KIND, ["c", "a", "b"], [[0, 0, 1], [1, 0, 0], [0, 1, 0]]),
        (ANGLE, [0.0, 90.0, -90.0], [[0, 1], [1, 0], [-1, 0]]),
        (DAY, [1.0, 366.0, 1 + 365 / 4], [[0, 1], [0, 1], [1, 0]]),
        (RANK, [0.5, 0.75, np.nan], [[0], [1], [0]]),
        (ENERGY, [100.0, 100 * np.e**2, 100 / np.e**4], [[0], [1], [-2]]),
    ],
)
def test_a_condition_as_it_is_declared(
    condition: Condition, values: list[object], expected: list[list[float]]
) -> None:
    found = features([condition], requested(**{condition.name: values}))
    assert found.shape == (3, width(condition))
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_columns_stand_in_the_order_of_conditions_and_unknown_ones_are_0() -> None:
    designs = requested(kind=["b"], depth=[3.0])
    np.testing.assert_array_equal(features([RANGE, KIND], designs), [[1, 0, 1, 0]])
    np.testing.assert_array_equal(features([KIND, RANGE], designs), [[0, 1, 0, 1]])
    np.testing.assert_array_equal(features([ANGLE, RANGE], designs), [[0, 0, 1]])
    np.testing.assert_array_equal(features([], designs), [[0]])


def test_a_range_of_one_number_is_no_division_by_0() -> None:
    one = Condition("depth", "depth", lower=2.0, upper=2.0)
    assert np.isfinite(features([one], requested(depth=[2.0]))).all()


@pytest.mark.parametrize("middle", [None, 0.0, -1.0])
def test_a_logarithm_needs_a_middle_above_0(middle: float | None) -> None:
    with pytest.raises(InputError, match="logarithm"):
        Condition("energy", "energy", middle=middle, log=True)
