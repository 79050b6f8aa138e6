"""One fault in a feeder of one's own: exit code 2, a message, nothing written."""

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ingenium.cli.app import app

OWN = Path(__file__).parents[2] / "examples" / "grid" / "own_feeder"
SPEC = """
problem = "grid.feeder_day"
[setup]
grid = "net.json"
profiles = "profiles.csv"
mapping = "mapping.toml"
"""
Change = Callable[[str], str | bytes]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The files of the example, and a spec."""
    folder = tmp_path_factory.mktemp("own")
    runpy.run_path(str(OWN / "make_files.py"))["write"](folder)
    files = {name: (folder / name).read_text() for name in ("net.json", "profiles.csv")}
    return files | {"mapping.toml": (OWN / "mapping.toml").read_text(), "spec.toml": SPEC}


def cell(text: str) -> Change:
    """Replace the last value of row 51."""

    def change(table: str) -> str:
        rows = table.splitlines()
        rows[50] = f"{rows[50].rpartition(',')[0]},{text}"
        return "\n".join(rows)

    return change


def rows(change: Callable[[list[str]], object]) -> Change:
    def changed(table: str) -> str:
        lines = table.splitlines()
        change(lines)
        return "\n".join(lines)

    return changed


def element(table: str, column: str, value: object) -> Change:
    """Set a value of the first element of a table of the network."""

    def change(frame: dict[str, Any]) -> None:
        frame["data"][0][frame["columns"].index(column)] = value

    return net(table, change)


def net(table: str, change: Callable[[dict[str, Any]], object]) -> Change:
    def changed(text: str) -> str:
        whole = json.loads(text)
        held = whole["_object"][table]
        frame = json.loads(held["_object"])
        change(frame)
        held["_object"] = json.dumps(frame)
        return json.dumps(whole)

    return changed


def emptied(frame: dict[str, Any]) -> None:
    frame["data"].clear()
    frame["index"].clear()


CASES: dict[str, tuple[str, Change, str]] = {
    "empty": ("profiles.csv", lambda _: "", "which is empty"),
    "header alone": ("profiles.csv", lambda t: t.splitlines()[0], "without any"),
    "pickle": ("profiles.csv", lambda _: b"\x80\x04\x95" + 99 * b"A", "CSV file in UTF-8"),
    "no number": ("profiles.csv", cell("much"), "got 'much' in row 51"),
    "absent": ("profiles.csv", cell(""), "a value in each row"),
    "not a number": ("profiles.csv", cell("nan"), "a value in each row"),
    "infinite": ("profiles.csv", cell("inf"), "got 'inf' in row 51"),
    "beyond a double": ("profiles.csv", cell(400 * "9"), "got '9999"),
    "huge": ("profiles.csv", cell("1e300"), "near its rated 10 kW"),
    "negative": ("profiles.csv", cell("-5"), "infeed of at least 0"),
    "order": ("profiles.csv", rows(lambda x: x.insert(50, x.pop(51))), "in the order of time"),
    "doubled": ("profiles.csv", rows(lambda x: x.insert(50, x[50])), "one row for each time"),
    "few days": (
        "profiles.csv",
        rows(lambda x: x.__delitem__(slice(999, None))),
        "at least 14 whole days",
    ),
    "unknown profile": ("mapping.toml", lambda t: t.replace("Roof kW", "Rof kW"), "'Rof kW'"),
    "unknown load": ("mapping.toml", lambda t: t.replace("Bakery]", '"../../x"]'), "'../../x'"),
    "wrong unit": ("mapping.toml", lambda t: t.replace('"kW"', '"MW"'), "kW given as MW"),
    "deep mapping": ("mapping.toml", lambda _: "a=" + 9999 * "[", "a mapping in TOML"),
    "no JSON": ("net.json", lambda t: t[:5000], "a JSON file of a net"),
    "deep net": ("net.json", lambda _: 99999 * "[", "a JSON file of a net"),
    "no solution": ("net.json", element("line", "length_km", 1e9), "pandapower finds none"),
    "line of no length": ("net.json", element("line", "length_km", 0.0), "divides by 0"),
    "no resistance": ("net.json", element("line", "r_ohm_per_km", None), "divides by 0"),
    "no voltage": ("net.json", element("bus", "vn_kv", 0.0), "divides by 0"),
    "line to nowhere": ("net.json", element("line", "to_bus", 99), "pandapower can solve"),
    "power as text": ("net.json", element("load", "p_mw", "much"), "a rated power p_mw above 0"),
    "no lines": ("net.json", net("line", emptied), "supplies at least one load"),
    "scale": ("spec.toml", lambda t: t + "load_scale = -1", "load_scale above 0"),
    "split": ("spec.toml", lambda t: t + "split_seed = -1", "split_seed of at least 0"),
    "weeks": ("spec.toml", lambda t: t + "held_out_every = 1", "held_out_every = 5"),
    "half": ("spec.toml", lambda t: t.replace("mapping =", "#"), "profiles alone"),
    "foreign file": ("spec.toml", lambda t: t.replace("net.json", "spec.toml"), "a JSON file"),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_wrong_is_said(name: str, good: dict[str, str], tmp_path: Path) -> None:
    spoiled, change, says = CASES[name]
    for file, text in good.items():
        content = change(text) if file == spoiled else text
        assert file != spoiled or content != text
        (tmp_path / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    words = ["propose", "grid.feeder_day", "--spec", str(tmp_path / "spec.toml"), "-n", "2"]
    done = CliRunner().invoke(app, [*words, "--out", str(tmp_path / "out" / "run")])
    assert done.exit_code == 2, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
