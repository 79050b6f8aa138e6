"""Days of SimBench nets against the raw tables of the package."""

import shutil
from copy import deepcopy
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandapower
import pandas as pd
import pytest

from ingenium.core.errors import CorruptError, InputError, MissingDistribution
from ingenium.domains.grid.bundled import DEFAULT_GRID, bundled
from ingenium.domains.grid.data.dataset import ProfileNames
from ingenium.domains.grid.data.profiles import (
    DayTable,
    days_of_net,
    name_separately,
    simbench_days,
    simbench_net,
)

CODE = "1-LV-rural1--0-no_sw"


@pytest.fixture(autouse=True)
def read_anew():
    bundled.cache_clear()
    yield
    bundled.cache_clear()


@pytest.fixture(scope="module")
def net():
    return simbench_net(CODE)


@pytest.fixture(scope="module")
def days(net):
    return days_of_net(net, source=CODE)


def raw(table: str, columns: list[str]) -> pd.DataFrame:
    home = Path(find_spec("simbench").submodule_search_locations[0])
    path = home / "networks" / "1-complete_data-mixed-all-0-sw" / f"{table}Profile.csv"
    return pd.read_csv(path, sep=";", usecols=["time", *columns])


@pytest.mark.slow
def test_days_equal_the_raw_table(days):
    load = raw("Load", ["H0-A_pload", "H0-A_qload", "L2-A_pload"])
    res = raw("RES", ["PV8"])
    names = days.names
    assert names.load == ("H0-A", "H0-B", "H0-C", "L1-A", "L2-A")
    assert (names.infeed, names.kinds) == (("PV5", "PV6", "PV8"), ("solar",) * 3)
    assert days.load_p.shape == (366, 5, 96)
    np.testing.assert_array_equal(days.load_p[:, 0].ravel(), load["H0-A_pload"])
    np.testing.assert_array_equal(days.load_q[:, 0].ravel(), load["H0-A_qload"])
    np.testing.assert_array_equal(days.load_p[:, 4].ravel(), load["L2-A_pload"])
    np.testing.assert_array_equal(days.infeed_p[:, 2].ravel(), res["PV8"])
    assert days.dates[0] == np.datetime64("2016-01-01")
    np.testing.assert_array_equal(np.diff(days.dates).astype(int), 1)


def test_local_time_is_an_hour_ahead_in_summer(days):
    table = raw("Load", ["H0-A_pload"])
    row = table.index[table["time"] == "01.07.2016 13:00"][0]
    day = int(np.flatnonzero(days.dates == np.datetime64("2016-07-01"))[0])
    assert days.load_p[day, 0, 48] == table["H0-A_pload"][row]


def test_rated_power_and_energy(net, days):
    assert days.load_mw.sum() == pytest.approx(net.load.p_mw.sum(), rel=1e-12)
    assert days.infeed_mw.tolist() == pytest.approx([0.063, 0.019, 0.078381])
    profiles = net.profiles["load"]
    total = sum(profiles[f"{row.profile}_pload"] * row.p_mw for row in net.load.itertuples())
    np.testing.assert_allclose(days.total_load_mw.ravel(), total, rtol=1e-12)
    assert days.weather_infeed_mw.max() > 0


def test_conditions_make_sense(days):
    own = days.conditions()
    dim = days.infeed_p.sum((1, 2))
    assert np.isfinite(own.weather_level).all()
    assert np.argmin(dim) in np.flatnonzero(own.weather_level < 0.05)
    clear_winter = own.weather_level[(own.season == "winter")].max()
    assert clear_winter > 0.9  # a level is relative to the season, not to the year
    data = days.to_dataset()
    assert data["load_p"].attrs["units"] == "1"
    assert data.sizes == {"design": 366, "load_profile": 5, "infeed_profile": 3, "time": 96}


def test_the_year_that_is_brought_is_that_of_simbench(days: DayTable) -> None:
    brought = DayTable.of_arrays(bundled(DEFAULT_GRID))  # of the same grid, with its switches
    assert brought.digest() == days.digest()
    assert brought.source == f"SimBench {DEFAULT_GRID}, simbench {version('simbench')}"
    assert "ODbL" in brought.licence


def test_without_its_distribution_the_default_grid_names_the_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ingenium.domains.grid.bundled.PACKAGE", "absent")
    assert bundled(DEFAULT_GRID) is None
    monkeypatch.setattr("ingenium.domains.grid.bundled.find_spec", lambda _: None)
    with pytest.raises(MissingDistribution, match=r"pip install \./grid-data"):
        simbench_days(DEFAULT_GRID)


def test_a_spoiled_grid_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(find_spec("ingenium_grid_data").origin).parent
    shutil.copytree(folder, tmp_path / "spoiled")
    path = tmp_path / "spoiled" / f"{DEFAULT_GRID}.npz"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    monkeypatch.setattr("ingenium.domains.grid.bundled._folder", lambda: tmp_path / "spoiled")
    with pytest.raises(CorruptError, match="is not what was installed"):
        bundled(DEFAULT_GRID)


def test_days_are_made_once_and_damaged_or_planted_ones_again(days, net, tmp_path, monkeypatch):
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path))
    monkeypatch.setattr("ingenium.domains.grid.data.profiles.simbench_net", lambda code: net)
    first = simbench_days(CODE)
    (path,) = tmp_path.rglob("*.piece")
    assert first.digest() == days.digest()
    seal, _, content = path.read_bytes().partition(b"\n")
    np.savez(tmp_path / "doubled.npz", **days.arrays() | {"load_p": 2 * days.load_p})
    for spoiled in (content[:5000], content, (tmp_path / "doubled.npz").read_bytes()):
        path.write_bytes(seal + b"\n" + spoiled)
        assert simbench_days(CODE).digest() == days.digest()
    monkeypatch.setattr("ingenium.domains.grid.data.profiles.simbench_net", None)
    assert simbench_days(CODE).source.startswith("SimBench 1-LV-rural1")


def test_take_and_digest(days):
    part = days.take(np.array([3, 1]))
    assert part.dates.tolist() == [days.dates[3].item(), days.dates[1].item()]
    assert part.digest() != days.digest()
    assert DayTable.of_arrays(part.arrays()).digest() == part.digest()


def test_unknown_profile_and_gap_are_refused(net):
    broken = deepcopy(net)
    broken.load.loc[0, "profile"] = "H9-Z"
    with pytest.raises(InputError, match="H9-Z_pload"):
        days_of_net(broken, source="x")
    broken = deepcopy(net)
    broken.profiles["load"] = broken.profiles["load"].drop(index=5000)
    with pytest.raises(InputError, match="with gaps"):
        days_of_net(broken, source="x")


def test_a_storage_profile_named_as_that_of_plants_is_another_series(net):
    """The profile of lv_rural1 in SimBench 1-MV-rural--2-sw must not replace the plants' one."""
    shared = deepcopy(net)
    plants = shared.profiles["renewables"]
    shared.profiles["storage"] = plants[["time", "PV5", "PV6"]].assign(PV5=-plants["PV5"])
    for _ in range(2):
        pandapower.create_storage(shared, 0, p_mw=0.1, max_e_mwh=1.0)
    shared.storage["profile"] = ["PV5", "PV6"]
    with pytest.raises(InputError, match=r"'PV5', which differs in .*renewables and storage"):
        days_of_net(shared, source="x")
    name_separately(shared)
    found, plain = (days_of_net(n, source="x") for n in (shared, net))
    assert found.names.infeed == ("PV5", "PV5 storage", "PV6", "PV8")
    assert found.names.kinds == ("solar", "storage", "solar", "solar")
    np.testing.assert_array_equal(found.infeed_p[:, [0, 2, 3]], plain.infeed_p)
    np.testing.assert_array_equal(found.infeed_p[:, 1], -plain.infeed_p[:, 0])


def test_unknown_code():
    with pytest.raises(InputError, match="1-LV-rural9"):
        simbench_net("1-LV-rural9--0-sw")


def test_shapes_are_checked():
    zeros = np.zeros((2, 1, 96))
    dates = np.array(["2016-01-01", "2016-01-02"], "datetime64[D]")
    with pytest.raises(InputError, match="infeed_p of shape"):
        DayTable(dates, ProfileNames(("a",)), zeros, zeros, zeros, np.ones(1), np.ones(1), "x")
    with pytest.raises(InputError, match="finite numbers in load_q"):
        DayTable(
            dates,
            ProfileNames(("a",)),
            zeros,
            zeros * np.nan,
            np.zeros((2, 0, 96)),
            np.ones(1),
            np.ones(0),
            "x",
        )
