"""Tables of series as CSV, with pyarrow and without it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingenium.core.errors import InputError
from ingenium.domains.grid.formats import csv_table
from ingenium.domains.grid.formats.csv_table import round_digits


def test_without_pyarrow_the_same_bytes_are_written_and_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers of every size, including those that round to 7 digits."""
    rng = np.random.default_rng(0)
    power = 10.0 ** rng.uniform(-25, 25, 3000)
    values = np.concatenate([power, -power, round_digits(power), [0.0, -0.0, 1e-6, 1e21, 100000.0]])
    times = [f"2024-01-01 {i}" for i in range(len(values))]
    csv_table.write_table(tmp_path / "a.csv", ["one"], times, values[None], delimiter=";")
    read = csv_table.read_times([tmp_path / "a.csv"], ["one"], "a table", delimiter=";")[0]
    monkeypatch.setattr(csv_table, "_arrow", lambda: None)
    csv_table.write_table(tmp_path / "b.csv", ["one"], times, values[None], delimiter=";")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    again = csv_table.read_times([tmp_path / "a.csv"], ["one"], "a table", delimiter=";")[0]
    assert again[0] == read[0] == times
    np.testing.assert_array_equal(again[1], values[None])
    for text in ("time;one\nx;\n", "time;one\nx;many\n", "time;two\nx;1\n", "time;one\nx;1;2\n"):
        (tmp_path / "bad.csv").write_text(text)
        with pytest.raises(InputError):
            csv_table.read_times([tmp_path / "bad.csv"], ["one"], "a table", delimiter=";")


TWO = ["one", "two"]


def _many(folder: Path, count: int) -> tuple[list[Path], np.ndarray]:
    paths = [folder / f"{i}.csv" for i in range(count)]
    values = round_digits(np.random.default_rng(0).normal(size=(count, 2, 3)))
    csv_table.write_tables(paths, TWO, count * [["a", "b", "c"]], values)
    return paths, values


def test_many_tables_are_written_and_read_as_each_alone(tmp_path: Path) -> None:
    paths, values = _many(tmp_path, csv_table.TOGETHER + 3)
    csv_table.write_table(tmp_path / "one.csv", TWO, ["a", "b", "c"], values[-1])
    assert paths[-1].read_bytes() == (tmp_path / "one.csv").read_bytes()
    for (times, rows), own in zip(csv_table.read_times(paths, TWO, "a table"), values, strict=True):
        assert times == ["a", "b", "c"]
        np.testing.assert_array_equal(rows, own)


def test_tables_of_another_hand_among_many_are_read_too(tmp_path: Path) -> None:
    paths, values = _many(tmp_path, 3)
    paths[1].write_bytes(paths[1].read_bytes().replace(b"\n", b"\r\n"))
    paths[2].write_text("two,time,one\n1.5,a,2.5\n")
    found = csv_table.read_times(paths, TWO, "a table")
    np.testing.assert_array_equal(found[1][1], values[1])
    assert found[2][0] == ["a"]
    np.testing.assert_array_equal(found[2][1], [[2.5], [1.5]])


@pytest.mark.parametrize(
    "spoiled",
    [
        "time,one,two\na,1,2\nb,1,2\n\n",
        "time,one,two\na,1,2\nb,1\nc,1,2\n",
        "time,one,two\na,1,2\nb,1,x\nc,1,2\n",
        'time,one,two\n"a,1,2\nb",1,2\nc,1,2\n',
        "time,one\na,1\nb,1\nc,1\n",
        "time,one,two\na,1,2\nb,1,2\nc,1,2",
    ],
    ids=["blank", "short", "letters", "quoted", "narrow", "unended"],
)
def test_a_table_among_many_is_what_it_is_alone(spoiled: str, tmp_path: Path) -> None:
    """No line reaches from one file into the next, and a refusal names the file."""
    paths, _ = _many(tmp_path, 3)
    paths[1].write_text(spoiled)
    alone = _found(lambda: csv_table.read_times(paths[1:2], TWO, "a table")[0])
    among = _found(lambda: csv_table.read_times(paths, TWO, "a table")[1])
    assert among[0] == alone[0]
    np.testing.assert_array_equal(among[1], alone[1])


def _found(read: Callable[[], tuple[Any, np.ndarray]]) -> tuple[Any, np.ndarray]:
    """The table, or the message of the error."""
    try:
        return read()
    except InputError as error:
        return str(error), np.empty(0)
