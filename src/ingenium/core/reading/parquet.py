"""Parquet files as data frames, read within bounds."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from ingenium.core.errors import InputError
from ingenium.core.packages import YEARS
from ingenium.core.reading.files import content, refusing

MOST_UNPACKED = 256 << 20  # bytes


def read_parquet(path: Path, what: str, most_columns: int, most_cells: int) -> pd.DataFrame:
    """Read the table of a Parquet file, after checking the size that its metadata declare.

    An index of times becomes the first column.

    Raises:
        InputError: for a file that is not Parquet, or too large.
        MissingExtra: if pyarrow is not installed.
    """
    _, parquet = arrow()
    data = content(path, what)
    with refusing(what, path):
        file = parquet.ParquetFile(BytesIO(data))
        reported = file.metadata
        if reported.num_columns > most_columns:
            raise InputError(
                f"a table of at most {most_columns} columns", f"{reported.num_columns} in {path}"
            )
        if reported.num_rows * reported.num_columns > most_cells:
            raise InputError(
                f"{what} of at most {most_cells} cells",
                f"{reported.num_rows} rows of {reported.num_columns} in {path}",
            )
        groups = [reported.row_group(i) for i in range(reported.num_row_groups)]
        size = sum(group.total_byte_size for group in groups)
        if size > MOST_UNPACKED:
            raise InputError(f"{what} of at most {MOST_UNPACKED} bytes", f"{size} in {path}")
        frame = pd.DataFrame(file.read(use_threads=False).to_pandas(use_threads=False))
    if isinstance(frame.index, pd.DatetimeIndex):
        return frame.reset_index(names=str(frame.index.name or "time"))
    return frame


def arrow() -> tuple[Any, Any]:
    """Return the packages pyarrow and pyarrow.parquet.

    Raises:
        MissingExtra: if they are not installed.
    """
    return YEARS.package("pyarrow"), YEARS.package("pyarrow.parquet")
