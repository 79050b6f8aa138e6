import numpy as np
import pytest

from ingenium.core.errors import InputError
from ingenium.domains.grid.data.conditions import seasons
from ingenium.domains.grid.data.split import split_weeks

YEAR = np.arange("2016-01-01", "2017-01-01", dtype="datetime64[D]")


def iso_weeks(index):
    return {YEAR[i].item().isocalendar()[:2] for i in index}


@pytest.mark.parametrize("seed", range(20))
def test_whole_weeks_of_every_season(seed):
    split = split_weeks(YEAR, np.random.default_rng(seed))
    assert sorted([*split.train, *split.held_out]) == list(range(366))
    assert not iso_weeks(split.train) & iso_weeks(split.held_out)
    held = iso_weeks(split.held_out)
    assert 8 <= len(held) <= 12
    thursdays = np.array([np.datetime64(f"{YEAR[i]}") for i in split.held_out])
    assert set(seasons(thursdays)) == {"winter", "spring", "summer", "autumn"}


def test_seed_decides_and_order_does_not():
    one = split_weeks(YEAR, np.random.default_rng(1))
    same = split_weeks(YEAR, np.random.default_rng(1))
    other = split_weeks(YEAR, np.random.default_rng(2))
    np.testing.assert_array_equal(one.held_out, same.held_out)
    assert set(one.held_out) != set(other.held_out)
    turned = split_weeks(YEAR[::-1], np.random.default_rng(1))
    assert set(365 - turned.held_out) == set(one.held_out)


def test_every_week_is_held_out_by_some_seed():
    held = [iso_weeks(split_weeks(YEAR, np.random.default_rng(s)).held_out) for s in range(60)]
    assert set.union(*held) == iso_weeks(range(366))


def test_two_weeks_are_enough_and_one_is_not():
    split = split_weeks(YEAR[3:17], np.random.default_rng(0))
    assert len(split.train) == len(split.held_out) == 7
    with pytest.raises(InputError, match="at least two weeks"):
        split_weeks(YEAR[3:10], np.random.default_rng(0))
    with pytest.raises(InputError, match="every"):
        split_weeks(YEAR, np.random.default_rng(0), every=1)
