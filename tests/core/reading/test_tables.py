"""CSV is bounded in columns and cells, and read as text whatever its name says."""

import gzip
from pathlib import Path

import pytest

from ingenium.core.errors import InputError
from ingenium.core.reading import tables
from ingenium.core.reading.tables import csv_file, csv_text, numbers_of


def test_rows_below_a_header(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text('a,b\r\n1,"x, y"\r\n2.5,z\r\n')
    assert csv_file(file, "a table").to_dict("list") == {"a": [1.0, 2.5], "b": ["x, y", "z"]}
    assert csv_text("a;b\n1,5;2\n", file, "a table", delimiter=";", decimal=",")["a"][0] == 1.5


@pytest.mark.parametrize("cell", ["1_000", "\u0661", "x", "True", "1 m", "1+0j"])
def test_numbers_of_a_column_are_those_that_every_program_reads(tmp_path: Path, cell: str) -> None:
    file = tmp_path / "a.csv"
    file.write_text("a,b\n1,2.5\n2,3\n", encoding="utf-8")
    table = csv_file(file, "a table")
    assert numbers_of(table["b"], "a table", file).tolist() == [2.5, 3.0]
    file.write_text(f"a,b\n1,{cell}\n", encoding="utf-8")
    with pytest.raises(InputError, match="a table with numbers as b"):
        numbers_of(csv_file(file, "a table")["b"], "a table", file)


@pytest.mark.parametrize("ending", ["gz", "xz", "zst", "bz2", "zip"])
def test_packed_tables_whole_or_cut(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"a.csv.{ending}"
    file.write_bytes(gzip.compress(b"a,b\n" + 1000 * b"1,2\n")[:-9])
    with pytest.raises(InputError, match=r"expected a table; came .*UTF-8"):
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
