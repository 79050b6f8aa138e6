"""Tables are bounded, read as text whatever their name is, and refused by row and column."""

import doctest
import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ingenium.core.errors import InputError
from ingenium.core.formats import columns
from ingenium.core.reading import heads, tables
from ingenium.core.reading.tables import read_table, table_of


@pytest.mark.parametrize("module", [tables, heads, columns])
def test_the_examples_run(module: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    flags = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
    found = doctest.testmod(module, optionflags=flags)  # type: ignore[arg-type]
    assert found.attempted
    assert not found.failed


def test_rows_below_a_header(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text('a,b\r\n1,"x, y"\r\n2.5,z\r\n')
    table = read_table(file, "a table")
    assert (table.numbers("a").tolist(), table.texts("b")) == ([1.0, 2.5], ["x, y", "z"])


@pytest.mark.parametrize(
    "written", ["a;b\n1,5;2\n", "a\tb\n1,5\t2\n", "a|b\n1.5|2\n", "a,b\n1.5,2\n"]
)
def test_delimiters_and_decimal_signs_as_people_write_them(written: str) -> None:
    assert table_of(written, "a table").block(["a", "b"]).tolist() == [[1.5], [2.0]]
    with pytest.raises(InputError, match="one decimal sign"):
        table_of("a;b\n1,5;2.5\n", "a table")


@pytest.mark.parametrize("head", ["load_kw", "load [kW]", "load (kW)", " load [ kW ] "])
def test_units_in_headings(head: str) -> None:
    table = table_of(f"time,{head}\nx,1.5\n", "a table")
    assert table.numbers("load", "W").tolist() == [1500.0]
    assert table.numbers("load").tolist() == [1.5]
    with pytest.raises(InputError, match="load in V or a unit that converts"):
        table.numbers("load", "V")
    with pytest.raises(InputError, match="each column once, got load 2 times in row 1"):
        table_of(f"load_w,{head}\n1,1.5\n", "a table").numbers("load", "W")


def test_a_heading_without_a_unit_is_in_the_one_that_is_asked_for() -> None:
    assert table_of("load\n1.5\n", "a table").numbers("load", "kW").tolist() == [1.5]
    assert table_of("load_w\n1500\n", "a table").numbers("load_w", "kW").tolist() == [1.5]
    assert table_of("part_n\n1.5\n", "a table").numbers("part_n", "1").tolist() == [1.5]
    with pytest.raises(InputError, match="'1e\\+308' in row 2"):
        table_of("load_kw\n1e308\n", "a table").numbers("load", "W")
    with pytest.raises(InputError, match="a table with rows, got none"):
        table_of("load\n", "a table").numbers("load", "kW")


def test_gaps_are_refused_or_read_as_such() -> None:
    table = table_of("a,b\n1,2\n,3\n", "a table")
    assert np.isnan(table.numbers("a", gaps=True)[1])
    with pytest.raises(InputError, match=r"an empty cell in row 3, column a of table\.csv"):
        table.numbers("a")
    with pytest.raises(InputError, match="'inf' in row 3"):
        table_of("a\n1\ninf\n", "a table").numbers("a", gaps=True)


@pytest.mark.parametrize(
    ("text", "row"),
    [("a,b\n1,2\nx,3\n", 3), ("a,b\n\n\n1,2\nx,3\n", 5), ("\n\na,b\n1,2\n\nx,3\n", 6)],
)
def test_rows_are_those_of_the_file(text: str, row: int) -> None:
    with pytest.raises(InputError, match=f"'x' in row {row}, column a of"):
        table_of(text, "a table").numbers("a")


def test_stamps_with_a_zone_and_the_changeover() -> None:
    stamps = ("02:00", "02:30", "02:00", "02:30")
    text = "time,a\n" + "".join(f"2016-10-30 {stamp},1\n" for stamp in stamps)
    found = table_of(text, "a table").times("time", zone="Europe/Berlin")
    assert found.strftime("%H:%M").tolist() == ["00:00", "00:30", "01:00", "01:30"]
    with pytest.raises(InputError, match="whose zone is known"):
        table_of(text, "a table").times("time")


def test_columns_that_must_be_there() -> None:
    table = table_of("a,b\n1,2\n", "a table")
    table.expect(["b", "a"], 1, ordered=False)
    for heads_, rows, reported in (
        (["a"], 1, "none missing, b too many"),
        (["a", "c"], 1, "c missing, b too many"),
        (["a", "b"], 2, "Write 2 rows"),
        (["b", "a"], 1, "above the rows"),
    ):
        with pytest.raises(InputError, match=reported):
            table.expect(heads_, rows)
    with pytest.raises(InputError, match="a 2 in row 2 of"):
        table.same("a", [2])


def test_parquet_is_a_table_too(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    pd.DataFrame({"load_kw": [1.5], "note": ["x"]}).to_parquet(file)
    table = read_table(file, "a table")
    assert table.numbers("load", "W").tolist() == [1500.0]
    with pytest.raises(InputError, match="'x' in row 2"):
        table.numbers("note")
    file.write_text("none")
    with pytest.raises(InputError, match="expected a table, as a Parquet file, got"):
        read_table(file, "a table")


@pytest.mark.parametrize("cell", ["1_000", "\u0661", "x", "True", "1 m", "1+0j"])
def test_numbers_of_a_column_are_those_that_every_program_reads(cell: str) -> None:
    assert table_of("a,b\n1,2.5\n2,3\n", "a table").numbers("b").tolist() == [2.5, 3.0]
    for read in (lambda table: table.numbers("b"), lambda table: table.block(["b"])):
        with pytest.raises(InputError, match="a table with finite numbers in b"):
            read(table_of(f"a,b\n1,{cell}\n", "a table"))


@pytest.mark.parametrize("ending", ["gz", "xz", "zst", "bz2", "zip"])
def test_packed_tables_whole_or_cut(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"a.csv.{ending}"
    file.write_bytes(gzip.compress(b"a,b\n" + 1000 * b"1,2\n")[:-9])
    with pytest.raises(InputError, match=r"expected a table, got .*UTF-8"):
        read_table(file, "a table")


def test_a_million_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.csv"
    file.write_text("a" + ",a" * 1_000_000 + "\n1\n")
    with pytest.raises(InputError, match="at most 10000 columns, got 1000001"):
        read_table(file, "a table")
    monkeypatch.setattr(tables, "MOST_CELLS", 20)
    file.write_text("a\n" + "1\n" * 20)
    with pytest.raises(InputError, match="at most 20 cells, got 21"):
        read_table(file, "a table")


@pytest.mark.parametrize("reported", ["", 'a,b\n"1,2\n', "a,b\n1,2,3\n1,2,3,4\n"])
def test_what_is_no_table(tmp_path: Path, reported: str) -> None:
    file = tmp_path / "a.csv"
    file.write_text(reported)
    with pytest.raises(InputError, match=r"expected a table, got .*a\.csv"):
        read_table(file, "a table")
