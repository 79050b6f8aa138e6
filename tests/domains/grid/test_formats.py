"""Files written and read back: equal days, and a clear refusal of all others."""

import json
import shutil

import numpy as np
import pandapower
import pandas as pd
import pytest
import xarray as xr

from ingenium.core.errors import InputError
from ingenium.domains.grid.data.dataset import ProfileNames, feeder_days
from ingenium.domains.grid.data.profiles import simbench_days
from ingenium.domains.grid.formats.csv_table import round_digits
from ingenium.domains.grid.formats.days import FeederOrigin, formats

NAMES = ProfileNames(
    ("H0-A", "L1-B"), ("Plant", "Store", "PV1", "WP2"), ("plant", "storage", "solar", "wind")
)
BARE = ProfileNames(("H0-A",))
ALL = ("simbench-csv", "pandapower-json", "parquet", "parquet-long", "netcdf")


@pytest.fixture(scope="module")
def net():
    net = pandapower.create_empty_network()
    bus = pandapower.create_bus(net, 0.4)
    pandapower.create_ext_grid(net, bus)
    pandapower.create_load(net, bus, 0.006, 0.002, name="House")
    net.load["profile"] = ["H0-A"]
    return net


def some(n=3, names=NAMES, seed=0):
    rng = np.random.default_rng(seed)
    loads, infeeds = (n, len(names.load), 96), (n, len(names.infeed), 96)
    infeed = rng.normal(size=infeeds)
    infeed[..., :20] = 0.0
    infeed[..., 20] = 1e-9 / 3
    coords = {
        "design": np.array([7, 3, 12, *range(100, 100 + n)])[:n],
        "date": ("design", np.arange("2016-10-29", "2100-01-01", dtype="datetime64[D]")[:n]),
    }
    coords["date"] = ("design", coords["date"][1].astype("datetime64[ns]"))
    return feeder_days(rng.uniform(size=loads), rng.normal(size=loads), infeed, names, coords)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("names", [NAMES, BARE])
def test_round_trip(name, names, net, tmp_path):
    form = formats(names, net)[name]
    days = some(names=names)
    paths = form.write(days, tmp_path)
    assert set(paths) == {7, 3, 12}
    assert all(path.exists() for path in paths.values())
    back = form.read(tmp_path).sel(design=[7, 3, 12])
    expected = days
    if name == "simbench-csv":
        expected = days.map(lambda v: v.copy(data=round_digits(v.to_numpy())), keep_attrs=True)
    for variable in ("load_p", "load_q", "infeed_p"):
        np.testing.assert_array_equal(back[variable], expected[variable])
        assert back[variable].attrs == days[variable].attrs
    for coord in ("date", "load_profile", "infeed_profile", "infeed_kind", "time"):
        np.testing.assert_array_equal(back[coord], days[coord])
    again = tmp_path / "again"
    again.mkdir()
    form.write(back, again)
    xr.testing.assert_identical(form.read(again).sel(design=[7, 3, 12]), back)


@pytest.mark.parametrize("name", ALL)
def test_one_design_alone(name, net, tmp_path):
    form = formats(NAMES, net)[name]
    path = form.write(some(), tmp_path)[3]
    np.testing.assert_allclose(
        form.read(path).sel(design=3)["infeed_p"], some().sel(design=3)["infeed_p"], rtol=1e-6
    )


@pytest.mark.parametrize("name", ALL)
def test_profiles_in_another_order_are_put_right(name, net, tmp_path):
    turned = ProfileNames(("L1-B", "H0-A"), NAMES.infeed[::-1], NAMES.kinds[::-1])
    formats(turned, net)[name].write(some(), tmp_path)
    back = formats(NAMES, net)[name].read(tmp_path).sel(design=[7, 3, 12])
    np.testing.assert_allclose(back["load_q"], some()["load_q"], rtol=1e-6)
    np.testing.assert_allclose(back["infeed_p"], some()["infeed_p"], rtol=1e-6)


@pytest.mark.parametrize("name", ALL)
def test_days_of_another_feeder_are_refused(name, net, tmp_path):
    formats(NAMES, net)[name].write(some(), tmp_path)
    other = ProfileNames(("H0-A", "G0-M"), NAMES.infeed, NAMES.kinds)
    with pytest.raises(InputError, match="G0-M"):
        formats(other, net)[name].read(tmp_path)
    with pytest.raises(InputError, match="G0-M"):
        formats(other, net)[name].write(some(), tmp_path / "x")


@pytest.mark.parametrize("name", ALL)
def test_nothing_and_rubbish_are_refused(name, net, tmp_path):
    form = formats(NAMES, net)[name]
    with pytest.raises(InputError):
        form.read(tmp_path)
    paths = form.write(some(), tmp_path)
    file = next(p for p in (paths[7], *paths[7].glob("*")) if p.is_file())
    file.write_bytes(b"rubbish\n")
    with pytest.raises(InputError):
        form.read(paths[7])


@pytest.mark.parametrize("name", ALL)
def test_values_that_are_not_finite_are_refused(name, net, tmp_path):
    days = some()
    days["load_p"][1, 0, 5] = np.nan
    with pytest.raises(InputError, match=r"design 3, profile H0-A, hour 1\.25"):
        formats(NAMES, net)[name].write(days, tmp_path)


def test_rounding_keeps_seven_digits():
    rng = np.random.default_rng(0)
    values = rng.normal(size=20000) * 10.0 ** rng.integers(-12, 6, 20000)
    expected = np.array([float(f"{value:.7g}") for value in values])
    np.testing.assert_allclose(round_digits(values), expected, rtol=1e-15)
    assert (np.abs(round_digits(values) - values) <= 0.5000001e-6 * np.abs(values)).all()
    np.testing.assert_array_equal(round_digits(expected), expected)
    np.testing.assert_array_equal(round_digits(np.array([0.0, 9.99999996])), [0.0, 10.0])


def test_simbench_tables(net, tmp_path):
    form = formats(NAMES, net)["simbench-csv"]
    path = form.write(some(), tmp_path)[7]
    assert path.name == "design_000007"
    lines = (path / "LoadProfile.csv").read_text().splitlines()
    assert lines[0] == "time;H0-A_qload;H0-A_pload;L1-B_qload;L1-B_pload"
    assert lines[1].startswith("29.10.2016 00:00;")
    assert lines[96].startswith("29.10.2016 23:45;")
    res = pd.read_csv(path / "RESProfile.csv", sep=";")
    assert list(res) == ["time", "PV1", "WP2"]
    np.testing.assert_allclose(res["WP2"], some()["infeed_p"][0, 3], rtol=1e-6)
    assert list(pd.read_csv(path / "StorageProfile.csv", sep=";")) == ["time", "Store"]
    assert list(pd.read_csv(path / "PowerPlantProfile.csv", sep=";")) == ["time", "Plant"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("29.10.2016 05:15", "29.10.2016 05:16", "96 times of one day"),
        ("PV1", "PV7", "PV1 missing, PV7 too many"),
        ("29.10.2016 05:15;", "29.10.2016 05:15;x", "a SimBench table of numbers"),
        ("29.10.2016 05:15;", "29.10.2016 05:15;;", "a SimBench table of numbers"),
        ("29.10.2016", "30.10.2016", "tables of different days"),
    ],
)
def test_altered_simbench_table(net, tmp_path, old, new, message):
    form = formats(NAMES, net)["simbench-csv"]
    path = form.write(some(), tmp_path)[7]
    file = path / "RESProfile.csv"
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(InputError, match=message):
        form.read(tmp_path)


def test_lost_simbench_table(net, tmp_path):
    form = formats(NAMES, net)["simbench-csv"]
    path = form.write(some(), tmp_path)[7]
    (path / "StorageProfile.csv").unlink()
    with pytest.raises(InputError, match=r"no file .*StorageProfile.csv"):
        form.read(tmp_path)
    shutil.rmtree(path)
    assert form.write(some().isel(design=[0]), tmp_path)[7] == path


def test_names_that_break_the_table(net, tmp_path):
    names = ProfileNames(("a;b",))
    with pytest.raises(InputError, match="without semicolons"):
        formats(names, net)["simbench-csv"].write(some(names=names), tmp_path)
    formats(names, net)["parquet"].write(some(names=names), tmp_path)


def test_date_from_the_day_of_the_year(net, tmp_path):
    days = some().drop_vars("date").assign_coords(day_of_year=("design", [60.0, 1.0, 366.0]))
    form = formats(NAMES, net)["simbench-csv"]
    form.write(days, tmp_path)
    dates = form.read(tmp_path).sel(design=[7, 3, 12])["date"].to_numpy()
    assert dates.astype("datetime64[D]").astype(str).tolist() == [
        "2016-02-29",
        "2016-01-01",
        "2016-12-31",
    ]


def test_pandapower_reads_the_json(net, tmp_path):
    days = some()
    path = formats(NAMES, net)["pandapower-json"].write(days, tmp_path)[7]
    back = pandapower.from_json(str(path))
    assert back.load.profile.tolist() == ["H0-A"]
    assert set(back.profiles) == {"load", "renewables", "storage", "powerplants"}
    table = back.profiles["load"]
    np.testing.assert_array_equal(table["H0-A_pload"], days["load_p"][0, 0])
    np.testing.assert_array_equal(back.profiles["storage"]["Store"], days["infeed_p"][0, 1])
    pandapower.runpp(back)


def test_json_of_a_foreign_kind_runs_nothing(net, tmp_path):
    form = formats(NAMES, net)["pandapower-json"]
    path = form.write(some(), tmp_path)[7]
    content = json.loads(path.read_text())
    content["_object"]["trap"] = {"_module": "os", "_class": "system", "_object": "exit 1"}
    path.write_text(json.dumps(content))
    assert form.read(path).sizes["design"] == 1
    table = json.loads(content["_object"]["profiles"]["load"]["_object"])
    table["data"][4][1] = None
    content["_object"]["profiles"]["load"]["_object"] = json.dumps(table)
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match="numbers in 'H0-A_qload'"):
        form.read(path)


def test_shuffled_parquet_is_refused(net, tmp_path):
    form = formats(NAMES, net)["parquet"]
    path = form.write(some(), tmp_path)[7]
    frame = pd.read_parquet(path)
    assert list(frame)[:4] == ["design", "date", "hour", "load_p:H0-A"]
    frame.sample(frac=1, random_state=0).to_parquet(path)
    with pytest.raises(InputError, match="in the order of `hour`"):
        form.read(path)
    frame.iloc[:-1].to_parquet(path)
    with pytest.raises(InputError, match="287 rows"):
        form.read(path)


def test_units_are_checked(net, tmp_path):
    days = some()
    days["load_p"].attrs["units"] = "kW"
    with pytest.raises(InputError, match="units 'kW'"):
        formats(NAMES, net)["netcdf"].write(days, tmp_path)


@pytest.mark.slow
def test_a_thousand_designs_come_back(net, tmp_path):
    names = ProfileNames(tuple(f"L{i}" for i in range(12)), ("PV1", "PV2"), ("solar", "solar"))
    form = formats(names, net)["simbench-csv"]
    days = some(1000, names)
    form.write(days, tmp_path)
    back = form.read(tmp_path).sel(design=days.design)
    for variable in ("load_p", "load_q", "infeed_p"):
        np.testing.assert_array_equal(back[variable], round_digits(days[variable].to_numpy()))


def test_tables_that_say_they_are_huge(net, tmp_path):
    """A billion equal values take a few bytes in Parquet, and a header alone in NetCDF."""
    import h5netcdf
    import pyarrow
    from pyarrow import parquet

    own = formats(NAMES, net)
    column = pyarrow.DictionaryArray.from_arrays(np.zeros(1, np.int32), [1.0])
    chunk = pyarrow.chunked_array([column.take(pyarrow.array(np.zeros(1 << 20, np.int64)))] * 24)
    parquet.write_table(pyarrow.table({"design": chunk}), tmp_path / "designs.parquet")
    assert (tmp_path / "designs.parquet").stat().st_size < 1 << 20
    with pytest.raises(InputError, match="at most 20000000 cells"):
        own["parquet"].read(tmp_path)
    with h5netcdf.File(tmp_path / "designs.nc", "w") as file:
        file.dimensions = {"design": 10**9, "time": 96}
        file.create_variable("load_p", ("design", "time"), float, chunks=(1000, 96))
    with pytest.raises(InputError, match="bytes and 100000 texts, got 768000000000 bytes"):
        own["netcdf"].read(tmp_path)
    wide = pyarrow.table({f"c{i}": [0.0] for i in range(10_001)})
    parquet.write_table(wide, tmp_path / "designs.parquet")
    with pytest.raises(InputError, match="at most 10000 columns"):
        own["parquet"].read(tmp_path)


@pytest.mark.parametrize("form", ["parquet", "netcdf", "pandapower-json", "simbench-csv"])
def test_what_is_no_file_of_days(form, net, tmp_path):
    for data in (
        b"",
        b"PAR1" * 100,
        b"\x89HDF\r\n\x1a\n" + bytes(600),
        b"{" * 200_000,
        b'{"a":1,"a":2}',
    ):
        for name in ("designs.parquet", "designs.nc", "design_000000.json", "LoadProfile.csv"):
            (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError, match=r"\S"):
            formats(NAMES, net)[form].read(tmp_path)


@pytest.fixture
def shared_names(net):
    """A storage profile that SimBench names like one of plants, under another name."""
    import copy

    own = copy.deepcopy(net)
    pandapower.create_sgen(own, 0, 0.01, name="Plants")
    pandapower.create_storage(own, 0, 0.005, 0.01, name="Cells")
    own.sgen["profile"], own.storage["profile"] = ["lv_rural1"], ["lv_rural1 storage"]
    names = ProfileNames(("H0-A",), ("lv_rural1", "lv_rural1 storage"), ("mixed", "storage"))
    return names, own


def test_storage_that_was_named_apart_has_simbenchs_name_in_files(shared_names, tmp_path):
    names, own = shared_names
    days = some(names=names)
    for name in ("simbench-csv", "pandapower-json"):
        form = formats(names, own)[name]
        (tmp_path / name).mkdir()
        path = form.write(days, tmp_path / name)[7]
        if name == "simbench-csv":
            heads = list(pd.read_csv(path / "StorageProfile.csv", sep=";"))
        else:
            reported = pandapower.from_json(str(path))
            heads = list(reported.profiles["storage"])
            assert reported.storage["profile"].tolist() == ["lv_rural1"]
        assert heads == ["time", "lv_rural1"]
        back = form.read(tmp_path / name).sel(design=[7, 3, 12])
        np.testing.assert_allclose(back["infeed_p"], days["infeed_p"], rtol=1e-6)
        assert back["infeed_profile"].to_numpy().tolist() == list(names.infeed)


def test_an_owners_storage_keeps_the_name_that_it_has(shared_names, tmp_path):
    names, own = shared_names
    path = formats(names, own, FeederOrigin(own=True))["simbench-csv"].write(
        some(names=names), tmp_path
    )[7]
    heads = list(pd.read_csv(path / "StorageProfile.csv", sep=";"))
    assert heads == ["time", "lv_rural1 storage"]


@pytest.mark.slow
@pytest.mark.parametrize("code", ["1-MV-rural--1-sw", "1-MV-comm--2-sw"])
def test_simbenchs_own_reader_takes_the_tables(code, tmp_path, own_folders):
    """Medium-voltage networks whose storage is named like plants."""
    import simbench

    days = simbench_days(code)
    form = formats(days.names, None)["simbench-csv"]
    own = days.take(np.array([100])).to_dataset()
    (path,) = form.write(own, tmp_path).values()
    net = simbench.get_simbench_net(code)
    storage = net.profiles["storage"]
    tables = {"load": "Load", "renewables": "RES", "storage": "Storage"}
    for name, file in tables.items():
        net.profiles[name] = pd.read_csv(path / f"{file}Profile.csv", sep=";")
    del net.profiles["powerplants"]
    net.profiles["powerplants"] = pd.DataFrame({"time": net.profiles["load"]["time"]})
    found = simbench.get_absolute_values(net, profiles_instead_of_study_cases=True)
    stored = found["storage", "p_mw"]
    assert len(stored) == 96
    expected = storage[net.storage["profile"]].to_numpy() * net.storage["p_mw"].to_numpy()
    np.testing.assert_allclose(stored.to_numpy(), expected[_rows_of(100)], rtol=1e-6, atol=1e-9)


def _rows_of(day):
    """Rows of a day in winter time: local time loses an hour on 27 March."""
    return slice(day * 96, day * 96 + 96)


def test_a_day_without_a_date_gets_one_of_its_season_and_kind():
    import xarray as xr

    from ingenium.domains.grid.data.conditions import day_types, seasons
    from ingenium.domains.grid.formats.layout import dates_of

    kinds = ["workday", "saturday", "sunday_or_holiday"] * 4
    wanted = np.repeat(["winter", "spring", "summer", "autumn"], 3)
    middle = np.repeat([15.0, 105.0, 196.0, 288.0], 3)
    days = xr.Dataset(
        coords={
            "design": np.arange(12),
            "season": ("design", wanted),
            "day_type": ("design", np.array(kinds)),
            "day_of_year": ("design", middle),
        }
    )
    for year in (2016, 2024, 2030):
        found = dates_of(days, year)
        assert day_types(found).tolist() == kinds
        assert (seasons(found) == wanted).all()
        first = np.datetime64(f"{year}-01-01")
        assert np.abs((found - first).astype(int) + 1 - middle).max() <= 7
