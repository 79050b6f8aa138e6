"""CSV tables of series: a time for each row, and columns of numbers by name.

Years of thousands of consumers are written by pyarrow; where it is not installed, as for a user's
own net, the same bytes are written number by number. Tables of many days are written and read
together, since each call takes longer than the numbers of a day.
"""

from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from ingenium.core.errors import InputError
from ingenium.core.reading.files import content
from ingenium.core.reading.tables import read_table, table_of

DIGITS = 7
TOGETHER = 256  # tables


def round_digits(values: Float64[np.ndarray, "*shape"]) -> Float64[np.ndarray, "*shape"]:
    """Round to 7 significant digits: the double nearest to the decimal, so that text is exact."""
    exponent = np.zeros_like(values)
    np.log10(np.abs(values), out=exponent, where=values != 0)
    digits = DIGITS - 1 - np.floor(exponent)
    scale = 10.0 ** np.clip(digits, 0, 22)  # powers up to 10^22 are exact
    return np.asarray(np.rint(values * scale) / scale)


def write_table(
    path: Path,
    heads: list[str],
    times: Sequence[str],
    rows: Float64[np.ndarray, "columns t"],
    *,
    delimiter: str = ",",
) -> None:
    """Write the column `time` and those of `heads`."""
    path.write_bytes(_head(heads, delimiter) + _body(times, rows, delimiter))


def write_tables(
    paths: Sequence[Path],
    heads: list[str],
    times: Sequence[Sequence[str]],
    values: Float64[np.ndarray, "n columns t"],
    *,
    delimiter: str = ",",
) -> None:
    """Write tables of equally many rows, each as by `write_table`."""
    head, steps = _head(heads, delimiter), values.shape[2]
    for k in range(0, len(paths), TOGETHER):
        part = slice(k, k + TOGETHER)
        rows = values[part].transpose(1, 0, 2).reshape(len(heads), len(paths[part]) * steps)
        body = _body([time for day in times[part] for time in day], rows, delimiter)
        ends = np.flatnonzero(np.frombuffer(body, dtype=np.uint8) == ord("\n"))[steps - 1 :: steps]
        starts = [0, *(ends + 1).tolist()]
        for path, start, end in zip(paths[part], starts[:-1], starts[1:], strict=True):  # one file
            path.write_bytes(head + body[start:end])


def _head(heads: list[str], delimiter: str) -> bytes:
    return (delimiter.join(["time", *heads]) + "\n").encode()


def _body(times: Sequence[str], rows: Float64[np.ndarray, "columns t"], delimiter: str) -> bytes:
    if (arrow := _arrow()) is None:
        lines = zip(times, *([number(x) for x in row] for row in rows.tolist()), strict=True)
        return "".join(delimiter.join(x) + "\n" for x in lines).encode()
    pyarrow, csv = arrow
    columns = [pyarrow.array(times), *(pyarrow.array(row) for row in rows)]
    names = ["time", *map(str, range(len(rows)))]
    options = csv.WriteOptions(include_header=False, delimiter=delimiter, quoting_style="none")
    buffer = BytesIO()
    csv.write_csv(pyarrow.Table.from_arrays(columns, names=names), buffer, options)
    return buffer.getvalue()


def number(value: float) -> str:
    """Return the shortest decimal that reads back as this double, with pyarrow's exponents."""
    reported = Decimal(repr(value))
    if not value or 1e-6 <= abs(value) < 1e10:
        return f"{reported:f}".removesuffix(".0")
    sign, digits, exponent = reported.normalize().as_tuple()
    first, rest = digits[0], "".join(map(str, digits[1:]))
    power = int(exponent) + len(digits) - 1
    return f"{'-' * sign}{first}{'.' * bool(rest)}{rest}e{power:+d}"


def read_times(
    paths: Sequence[Path], heads: list[str], what: str, *, delimiter: str = ","
) -> list[tuple[list[str], Float64[np.ndarray, "columns t"]]]:
    """Read times and values of many tables, with columns in the order of `heads`.

    Raises:
        InputError: for other columns, or text that is no number, in the first file that has it.
    """
    found = list[tuple[list[str], Float64[np.ndarray, "columns t"]]]()
    for k in range(0, len(paths), TOGETHER):
        part = paths[k : k + TOGETHER]
        data = [content(path, what) for path in part]
        found += _read_joined(part, data, heads, what, delimiter)
    return found


def _read_joined(
    paths: Sequence[Path], data: Sequence[bytes], heads: list[str], what: str, delimiter: str
) -> list[tuple[list[str], Float64[np.ndarray, "columns t"]]]:
    """Tables read as one, if all are in our own format, so that no line spans two of them.

    Other tables are read one by one, which reports the fault of each file.
    """
    head, steps = _head(heads, delimiter), data[0].count(b"\n") - 1
    plain = all(
        x.startswith(head)
        and x.endswith(b"\n")
        and x.count(b"\n") == steps + 1
        and b'"' not in x
        and b"\r" not in x
        for x in data
    )
    if plain and len(data) > 1:
        with suppress(InputError, UnicodeDecodeError):
            joined = b"".join([head, *(x[len(head) :] for x in data)]).decode()
            table = table_of(joined, what, paths[0], delimiter=delimiter, exact=True, filled=True)
            if len(table) == steps * len(data):
                times, rows = table.texts("time"), table.block(heads)
                parts = np.split(rows, len(data), axis=1)
                return [(times[i * steps : (i + 1) * steps], own) for i, own in enumerate(parts)]
    return [_read_one(path, heads, what, delimiter) for path in paths]


def _read_one(
    path: Path, heads: list[str], what: str, delimiter: str
) -> tuple[list[str], Float64[np.ndarray, "columns t"]]:
    table = read_table(path, what, delimiter=delimiter, exact=True, filled=True)
    table.expect(["time", *heads], ordered=False)
    return table.texts("time"), table.block(heads)


def _arrow() -> tuple[Any, Any] | None:
    try:
        import pyarrow
        from pyarrow import csv
    except ImportError:
        return None
    return pyarrow, csv
