"""The drafted mapping of a feeder: it opens, and names the elements a reader would."""

import runpy
import shutil
import tomllib
from pathlib import Path

import numpy as np
import pandapower
import pandas as pd
import pytest
from typer.testing import CliRunner

from ingenium.cli.app import app
from ingenium.core.errors import InputError
from ingenium.domains.grid.data.ingest import ingest
from ingenium.domains.grid.data.netfile import read_net
from ingenium.domains.grid.draft import feeder

OWN = Path(__file__).parents[3] / "examples" / "grid" / "own_feeder"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("draft") / "own"
    shutil.copytree(OWN, folder, ignore=shutil.ignore_patterns("net.json", "profiles.csv"))
    runpy.run_path(str(folder / "make_files.py"))["write"](folder)
    return folder


@pytest.mark.slow
def test_the_examples_mapping_is_drafted_as_it_was_written_by_hand(own: Path, tmp_path: Path):
    out = tmp_path / "mapping.toml"
    words = ["draft", "feeder", str(own / "net.json"), str(own / "profiles.csv"), "--out", str(out)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    drafted, written = (
        tomllib.loads(out.read_text()),
        tomllib.loads((own / "mapping.toml").read_text()),
    )
    named = {name for name in written["loads"] if name != "Charger"}
    for name in named:
        assert drafted["loads"][name] == written["loads"][name]
    assert drafted["loads"]["*"] == {"p": "charging", "unit": "pu"}  # the one that is left
    assert drafted["infeeds"]["Roof"]["p"] == "Roof kW"
    _, net = read_net(str(own / "net.json"))
    one, other = (ingest(own / "profiles.csv", path, net) for path in (out, own / "mapping.toml"))
    np.testing.assert_array_equal(one.table.total_load_mw, other.table.total_load_mw)
    assert "It opens, with 140 whole days." in done.output
    again = CliRunner().invoke(app, words)
    assert again.exit_code == 2
    assert "--overwrite" in again.output


def many(folder: Path, loads: int = 57) -> tuple[Path, Path]:
    """A network of many loads, named in another way than the columns of the file."""
    net = pandapower.create_empty_network()
    bus = pandapower.create_bus(net, 0.4)
    pandapower.create_ext_grid(net, bus)
    for i in range(loads):
        pandapower.create_load(net, bus, 0.004, 0.001, name=f"LV4.101 Load {i + 1}")
    pandapower.create_sgen(net, bus, 0.01, name="PV 3", type="PV")
    rng = np.random.default_rng(0)
    time = pd.date_range("2023-03-01", periods=60 * 96, freq="15min", tz="Europe/Berlin")
    table = {"Zeit": time.tz_localize(None).strftime("%d.%m.%Y %H:%M")}
    for i in range(loads):
        table[f"lv4_101_load_{i + 1:02d}_p_w"] = rng.uniform(100, 3000, len(time)).round(1)
        table[f"lv4_101_load_{i + 1:02d}_q_var"] = rng.uniform(0, 500, len(time)).round(1)
    table["pv3"] = rng.uniform(0, 9, len(time)).round(3)
    pandapower.to_json(net, str(folder / "net.json"))
    pd.DataFrame(table).to_csv(folder / "p.csv", index=False, sep=";")
    return folder / "net.json", folder / "p.csv"


@pytest.mark.slow
def test_fifty_seven_loads(tmp_path: Path):
    net, profiles = many(tmp_path)
    text, notes = feeder(net, profiles)
    found = tomllib.loads(text)
    assert len(found["loads"]) == 57
    assert found["loads"]["LV4.101 Load 7"] == {
        "p": "lv4_101_load_07_p_w",
        "q": "lv4_101_load_07_q_var",
        "unit": "W",
    }
    assert found["infeeds"]["PV 3"] == {"p": "pv3", "unit": "kW"}  # from its size: 9 of 10 kW
    assert found["time"] == {"column": "Zeit", "timezone": "Europe/Berlin"}
    assert any("summer time" in note for note in notes)
    assert any(note.startswith("It opens, with ") for note in notes)


def test_what_nothing_fits_is_said(tmp_path: Path):
    net, profiles = many(tmp_path, 3)
    table = pd.read_csv(profiles, sep=";")
    table.drop(columns="lv4_101_load_02_p_w").to_csv(profiles, index=False, sep=";")
    text, notes = feeder(net, profiles)
    assert "LV4.101 Load 2" not in tomllib.loads(text)["loads"]
    assert any("No column fits LV4.101 Load 2" in note for note in notes)
    assert any(note.startswith("The draft does not open as it is") for note in notes)


def test_files_that_are_none_are_refused(own: Path, tmp_path: Path):
    with pytest.raises(InputError, match="no file"):
        feeder(own / "net.json", tmp_path / "absent.csv")
    with pytest.raises(InputError, match="a SimBench code"):
        feeder(tmp_path / "absent.json", own / "profiles.csv")
    with pytest.raises(InputError, match="a net and its profiles"):
        feeder(own / "net.json")
