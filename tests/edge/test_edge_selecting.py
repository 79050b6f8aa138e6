"""Choice of the recipes to try, among those that fit."""

import pytest

from ingenium.core.errors import InputError
from ingenium.edge.device import Cost, DeviceSheet
from ingenium.edge.recipe import CompressionRecipe
from ingenium.edge.selecting import ScreenedRecipe, fitting


def screened(width: float, shortfall: float) -> ScreenedRecipe:
    return ScreenedRecipe(CompressionRecipe(width), Cost(100, 10, 1e3, 100.0), shortfall)


ALL = [screened(1.0, 0.2), screened(0.75, 0.0), screened(0.5, -0.2), screened(0.25, -0.4)]


@pytest.mark.parametrize(("finalists", "tried"), [(2, [0.75, 0.5]), (3, [0.75, 0.5, 0.25])])
def test_the_widest_that_fit_are_tried_unless_all_may_be(
    finalists: int, tried: list[float]
) -> None:
    found = fitting(ALL, DeviceSheet("a board", finalists=finalists))
    assert [s.recipe.width for s in found] == tried


def test_the_nearest_is_that_which_lacks_least() -> None:
    with pytest.raises(InputError, match=r"none of 1; the nearest is int8 .* 20 % beyond a limit"):
        fitting(ALL[:1], DeviceSheet("a board"))
