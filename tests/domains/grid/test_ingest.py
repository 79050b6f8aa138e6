"""A user's files: synthetic ones with known values, in every supported or refused notation."""

import re
import tomllib

import numpy as np
import pandapower
import pandas as pd
import pytest
from nets import empty

from ingenium.core.errors import InputError
from ingenium.domains.grid.data.columns import read_mapping
from ingenium.domains.grid.data.ingest import ingest

DAYS = 21
FIXED = pd.date_range("2023-03-20", periods=DAYS * 96, freq="15min")  # over the changeover
RATED_KW = {"House 1": 6.0, "House 2": 4.0}


@pytest.fixture
def net():
    net = empty()
    bus = pandapower.create_bus(net, 0.4)
    pandapower.create_ext_grid(net, bus)
    pandapower.create_load(net, bus, 0.006, 0.002, name="House 1")
    pandapower.create_load(net, bus, 0.004, 0.0, name="House 2", scaling=0.5)
    pandapower.create_sgen(net, bus, 0.010, name="Roof", type="PV")
    return net


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    hour = np.arange(DAYS * 96) % 96 / 4
    return pd.DataFrame(
        {
            "time": FIXED.strftime("%Y-%m-%d %H:%M"),
            "h1_kw": rng.uniform(0.2, 5.0, len(hour)).round(3),
            "h1_kvar": rng.uniform(-0.5, 1.0, len(hour)).round(3),
            "h2_w": rng.uniform(100.0, 2000.0, len(hour)).round(1),
            "roof_kw": (9 * np.maximum(0, np.sin((hour - 6) / 12 * np.pi))).round(3),
        }
    )


def mapping(**parts):
    return {
        "loads": {
            "House 1": {"p": "h1_kw", "q": "h1_kvar", "unit": "kW"},
            "House 2": {"p": "h2_w", "unit": "W"},
        },
        "infeeds": {"Roof": {"p": "roof_kw"}},
    } | parts


def written(table, path, **how):
    table.to_csv(path, index=False, **how)
    return path


def refused(message, *args):
    with pytest.raises(InputError, match=message) as caught:
        ingest(*args)
    return str(caught.value)


def check(feeder, table):
    own, net = feeder.table, feeder.net
    assert own.names.load == ("House 1", "House 2")
    assert own.names.kinds == ("solar",)
    kw = own.load_p[:, 0] * net.load.p_mw[0] * net.load.scaling[0] * 1e3
    np.testing.assert_allclose(kw.ravel(), table.h1_kw, rtol=1e-12)
    kvar = own.load_q[:, 0] * net.load.q_mvar[0] * 1e3
    np.testing.assert_allclose(kvar.ravel(), table.h1_kvar, rtol=1e-12)
    watt = own.load_p[:, 1] * net.load.p_mw[1] * net.load.scaling[1] * 1e6
    np.testing.assert_allclose(watt.ravel(), table.h2_w, rtol=1e-12)
    np.testing.assert_array_equal(own.load_q[:, 1], own.load_p[:, 1])
    roof = own.infeed_p[:, 0] * net.sgen.p_mw[0] * 1e3
    np.testing.assert_allclose(roof.ravel(), table.roof_kw, rtol=1e-12)
    assert own.dates[0] == np.datetime64("2023-03-20")
    assert len(own) == DAYS
    assert net.load.profile.tolist() == ["House 1", "House 2"]


def test_comma_file(net, table, tmp_path):
    check(ingest(written(table, tmp_path / "p.csv"), mapping(), net), table)
    assert "profile" not in net.load  # the user's net is left alone


def test_german_file(net, table, tmp_path):
    table["time"] = FIXED.strftime("%d.%m.%Y %H:%M")
    path = written(table, tmp_path / "p.csv", sep=";", decimal=",")
    check(ingest(path, mapping(), net), table)


def test_parquet_with_time_index(net, table, tmp_path):
    frame = table.drop(columns="time").set_axis(FIXED, axis=0)
    frame.to_parquet(tmp_path / "p.parquet")
    check(ingest(tmp_path / "p.parquet", mapping(), net), table)
    frame.tz_localize("+01:00").tz_convert("Europe/Berlin").to_parquet(tmp_path / "b.parquet")
    check(ingest(tmp_path / "b.parquet", mapping(), net), table)


def test_toml_mapping(net, table, tmp_path):
    toml = tmp_path / "m.toml"
    toml.write_text(
        '[loads."House 1"]\np = "h1_kw"\nq = "h1_kvar"\n[loads.1]\np = "h2_w"\nunit = "W"\n'
        '[infeeds.Roof]\np = "roof_kw"\nkind = "solar"\n'
    )
    feeder = ingest(written(table, tmp_path / "p.csv"), toml, net)
    assert feeder.table.names.load == ("1", "House 1")
    assert feeder.net.load.profile.tolist() == ["House 1", "1"]


def test_local_time(net, table, tmp_path):
    berlin = FIXED.tz_localize("+01:00").tz_convert("Europe/Berlin")
    table["time"] = berlin.strftime("%d.%m.%Y %H:%M")
    path = written(table, tmp_path / "p.csv")
    check(ingest(path, mapping(time={"timezone": "Europe/Berlin"}), net), table)
    text = refused("skips an hour at 2023-03-26 03:00", path, mapping(), net)
    assert 'timezone = "Europe/Berlin"' in text


def test_stamps_at_the_end_of_the_step(net, table, tmp_path):
    table["time"] = (FIXED + pd.Timedelta(minutes=15)).strftime("%Y-%m-%d %H:%M")
    path = written(table, tmp_path / "p.csv")
    check(ingest(path, mapping(time={"stamp": "end"}), net), table)
    cut = ingest(path, mapping(), net)
    assert cut.notes == (f"2 incomplete of {DAYS + 1} days dropped",)


def test_five_minutes_are_averaged(net, table, tmp_path):
    fine = table.loc[table.index.repeat(3)].reset_index(drop=True)
    fine["time"] = pd.date_range(FIXED[0], periods=len(fine), freq="5min").strftime(
        "%Y-%m-%d %H:%M"
    )
    wave = np.tile([-0.1, 0.0, 0.1], len(table))
    fine["h1_kw"] += wave
    check(ingest(written(fine, tmp_path / "p.csv"), mapping(), net), table)


def test_a_lost_part_of_a_mean_loses_its_day(net, table, tmp_path):
    fine = table.loc[table.index.repeat(3)].reset_index(drop=True)
    stamps = pd.date_range(FIXED[0], periods=len(fine), freq="5min")
    fine["time"] = stamps.strftime("%Y-%m-%d %H:%M")
    feeder = ingest(written(fine.drop(index=400), tmp_path / "p.csv"), mapping(), net)
    assert len(feeder.table) == DAYS - 1


def test_reactive_column_of_a_load_without_rated_reactive_power(net, table, tmp_path):
    loads = mapping()["loads"] | {"House 2": {"p": "h2_w", "q": "h1_kvar", "unit": "W"}}
    feeder = ingest(written(table, tmp_path / "p.csv"), mapping(loads=loads), net)
    load = feeder.net.load.loc[1]
    var = feeder.table.load_q[:, 1] * load.q_mvar * load.scaling * 1e6
    np.testing.assert_allclose(var.ravel(), table.h1_kvar, rtol=1e-12)


def test_hours_are_refused_or_interpolated_with_their_energy(net, table, tmp_path):
    coarse = table.iloc[::4].reset_index(drop=True)
    path = written(coarse, tmp_path / "p.csv")
    assert "interpolate = true" in refused("steps of 60 minutes", path, mapping(), net)
    own = ingest(path, mapping(time={"interpolate": True}), net).table
    kw = own.load_p[:, 0].reshape(-1, 4) * 6.0
    np.testing.assert_allclose(kw.mean(-1), coarse.h1_kw, rtol=1e-12)
    assert (own.load_p >= 0).all()
    roof = own.infeed_p[5, 0].reshape(24, 4)
    assert (np.diff(roof[7]) > 0).all()  # a line in the morning, not a stair


def test_uneven_and_odd_steps(net, table, tmp_path):
    table.loc[7, "time"] = "2023-03-20 01:52"
    refused("another in row 9", written(table, tmp_path / "p.csv"), mapping(), net)
    table["time"] = pd.date_range(FIXED[0], periods=len(table), freq="7min").strftime(
        "%Y-%m-%d %H:%M"
    )
    refused("steps of 7 minutes", written(table, tmp_path / "p.csv"), mapping(), net)


def test_absent_values(net, table, tmp_path):
    truth = table.copy()
    table["h1_kw"] = np.linspace(1.0, 2.0, len(table))
    truth["h1_kw"] = table["h1_kw"]
    table.loc[[100, 101, 102], "h1_kw"] = np.nan
    path = written(table, tmp_path / "p.csv")
    text = refused("0.15% absent in the column 'h1_kw'", path, mapping(), net)
    assert "row 102 (2023-03-21 01:00)" in text
    filled = ingest(path, mapping(gaps={"fill_steps": 3}), net)
    check(filled, truth)
    assert filled.notes[0] == "3 absent values filled by straight lines"
    refused_days = ingest(path, mapping(gaps={"fill_steps": 2, "drop_days": True}), net)
    assert len(refused_days.table) == DAYS - 1
    assert np.datetime64("2023-03-21") not in refused_days.table.dates


def test_absent_rows(net, table, tmp_path):
    path = written(table.drop(index=range(500, 503)), tmp_path / "p.csv")
    feeder = ingest(path, mapping(), net)
    assert feeder.notes == (f"1 incomplete of {DAYS} days dropped",)
    assert len(ingest(path, mapping(gaps={"fill_steps": 4}), net).table) == DAYS


def test_few_days(net, table, tmp_path):
    path = written(table.iloc[: 13 * 96 + 95], tmp_path / "p.csv")
    refused("at least 14 whole days, got 13 whole days of 14", path, mapping(), net)
    path = written(table.iloc[: 14 * 96], tmp_path / "p.csv")
    assert len(ingest(path, mapping(), net).table) == 14


def test_empty_and_foreign_files(net, table, tmp_path):
    refused("no file", tmp_path / "none.csv", mapping(), net)
    (tmp_path / "e.csv").write_text("")
    refused("which is empty", tmp_path / "e.csv", mapping(), net)
    (tmp_path / "h.csv").write_text("time,h1_kw\n")
    refused("without any", tmp_path / "h.csv", mapping(), net)
    (tmp_path / "x.parquet").write_text("no parquet")
    refused("a Parquet file", tmp_path / "x.parquet", mapping(), net)
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00time")
    refused("UTF-8", tmp_path / "x.csv", mapping(), net)


def test_wrong_cells(net, table, tmp_path):
    path = written(table.drop(columns="h2_w"), tmp_path / "p.csv")
    refused("the column 'h2_w' in p.csv", path, mapping(), net)
    table["h1_kw"] = table["h1_kw"].astype(str)
    table.loc[3, "h1_kw"] = "n/a?"
    refused("'n/a[?]' in row 5", written(table, tmp_path / "p.csv"), mapping(), net)
    table["h1_kw"] = np.nan
    refused("none at all", written(table, tmp_path / "p.csv"), mapping(), net)


def test_points_and_commas(net, table, tmp_path):
    text = table.to_csv(index=False, sep=";").replace(";0.0", ";0,0")
    (tmp_path / "p.csv").write_text(text)
    refused("one decimal sign", tmp_path / "p.csv", mapping(), net)


def test_order_and_doubles(net, table, tmp_path):
    swapped = table.iloc[[1, 0, *range(2, len(table))]]
    refused("in the order of time", written(swapped, tmp_path / "p.csv"), mapping(), net)
    doubled = table.iloc[[0, 0, *range(1, len(table))]]
    refused("again in row 3", written(doubled, tmp_path / "p.csv"), mapping(), net)


def test_signs(net, table, tmp_path):
    table.loc[50, "h1_kw"] = -0.3
    text = refused("load of at least 0", written(table, tmp_path / "p.csv"), mapping(), net)
    assert "-0.3 in row 52 (2023-03-20 12:30)" in text
    assert "map it to an sgen" in text
    table.loc[50, "h1_kw"] = 0.3
    table["roof_kw"] -= 0.1  # consumption of inverters at night
    ingest(written(table, tmp_path / "p.csv"), mapping(), net)
    table["roof_kw"] *= -1
    refused("turn the sign", written(table, tmp_path / "p.csv"), mapping(), net)


@pytest.mark.parametrize(
    ("wrong", "guess"), [("MW", "kW given as MW"), ("W", "kW given as W"), ("pu", "")]
)
def test_units(net, table, tmp_path, wrong, guess):
    table["h1_kw"] *= 1 if wrong != "pu" else 1000
    loads = mapping()["loads"] | {"House 1": {"p": "h1_kw", "unit": wrong}}
    path = written(table, tmp_path / "p.csv")
    text = refused("a peak of 'House 1' near its rated 6 kW", path, mapping(loads=loads), net)
    assert guess in text


def test_watts_given_as_kilowatts(net, table, tmp_path):
    loads = mapping()["loads"] | {"House 2": {"p": "h2_w", "unit": "kW"}}
    path = written(table, tmp_path / "p.csv")
    refused("It looks like W given as kW", path, mapping(loads=loads), net)


def test_elements(net, table, tmp_path):
    path = written(table, tmp_path / "p.csv")
    loads = {"House 9": {"p": "h1_kw"}}
    refused("the names House 1, House 2", path, mapping(loads=loads), net)
    loads = {"House 1": {"p": "h1_kw"}}
    text = refused("none for House 2", path, mapping(loads=loads), net)
    advice = re.search(r'(\[loads\."\*"\]) with (p = "\w+") and (unit = "\w+")', text)
    assert advice
    toml = tomllib.loads("\n".join(advice.groups()))
    assert toml == {"loads": {"*": {"p": "COLUMN", "unit": "pu"}}}
    net.load.loc[1, "name"] = "House 1"
    refused("one element 'House 1'", path, mapping(), net)
    net.load.loc[1, "name"] = "House 2"
    net.load.loc[1, "p_mw"] = 0.0
    refused("a rated power p_mw above 0 of 'House 2'", path, mapping(), net)


def test_shared_column(net, table, tmp_path):
    table["h0"] = table["h1_kw"] / 6.0
    path = written(table, tmp_path / "p.csv")
    shared = {"*": {"p": "h0", "unit": "pu"}}
    feeder = ingest(path, mapping(loads=shared), net)
    assert feeder.table.names.load == ("h0",)
    assert feeder.net.load.profile.tolist() == ["h0", "h0"]
    assert feeder.table.load_mw.tolist() == pytest.approx([0.006 + 0.002])
    np.testing.assert_allclose(feeder.table.load_p[:, 0].ravel(), table["h0"], rtol=1e-12)
    shared["*"]["unit"] = "kW"
    refused('unit = "pu"', path, mapping(loads=shared), net)


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"load": {}}, "only time, gaps, loads, infeeds"),
        ({"loads": {}}, "at least one load"),
        ({"loads": {"a": {"q": "x"}}}, "p, the column of active power"),
        ({"loads": {"a": {"p": "x", "unit": "kWh"}}}, "a unit of"),
        ({"loads": {"a": {"p": "x", "kind": "solar"}}}, "kind for infeeds only"),
        ({"loads": {"a": {"p": 3}}}, "p as str"),
        ({"loads": {"a": {"p": "x"}}, "gaps": {"fill_steps": "4"}}, "fill_steps as int"),
        ({"loads": {"a": {"p": "x"}}, "time": {"stamp": "middle"}}, "start"),
        ({"loads": {"a": {"p": "x"}}, "infeeds": {"b": {"p": "x", "kind": "tide"}}}, "a kind of"),
    ],
)
def test_wrong_mappings(tables, message):
    with pytest.raises(InputError, match=message):
        read_mapping(tables)


def test_mapping_files(tmp_path):
    with pytest.raises(InputError, match="no file"):
        read_mapping(tmp_path / "m.toml")
    (tmp_path / "m.toml").write_text("[loads")
    with pytest.raises(InputError, match="in TOML"):
        read_mapping(tmp_path / "m.toml")
