"""Tables of series as CSV, with pyarrow and without it."""

from pathlib import Path

import numpy as np
import pytest

from ingenium.core.errors import InputError
from ingenium.domains.grid import csv_table
from ingenium.domains.grid.csv_table import round_digits


def test_without_pyarrow_the_same_bytes_are_written_and_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers of every size, also such as round to 7 digits."""
    rng = np.random.default_rng(0)
    power = 10.0 ** rng.uniform(-25, 25, 3000)
    values = np.concatenate([power, -power, round_digits(power), [0.0, -0.0, 1e-6, 1e21, 100000.0]])
    times = [f"2024-01-01 {i}" for i in range(len(values))]
    csv_table.write_table(tmp_path / "a.csv", ["one"], times, values[None], delimiter=";")
    read = csv_table.read_table(tmp_path / "a.csv", ["one"], "a table", delimiter=";")
    monkeypatch.setattr(csv_table, "_arrow", lambda: None)
    csv_table.write_table(tmp_path / "b.csv", ["one"], times, values[None], delimiter=";")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    again = csv_table.read_table(tmp_path / "a.csv", ["one"], "a table", delimiter=";")
    assert again[0] == read[0] == times
    np.testing.assert_array_equal(again[1], values[None])
    for text in ("time;one\nx;\n", "time;one\nx;many\n", "time;two\nx;1\n", "time;one\nx;1;2\n"):
        (tmp_path / "bad.csv").write_text(text)
        with pytest.raises(InputError):
            csv_table.read_table(tmp_path / "bad.csv", ["one"], "a table", delimiter=";")
