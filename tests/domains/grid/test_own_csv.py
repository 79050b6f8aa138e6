"""Days of one's own feeder: the results of a reader with pandapower alone."""

import runpy
import shutil
from pathlib import Path

import numpy as np
import pandapower
import pandas as pd
import pytest

from ingenium.core.errors import InputError
from ingenium.core.evidence import read
from ingenium.core.spec import Spec, load
from ingenium.domains.grid.data.conditions import day_types, seasons
from ingenium.runs.outcome import Run
from ingenium.verbs.propose import propose
from ingenium.verbs.verify import verify

OWN = Path(__file__).parents[3] / "examples" / "grid" / "own_feeder"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, own_folders: object) -> Run:
    """Days of the example's feeder with load grown by 2.8, sampled from known ones."""
    folder = tmp_path_factory.mktemp("own") / "feeder"
    shutil.copytree(OWN, folder, ignore=shutil.ignore_patterns("net.json", "profiles.csv"))
    runpy.run_path(str(folder / "make_files.py"))["write"](folder)
    setup = dict(load(folder / "own_feeder.toml").setup) | {"load_scale": 2.8}
    spec = Spec(
        problem="grid.feeder_day",
        setup=setup,
        conditions={"day_type": "sunday_or_holiday"},
        generator=load(folder / "own_feeder.toml").generator.__class__(family="bootstrap"),
        select=load(folder / "own_feeder.toml").select.__class__(export="verified"),
    )
    return propose(spec, 3, 0, folder / "out")


def applied(net: pandapower.pandapowerNet, row: pd.Series) -> None:
    """Apply the values of a row to each element, by its name."""
    for table in ("load", "sgen"):
        for index, name in net[table]["name"].items():
            net[table].at[index, "p_mw"] = row[f"{name} (kW)"] / 1e3
            if table == "load":
                net.load.at[index, "q_mvar"] = row[f"{name} (kvar)"] / 1e3


def test_a_reader_who_applies_the_columns_gets_the_recorded_voltages(run: Run):
    net = pandapower.from_json(str(run.folder / "net.json"))
    for record in read(run.folder / "evidence.jsonl"):
        table = pd.read_csv(run.folder / record["file"])
        hour = record["measured"]["min_voltage_hour"]["value"]
        applied(net, table.iloc[round(4 * hour)])
        pandapower.runpp(net, tolerance_mva=1e-9)
        lowest = net.res_bus["vm_pu"].min()
        assert lowest == pytest.approx(record["measured"]["min_voltage"]["value"], abs=1e-6)
        energy = table[[f"{n} (kW)" for n in net.load["name"]]].to_numpy().sum() / 4
        assert energy == pytest.approx(record["measured"]["load_energy"]["value"], rel=1e-6)


def test_dates_are_in_the_owners_year_and_of_the_kind_that_was_asked(run: Run):
    for record in read(run.folder / "evidence.jsonl"):
        times = pd.to_datetime(pd.read_csv(run.folder / record["file"])["time"])
        date = times.to_numpy()[:1].astype("datetime64[D]")
        assert (times.dt.date == times.dt.date[0]).all()
        assert str(date[0])[:4] == "2024"  # the year in which the data end
        assert day_types(date)[0] == record["conditions"]["day_type"] == "sunday_or_holiday"
        assert seasons(date)[0] == record["conditions"]["season"]


def test_columns_carry_the_owners_names_in_kw(run: Run):
    heads = list(pd.read_csv(run.folder / read(run.folder / "evidence.jsonl")[0]["file"]))
    loads = ["House 1", "House 2", "House 3", "Bakery", "Charger"]
    wanted = ["time", *(f"{n} (kW)" for n in [*loads, "Roof"]), *(f"{n} (kvar)" for n in loads)]
    assert heads == wanted


def test_elements_that_share_a_profile_must_go_together(run: Run, tmp_path: Path):
    from ingenium.domains.grid.data.dataset import ProfileNames, feeder_days
    from ingenium.domains.grid.formats.own_csv import OwnCsv

    net = pandapower.create_empty_network()
    bus = pandapower.create_bus(net, 0.4)
    for name, kw in (("A", 4.0), ("B", 8.0), ("B", 0.5)):
        pandapower.create_load(net, bus, kw / 1e3, name=name, scaling=2.0)
    net.load["profile"] = "shared"
    pandapower.create_sgen(net, bus, 0.01, q_mvar=0.002, name="Roof")
    net.sgen["profile"] = "sun"
    names = ProfileNames(("shared",), ("sun",), ("solar",))
    form = OwnCsv(names, net, 2024)
    load = np.random.default_rng(0).uniform(size=(1, 1, 96))
    days = feeder_days(load, load, load[:, :, ::-1], names)
    (path,) = form.write(days, tmp_path).values()
    table = pd.read_csv(path)
    assert list(table)[1:4] == ["A (kW)", "load 1 (kW)", "load 2 (kW)"]
    np.testing.assert_allclose(table["load 1 (kW)"], 16 * load[0, 0], rtol=1e-6)
    np.testing.assert_allclose(table["Roof (kvar)"], 2 * load[0, 0, ::-1], rtol=1e-6)
    np.testing.assert_allclose(form.read(path)["load_p"], load, rtol=1e-6)
    np.testing.assert_allclose(form.read(path)["infeed_p"], load[:, :, ::-1], rtol=1e-6)
    table.loc[7, "load 1 (kW)"] *= 1.1
    table.to_csv(path, index=False)
    with pytest.raises(InputError, match="the same course"):
        form.read(path)
    assert net.load["scaling"].tolist() == [2.0, 2.0, 2.0]  # the input is not changed


def test_the_net_lies_beside_the_designs_and_is_among_what_the_ledger_notes(run: Run):
    files = sorted((run.folder / "designs").iterdir())
    assert {f.suffix for f in files} == {".csv"}
    spec = load(run.folder / "spec.toml")
    assert not verify(spec, files).altered
    net = run.folder / "net.json"
    whole = net.read_bytes()
    net.write_bytes(whole.replace(b"House 1", b"House 9"))
    (found,) = verify(spec, files).runs
    assert "net.json" in found.faults[0]
    net.write_bytes(whole)
