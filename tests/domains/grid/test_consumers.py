import numpy as np
import pytest

from ingenium.core.designs import to_arrays
from ingenium.core.errors import InputError
from ingenium.core.spec import Fixed, Spec
from ingenium.domains import open_problem
from ingenium.domains.grid.consumers.classes import (
    consumer_days,
    group_of,
)
from ingenium.domains.grid.data.dataset import ProfileNames

YEAR = np.arange("2016-01-01", "2017-01-01", dtype="datetime64[D]")


@pytest.fixture(scope="module")
def days():
    return consumer_days()


def test_all_classes(days):
    assert days.load_p.shape == days.load_q.shape == (96, 366, 96)
    household = days.of_group("household")
    assert household.classes == ("H0-A", "H0-B", "H0-C", "H0-G", "H0-H", "H0-L")
    # the first rows of the column H0-A_pload in the table of the package
    np.testing.assert_array_equal(household.load_p[0, 0, :2], [0.276685, 0.066011])
    assert "other" not in days.groups


def test_days_are_read_once_and_planted_ones_are_not_used(days, tmp_path, monkeypatch):
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path))
    first = consumer_days()
    (path,) = tmp_path.rglob("*.piece")
    changed = path.stat().st_mtime_ns
    again = consumer_days()
    assert path.stat().st_mtime_ns == changed
    assert again.classes == days.classes
    np.testing.assert_array_equal(again.dates, days.dates)
    np.testing.assert_array_equal(first.load_q, again.load_q)
    np.testing.assert_array_equal(again.load_q, days.load_q)
    np.savez(
        path.open("wb"),
        dates=days.dates.astype(np.int64),
        classes=np.array(days.classes),
        load_p=2 * days.load_p,
        load_q=days.load_q,
    )
    np.testing.assert_array_equal(consumer_days().load_p, days.load_p)


@pytest.mark.parametrize(
    ("name", "group"),
    [("L0-A", "farm"), ("lv_rural1", "low-voltage grid"), ("HLS_A_3.7", "charging at home")],
)
def test_groups(name, group):
    assert group_of(name) == group


def test_unknown_group(days):
    with pytest.raises(InputError, match="household"):
        days.of_group("houshold")


def test_dataset_is_class_by_class(days):
    data = days.of_group("household").to_dataset()
    assert data.sizes == {"design": 6 * 366, "time": 96}
    row = data.isel(design=366 + 31)
    assert (str(row["consumer_class"].values), str(row["group"].values)) == ("H0-B", "household")
    assert row["date"].values == np.datetime64("2016-02-01")
    assert row["day_of_year"] == 32
    np.testing.assert_array_equal(row["load_p"], days.of_group("household").load_p[1, 31])
    levels = data["energy_level"].to_numpy().reshape(6, 366)
    np.testing.assert_allclose(levels.mean(-1), 0.5)  # ranks are within a class


def test_names_are_checked():
    with pytest.raises(InputError, match="'a' twice"):
        ProfileNames(("a", "a"))
    with pytest.raises(InputError, match="one kind"):
        ProfileNames(("a",), ("b",), ("sun",))
    with pytest.raises(InputError, match="at least one load"):
        ProfileNames(())


def test_a_fixed_peak_is_reached_and_never_passed_with_the_energy_as_fixed():
    problem = open_problem(Spec(problem="grid.profile_day"))
    days = problem.data().isel(design=slice(0, 40, 4))
    arrays = to_arrays(days, problem.variables)
    fixed = {"peak": Fixed(0.7), "full_load_hours": Fixed(5.0)}
    load_p, load_q = problem.project(fixed, days)(arrays)
    np.testing.assert_array_equal(load_p.amax(1), 0.7)
    highest = arrays[0].argmax(1, keepdim=True)  # others may reach it too, for the energy
    np.testing.assert_array_equal(load_p.gather(1, highest), 0.7)
    np.testing.assert_allclose(load_p.sum(1) / 4, 5.0, rtol=1e-12)
    assert float(load_p.min()) >= 0
    assert load_q is arrays[1]
