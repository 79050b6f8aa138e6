"""Inputs that a spec gives to a problem: text, arrays, tables, graphs and files.

A problem declares its inputs; the `given` table of a spec holds their values or names files of
them. They are read within bounds, checked against the declaration and digested: keys and evidence
depend on their contents, in the unit of the problem, and not on their path.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from ingenium.core.digest import array_digest, content_digest, digest
from ingenium.core.errors import InputError, choose
from ingenium.core.quantity import Variable
from ingenium.core.reading.documents import json_text
from ingenium.core.reading.files import content, plain, refusing
from ingenium.core.reading.tables import DataTable, is_row, table_of
from ingenium.core.units import convert

FOLDER = "given"  # in that of a run, with copies of the input files
ENDS = tuple(
    Variable(name, (), "1", f"number of the node at its {name}", 0.0) for name in ("start", "end")
)  # of a link of a graph


@dataclass(frozen=True)
class Input:
    """An input that a spec gives to a problem.

    A table is read by its columns, and a graph is the table of its links: `start` and `end`, which
    are numbers of nodes from 0 on, and columns of its own. A file is passed as its bytes.
    """

    name: str
    kind: Literal["text", "array", "table", "graph", "file"]
    long_name: str
    unit: str = "1"  # of an array
    dims: tuple[str, ...] = ()  # of an array; the opened problem defines their lengths
    columns: tuple[Variable, ...] = ()  # of a table, or of a graph besides the ends of its links
    most: int = 100_000  # characters, numbers or rows
    default: Any = None  # as a spec would write it; None where the problem opens without it
    needed: bool = False  # without it, or a default, the problem does not open

    @property
    def form(self) -> str:
        """Expected form in words, such as `an array over t in W`."""
        if self.kind == "array":
            return f"an array over {' x '.join(self.dims)} in {self.unit}"
        if self.kind in ("table", "graph"):
            names = ", ".join(v.name for v in self.read_columns)
            return f"a {self.kind} with the columns {names}"
        return f"a {self.kind}"

    @property
    def read_columns(self) -> tuple[Variable, ...]:
        """All columns of a table, or of a graph with the ends of its links."""
        return (*ENDS, *self.columns) if self.kind == "graph" else self.columns


@dataclass(frozen=True)
class Given:
    """Checked inputs of a spec: values by name, their digests, and the files they came from."""

    values: Mapping[str, Any] = field(default_factory=dict)  # str, float64 array, frame or bytes
    digests: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)  # ending, and content
    units: Mapping[str, str] = field(default_factory=dict)  # of arrays

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def reported(self) -> tuple[str, ...]:
        """Description of each input in a line, for reports."""
        return tuple(
            f"{name}: {_short(value, self.units.get(name, '1'))}"
            for name, value in self.values.items()
        )


NOTHING = Given()


def read_given(inputs: Sequence[Input], requested: Mapping[str, Any], of: str) -> Given:
    """Read the inputs of a problem from the `given` table of a spec, defaults included.

    Raises:
        InputError: for an input that the problem does not have, one that is not as declared, or
            one that it needs and that is absent.
    """
    known = {i.name: i for i in inputs}
    for name in requested:
        if not known:
            raise InputError(f"no [given] for {of}", f"{name}", "Leave the table out.")
        choose(name, known, "input")
    values, digests, files, units = {}, {}, {}, {}
    for name, declared in known.items():
        entry = requested.get(name, declared.default)
        if entry is None:
            if declared.needed:
                raise InputError(
                    f"{declared.form} as {name} for {of}: {declared.long_name}",
                    "nothing",
                    f"Write [given] with {name} = ... .",
                )
            continue
        source = _Source.of(declared, entry)
        values[name] = _READERS[declared.kind](source)
        digests[name] = _digest(values[name])
        if source.data is not None:
            files[name] = (source.path.suffix.lower(), source.data)
        if declared.kind == "array":
            units[name] = declared.unit
    return Given(values, digests, files, units)


def stored(requested: Mapping[str, Any], given: Given) -> dict[str, Any]:
    """Return the `given` table of a run's own spec, whose files lie in `FOLDER` next to it."""
    own = dict(requested)
    for name, (ending, _) in given.files.items():
        own[name] = {**requested[name], "file": f"{FOLDER}/{name}{ending}"}
    return own


@dataclass(frozen=True)
class _Source:
    """One entry of the table: a value in the spec, or the content of a file."""

    declared: Input
    value: Any = None
    path: Path = Path()
    data: bytes | None = None  # of the file
    unit: str | None = None
    column: str | None = None  # of a CSV file, that holds the numbers of an array

    @classmethod
    def of(cls, declared: Input, entry: Any) -> "_Source":
        where, what = f"{declared.name} under [given]", declared.form
        if not isinstance(entry, Mapping):
            if declared.kind in ("text", "array"):
                return cls(declared, entry)
            raise InputError(f"{where} as {what}", _got(entry), 'Write { file = "..." }.')
        allowed = {"text": ("file",), "array": ("file", "values", "unit", "column")}
        entries = allowed.get(declared.kind, ("file", "values"))
        unknown = [key for key in entry if key not in entries]
        if unknown or ("file" in entry) == ("values" in entry):
            got = ", ".join(unknown or map(str, entry)) or "an empty table"
            raise InputError(
                f"{where} with {' and '.join(e for e in entries[:2])}, one of them",
                got,
                f'Write {declared.name} = {{ file = "..." }}; it may hold {", ".join(entries)}.',
            )
        for key in ("file", "unit", "column"):
            if key in entry and not isinstance(entry[key], str):
                raise InputError(f"{key} of {where} as text", _got(entry[key]))
        unit, column = entry.get("unit"), entry.get("column")
        if "values" in entry:
            return cls(declared, entry["values"], unit=unit)
        path = Path(entry["file"])
        return cls(declared, None, path, content(path, f"{what} as a file"), unit, column)

    @property
    def what(self) -> str:
        """Expected input in words."""
        return f"{self.declared.name} under [given] as {self.declared.form}"

    def text(self) -> str:
        """The text of the file."""
        with refusing(self.what, self.path):
            found = (self.data or b"").decode("utf-8-sig")
            return plain(found, self.what, str(self.path), prose=True)

    def table(self) -> DataTable:
        """The rows of the file."""
        return table_of(self.text(), self.what, self.path, delimiter=",")

    def refuse(self, got: str, instead: str = "") -> InputError:
        return InputError(self.what, got, instead)

    def check_size(self, count: int, unit: str) -> None:
        if not 0 < count <= self.declared.most:
            raise self.refuse(f"{count} {unit}", f"Give from 1 to {self.declared.most}.")


def _text(source: _Source) -> str:
    found = source.text().strip() if source.data is not None else source.value
    if not isinstance(found, str):
        raise source.refuse(_got(found), f'Write {source.declared.name} = "...".')
    source.check_size(len(found), "characters")
    return found


def _array(source: _Source) -> np.ndarray:
    declared = source.declared
    found = source.value
    if source.data is not None and source.path.suffix.lower() == ".json":
        found = json_text(source.text(), source.what, str(source.path))
    elif source.data is not None:
        table = source.table()
        if is_row(table.heads):
            raise source.refuse(
                f"numbers in the first line of {source.path}", "Write a line of names above them."
            )
        found = table.frame.to_numpy()
        if source.column is not None:
            choose(source.column, table.heads, "column of the file")
            found = table.frame[[table.at(source.column)]].to_numpy()
        if len(declared.dims) == 1:
            if found.shape[1] != 1:
                names = ", ".join(table.heads)
                raise source.refuse(f"the columns {names}", 'Name one: column = "...".')
            found = found[:, 0]
    if not isinstance(found, list | np.ndarray):
        raise source.refuse(_got(found), f"Write {declared.name} = [1.0, 2.0].")
    try:
        values = np.asarray(found)
    except ValueError:
        raise source.refuse("rows of several lengths") from None
    if values.dtype.kind not in "iuf" or values.ndim != len(declared.dims):
        got = f"{values.ndim} dimensions of {values.dtype}"
        raise source.refuse(got, "Write numbers only.")
    values = values.astype(np.float64)
    source.check_size(values.size, "numbers")
    if not np.isfinite(values).all():
        raise source.refuse("numbers that are not finite", "Fill gaps, or give fewer.")
    unit = source.unit
    if unit in (None, declared.unit):
        return values
    zero, one = (convert(x, unit, declared.unit, of=declared.name) for x in (0.0, 1.0))
    return np.asarray(zero + (one - zero) * values)


def _table(source: _Source) -> pd.DataFrame:
    table = source.table() if source.data is not None else _written(source)
    columns = source.declared.read_columns
    absent = [v.name for v in columns if v.name not in table]
    if absent:
        got = ", ".join(table.heads) or "none"
        raise source.refuse(f"the columns {got}", f"Add {', '.join(absent)}.")
    source.check_size(len(table), "rows")
    return pd.DataFrame({v.name: _column(source, v, table) for v in columns})


def _written(source: _Source) -> DataTable:
    """Read columns that are written in the spec itself."""
    found = source.value
    if not isinstance(found, Mapping) or not all(isinstance(x, list) for x in found.values()):
        raise source.refuse(_got(found), "Write values = { column = [...] }.")
    if len({len(x) for x in found.values()}) > 1:
        raise source.refuse("columns of several lengths")
    frame = pd.DataFrame(dict(enumerate(found.values())))
    return DataTable(frame, tuple(map(str, found)), Path("the spec"), source.what, first=1)


def _column(source: _Source, v: Variable, table: DataTable) -> np.ndarray:
    """Read one column of a table: texts, or numbers within their bounds."""
    if v.longest is not None:
        from ingenium.core.text import codes  # with PyTorch, which tables of numbers do not need

        values = table.frame[table.at(v.name)].to_numpy()
        codes(values, v.longest, name=f"{v.name} of {source.declared.name}")
        return values.astype(object)
    numbers = table.numbers(v.name, v.unit)
    low, high = numbers.min(), numbers.max()
    if (v.lower is not None and low < v.lower) or (v.upper is not None and high > v.upper):
        raise source.refuse(
            f"{v.name} from {low:g} to {high:g}", f"Its bounds are {v.lower} and {v.upper}."
        )
    return numbers


def _graph(source: _Source) -> pd.DataFrame:
    links = _table(source)
    ends = links[[v.name for v in ENDS]].to_numpy()
    if (ends != np.rint(ends)).any() or (ends[:, 0] == ends[:, 1]).any():
        raise source.refuse("ends that are no two nodes", "Number the nodes from 0 on.")
    if len(np.unique(np.sort(ends, 1), axis=0)) < len(ends):
        raise source.refuse("a link twice", "Give each once.")
    return links


def _bytes(source: _Source) -> bytes:
    if source.data is None:
        raise source.refuse("values", 'Write { file = "..." }.')
    return source.data


_READERS: Mapping[str, Callable[[_Source], Any]] = {
    "text": _text,
    "array": _array,
    "table": _table,
    "graph": _graph,
    "file": _bytes,
}


def _digest(value: Any) -> str:
    if isinstance(value, pd.DataFrame):
        return digest({str(c): array_digest(value[c].to_numpy()) for c in value})
    return array_digest(value) if isinstance(value, np.ndarray) else content_digest(value)


def _got(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _short(value: Any, unit: str) -> str:
    if isinstance(value, str):
        return value if len(value) <= 200 else f"{value[:197]}..."
    if isinstance(value, bytes):
        return f"a file of {len(value)} bytes"
    if isinstance(value, pd.DataFrame):
        return f"{len(value)} rows of {', '.join(map(str, value))}"
    shape = " x ".join(map(str, value.shape))
    return f"{shape} numbers from {value.min():g} to {value.max():g} {unit}".removesuffix(" 1")
