"""CSV is bounded in columns and cells, and read as text whatever its name says."""

import gzip
from pathlib import Path

import pytest

from ingenium.core.errors import InputError
from ingenium.core.reading import tables
from ingenium.core.reading.tables import csv_file, csv_text


def test_rows_below_a_header(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text('a,b\r\n1,"x, y"\r\n2.5,z\r\n')
    assert csv_file(file, "a table").to_dict("list") == {"a": [1.0, 2.5], "b": ["x, y", "z"]}
    assert csv_text("a;b\n1,5;2\n", file, "a table", delimiter=";", decimal=",")["a"][0] == 1.5


@pytest.mark.parametrize("ending", ["gz", "xz", "zst", "bz2", "zip"])
def test_packed_tables_whole_or_cut(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"a.csv.{ending}"
    file.write_bytes(gzip.compress(b"a,b\n" + 1000 * b"1,2\n")[:-9])
    with pytest.raises(InputError, match=r"expected a table; came .*utf-8"):
        csv_file(file, "a table")


def test_a_million_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.csv"
    file.write_text("a" + ",a" * 1_000_000 + "\n1\n")
    with pytest.raises(InputError, match="at most 10000 columns; came 1000001"):
        csv_file(file, "a table")
    monkeypatch.setattr(tables, "MOST_CELLS", 20)
    file.write_text("a\n" + "1\n" * 20)
    with pytest.raises(InputError, match="at most 20 cells; came 21"):
        csv_file(file, "a table")


@pytest.mark.parametrize("told", ["", 'a,b\n"1,2\n', "a,b\n1,2,3\n1,2,3,4\n"])
def test_what_is_no_table(tmp_path: Path, told: str) -> None:
    file = tmp_path / "a.csv"
    file.write_text(told)
    with pytest.raises(InputError, match=r"expected a table; came .*a\.csv"):
        csv_file(file, "a table")
