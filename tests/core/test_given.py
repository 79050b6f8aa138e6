"""Inputs of a spec: read within bounds, checked against their declaration, digested by content."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingenium.core.digest import array_digest
from ingenium.core.errors import InputError
from ingenium.core.features import LeadingComponents
from ingenium.core.given import FOLDER, Input, read_given, stored
from ingenium.core.quantity import Variable
from ingenium.core.reading.tables import is_row
from ingenium.core.spec import Spec, as_table, dump, load

LOADS = (Variable("bus", (), "1", "name", longest=8), Variable("p_kw", (), "kW", "power", 0.0))
INPUTS = (
    Input("brief", "text", "what is wanted", most=20),
    Input("course", "array", "power over the day", unit="kW", dims=("step",), most=6),
    Input("field", "array", "heights", unit="m", dims=("x", "y")),
    Input("loads", "table", "loads", columns=LOADS),
    Input("net", "graph", "lines between buses", columns=(Variable("ohm", (), "ohm", "of it"),)),
    Input("scan", "file", "a scan"),
)


def read(**entries: Any) -> Any:
    return read_given(INPUTS, entries, "a test")


def file(folder: Path, name: str, text: str) -> dict[str, str]:
    (folder / name).write_text(text)
    return {"file": str(folder / name)}


def test_every_kind_from_the_spec_and_from_files(tmp_path: Path) -> None:
    links = {"start": [0, 1], "end": [1, 2], "ohm": [0.1, 0.2]}
    loads = {"bus": ["a", "b"], "p_kw": [1.0, 2.0]}
    inside = read(
        brief="a quiet fan",
        course={"values": [1, 2.5, -3], "unit": "MW"},
        field=[[1, 2], [3, 4]],
        loads={"values": loads},
        net={"values": links},
    )
    outside = read(
        brief=file(tmp_path, "brief.txt", "a quiet fan\n"),
        course={**file(tmp_path, "c.csv", "t,kw\n0,1000\n1,2500\n2,-3000\n"), "column": "kw"},
        field=file(tmp_path, "field.json", "[[1, 2], [3, 4]]"),
        loads=file(tmp_path, "l.csv", "p_kw,bus,more\n1,a,x\n2,b,y\n"),
        net=file(tmp_path, "net.csv", "start,end,ohm\n0,1,0.1\n1,2,0.2\n"),
        scan=file(tmp_path, "scan.bin", "bytes"),
    )
    assert inside["course"].tolist() == [1000.0, 2500.0, -3000.0]
    assert inside.digests["course"] == array_digest(np.array([1000.0, 2500.0, -3000.0]))
    assert outside["scan"] == b"bytes"
    assert {k: outside.digests[k] for k in inside.digests} == inside.digests
    assert outside["loads"].columns.tolist() == ["bus", "p_kw"]
    assert set(outside.files) == {i.name for i in INPUTS}
    assert inside.files == {}
    assert "3 numbers from -3000 to 2500 kW" in " ".join(inside.reported())


@pytest.mark.parametrize(
    ("entries", "reported"),
    [
        ({"bref": "x"}, 'Write "brief"'),
        ({"brief": 3}, "brief under .given. as a text"),
        ({"brief": "x" * 21}, "21 characters"),
        ({"brief": {"values": "x"}}, "values"),
        ({"course": "day.csv"}, "'day.csv'"),
        ({"course": [1.0] * 7}, "7 numbers"),
        ({"course": []}, "float64|0 numbers"),
        ({"course": [[1.0], [2.0]]}, "2 dimensions"),
        ({"course": [1.0, "2"]}, "1 dimensions"),
        ({"course": [True, False]}, "bool"),
        ({"course": [1.0, float("nan")]}, "not finite"),
        ({"course": {"values": [1.0], "unit": "kg"}}, "measures something else"),
        ({"course": {"values": [1.0], "file": "x"}}, "one of them"),
        ({"course": {"file": "/no/such.csv"}}, "no file"),
        ({"course": {"file": 3}}, "as text"),
        ({"field": [[1, 2], [3]]}, "several lengths"),
        ({"loads": {"values": {"bus": ["a"]}}}, "Add p_kw"),
        ({"loads": {"values": {"bus": ["a"], "p_kw": [1.0, 2.0]}}}, "several lengths"),
        ({"loads": {"values": {"bus": ["a"], "p_kw": [-1.0]}}}, "from -1"),
        ({"loads": {"values": {"bus": ["much too long"], "p_kw": [1.0]}}}, "at most 8"),
        ({"loads": {"values": {"bus": ["a"], "p_kw": ["one"]}}}, "'one' in row 1"),
        ({"loads": [1]}, "file ="),
        ({"net": {"values": {"start": [0], "end": [0], "ohm": [1.0]}}}, "no two nodes"),
        ({"net": {"values": {"start": [0, 1], "end": [1, 0], "ohm": [1.0, 1.0]}}}, "twice"),
        ({"scan": {"values": [1]}}, "file ="),
    ],
)
def test_what_is_not_as_declared_is_refused(entries: dict[str, Any], reported: str) -> None:
    with pytest.raises(InputError, match=reported):
        read(**entries)


def test_absent_inputs() -> None:
    assert read().values == {}
    with pytest.raises(InputError, match=r"no \[given\] for a test"):
        read_given((), {"brief": "x"}, "a test")
    with pytest.raises(InputError, match=r"Write \[given\] with brief"):
        read_given((Input("brief", "text", "it", needed=True),), {}, "a test")
    assert read_given((Input("brief", "text", "it", default="x"),), {}, "a test")["brief"] == "x"


def test_a_csv_of_several_columns_asks_which(tmp_path: Path) -> None:
    entry = file(tmp_path, "c.csv", "t,kw\n0,1\n")
    with pytest.raises(InputError, match=r'Name one: column = "\.\.\."'):
        read(course=entry)
    with pytest.raises(InputError, match=r'got "kv".*"kw"'):
        read(course={**entry, "column": "kv"})


@pytest.mark.parametrize(
    ("head", "row"),
    [("a,b", False), ("2019,2020", False), ("0", False), ("0.5", True), ("7", True),
     ("1.0,1.0", True), ("12,3,12", True), ("-1,x", False)],
)  # fmt: skip
def test_a_first_line_of_numbers_is_no_line_of_names(head: str, row: bool) -> None:
    assert is_row(head.split(",")) == row


def test_an_array_without_names_loses_no_row(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Write a line of names above them"):
        read(field=file(tmp_path, "field.csv", "12.0,3.0\n3.0,12.0\n"))


def test_a_spec_finds_its_files_and_a_run_keeps_them(tmp_path: Path) -> None:
    file(tmp_path, "c.json", json.dumps([1, 2]))
    (tmp_path / "spec.toml").write_text('problem = "x"\n[given]\ncourse = { file = "c.json" }\n')
    spec = load(tmp_path / "spec.toml")
    given = read_given(INPUTS, spec.given, "a test")
    assert stored(spec.given, given) == {"course": {"file": f"{FOLDER}/course.json"}}
    assert given.files["course"] == (".json", b"[1, 2]")
    (tmp_path / "again.toml").write_text(dump(spec))
    assert load(tmp_path / "again.toml") == spec
    assert "given" not in as_table(Spec("x"))


def test_components_tell_arrays_in_spreads_of_known_ones() -> None:
    rng = np.random.default_rng(0)
    known = rng.normal(size=(500, 2)) @ rng.normal(size=(2, 30)) + 7.0  # two ways to differ
    codec = LeadingComponents.of(np.concatenate([known, np.full((1, 30), np.nan)]))
    reported = codec.encode(known)
    assert reported.shape == (500, 2)
    np.testing.assert_allclose(np.cov(reported.T, bias=True), np.eye(2), atol=1e-9)
    assert (codec.encode(np.full((1, 30), np.nan)) == 0).all()
