"""Parquet that users name, into a data frame, within bounds."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from ingenium.core.errors import InputError
from ingenium.core.reading.files import content, refusing
from ingenium.core.reading.tables import MOST_CELLS, check_columns
from ingenium.domains.grid.data.packages import YEARS

MOST_UNPACKED = 256 << 20  # bytes


def read_parquet(path: Path) -> pd.DataFrame:
    """The table of a Parquet file, whose own account of its size is read first.

    Raises:
        InputError: for what is no Parquet, or too large.
        MissingExtra: if pyarrow is not installed.
    """
    _, parquet = arrow()
    what = "a Parquet file"
    data = content(path, what)
    with refusing(what, path):
        file = parquet.ParquetFile(BytesIO(data))
        told = file.metadata
        check_columns(told.num_columns, path)
        if told.num_rows * told.num_columns > MOST_CELLS:
            raise InputError(
                f"{what} of at most {MOST_CELLS} cells",
                f"{told.num_rows} rows of {told.num_columns} in {path}",
            )
        groups = [told.row_group(i) for i in range(told.num_row_groups)]
        size = sum(group.total_byte_size for group in groups)
        if size > MOST_UNPACKED:
            raise InputError(f"{what} of at most {MOST_UNPACKED} bytes", f"{size} in {path}")
        return pd.DataFrame(file.read(use_threads=False).to_pandas(use_threads=False))


def arrow() -> tuple[Any, Any]:
    """The packages pyarrow and pyarrow.parquet.

    Raises:
        MissingExtra: if they are not installed.
    """
    return YEARS.package("pyarrow"), YEARS.package("pyarrow.parquet")
