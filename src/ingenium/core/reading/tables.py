"""CSV that users name, into a data frame: bounded in columns and cells, and never unpacked."""

from collections.abc import Sequence
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float64

from ingenium.core.errors import InputError
from ingenium.core.reading.files import refusing, text

MOST_CSV = 128 << 20  # bytes
MOST_COLUMNS = 10_000
MOST_CELLS = 20_000_000


def csv_file(path: Path, what: str) -> pd.DataFrame:
    """The rows below a header, with commas between cells.

    Raises:
        InputError: for what is no such table in UTF-8, or too large.
    """
    return csv_text(csv_content(path, what), path, what)


def check_columns(count: int, path: Path) -> None:
    """Refuse more columns than any table here has.

    Raises:
        InputError: for more than `MOST_COLUMNS`.
    """
    if count > MOST_COLUMNS:
        raise InputError(f"a table of at most {MOST_COLUMNS} columns", f"{count} in {path}")


def csv_content(path: Path, what: str) -> str:
    """The text of a CSV file, which a first look may find the delimiter in.

    Raises:
        InputError: for what is no text in UTF-8, or too large.
    """
    return text(path, what, most=MOST_CSV)


def numbers_of(column: "pd.Series[Any]", what: str, path: Path) -> Float64[np.ndarray, " n"]:
    """A column of numbers, as every program reads them.

    Raises:
        InputError: for a column with anything else, such as truths, or `1_000`, which is a number
            to Python alone.
    """
    if column.dtype.kind not in "iuf":
        odd = column[pd.to_numeric(column, errors="coerce").isna()]
        came = f"{odd.iloc[0]!r}" if len(odd) else f"{column.dtype}"
        raise InputError(f"{what} with numbers as {column.name}", f"{came} in {path}")
    return column.to_numpy(np.float64)


def csv_text(
    found: str, path: Path, what: str, *, delimiter: str = ",", decimal: str = "."
) -> pd.DataFrame:
    """The rows below a header.

    Raises:
        InputError: for what is no such table, or of too many columns or cells.
    """
    head = found.lstrip().partition("\n")[0]  # blank lines before it are skipped
    check_columns(1 + head.count(delimiter), path)
    cells = found.count("\n") + found.count(delimiter)
    if cells > MOST_CELLS:
        raise InputError(f"{what} of at most {MOST_CELLS} cells", f"{cells} in {path}")
    with refusing(what, path):
        frame = pd.read_csv(StringIO(found), sep=delimiter, decimal=decimal, low_memory=False)
    if len(frame) and not isinstance(frame.index, pd.RangeIndex):  # its first cells were set apart
        raise InputError(
            f"{what} whose rows have as many cells as its header",
            f"longer ones in {path}",
            f'Name each column, and end no row with "{delimiter}".',
        )
    return frame


def is_row(heads: Sequence[str]) -> bool:
    """Whether the first line holds numbers of the table and no names, such as years that rise."""
    numbers: list[float] = []
    for head in heads:
        for written in (head, head.rpartition(".")[0]):  # what comes again is numbered
            try:
                numbers.append(float(written))
            except ValueError:
                continue
            break
    if len(numbers) < len(heads):
        return False
    if len(numbers) == 1:
        return numbers[0] != 0  # which is what pandas calls a column without a name
    return any(a >= b for a, b in pairwise(numbers))
