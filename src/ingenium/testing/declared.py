"""Forgeries that follow from what a format declares: each column, array, unit and attribute.

A damage changes the file of one design in place, like those of `forging`; it raises
`UnfitFileError` where there is nothing of its kind to change.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd

from ingenium.core.designs import DESIGN
from ingenium.core.formats import Format
from ingenium.core.formats.arrays import Arrays, Derived
from ingenium.core.formats.clocks import DayStamps, Hours
from ingenium.core.formats.columns import Columns, StepColumns, TableColumn, UnitChange
from ingenium.core.formats.records import Records
from ingenium.core.reading.trial import sound
from ingenium.testing.forging import Damage, UnfitFileError

TableChange = Callable[[pd.DataFrame], pd.DataFrame]
RecordChange = Callable[[dict[str, Any]], dict[str, Any]]
FileChange = Callable[[Any], None]  # of an open HDF5 file
LEAST = 1e-12  # relative, where there is no tolerance
ALONGSIDE = 1e-7  # of a number, by which it differs from the digits that can be written


def declared_forgeries(form: Format) -> Mapping[str, Damage]:
    """Return damages by name for a format that is a declaration; none for any other."""
    if isinstance(form, Columns):
        return {name: partial(_in_table, change) for name, change in _of_columns(form)}
    if isinstance(form, StepColumns):
        return {name: partial(_in_table, change) for name, change in _of_steps(form)}
    if isinstance(form, Records):
        return {name: partial(_in_records, change) for name, change in _of_records(form)}
    if isinstance(form, Arrays):
        return {name: partial(_in_arrays, change) for name, change in _of_arrays(form)}
    return {}


def _in_table(change: TableChange, path: Path) -> None:
    before = path.read_bytes()
    table = pd.read_csv(path, float_precision="round_trip")
    change(table).to_csv(path, index=False)
    if path.read_bytes() == before:
        raise UnfitFileError


def _of_columns(form: Columns) -> Iterator[tuple[str, TableChange]]:
    for v, column in form.declared:
        change = UnitChange.between(v.unit, column.unit or v.unit, v.name)
        yield from _of_column(column, change, form.heads[v.name][0])
    yield from _of_heads(DESIGN, form.heads[form.variables[0].name][0])
    yield "with a number twice", lambda t: pd.concat([t, t])
    yield "with half a number", lambda t: t.assign(**{DESIGN: t[DESIGN] + 0.5})
    yield "with a name for a number", lambda t: t.assign(**{DESIGN: [f"x {i}" for i in t[DESIGN]]})


def _of_column(
    column: TableColumn, unit: UnitChange, head: str
) -> Iterator[tuple[str, TableChange]]:
    """Damages of the numbers of one column."""

    def with_numbers(change: Callable[[Any], Any]) -> TableChange:
        return lambda t: t.assign(**{head: change(t[head])})

    yield f"{head} a thousand times", with_numbers(lambda x: 1000 * x)
    yield f"{head} a thousandth", with_numbers(lambda x: x / 1000)
    yield f"{head} below nothing", with_numbers(lambda x: -x)
    yield f"{head} of texts", with_numbers(lambda x: [f"{value} x" for value in x])
    yield f"{head} of truths", with_numbers(lambda x: x > 0)
    yield f"{head} with underscores", with_numbers(_underscored)
    if unit != UnitChange():
        yield (
            f"{head} in another unit",
            with_numbers(lambda x: unit.back(np.asarray(x, np.float64))),
        )
    if column.digits is not None:
        step = 10.0**-column.digits
        yield f"{head} between its digits", with_numbers(lambda x: x + 0.37 * step)
        yield f"{head} beyond its digits", with_numbers(lambda x: x + ALONGSIDE)


def _underscored(numbers: Any) -> list[str]:
    """Rewrite `125.0` as `1_25.0`, which is a number to Python alone."""
    return [f"{str(x)[:1]}_{str(x)[1:]}" for x in numbers]


def _of_heads(first: str, last: str) -> Iterator[tuple[str, TableChange]]:
    """Damages of the header of a table."""
    yield "with a column more", lambda t: t.assign(note=1.0)
    yield "with a column less", lambda t: t.drop(columns=last)
    yield "with a column renamed", lambda t: t.rename(columns={last: f"{last}_0"})
    yield "with a column twice", lambda t: pd.concat([t, t[[last]] / 2], axis=1)
    yield f"without {first}", lambda t: t.drop(columns=first)
    yield "without rows", lambda t: t.iloc[:0]


def _of_steps(form: StepColumns) -> Iterator[tuple[str, TableChange]]:
    clock, head = form.clock.head, form.heads[0]
    yield from _of_heads(clock, form.heads[-1])
    yield "with columns in another order", lambda t: t[[clock, *t.columns[:0:-1]]]
    yield "with a step less", lambda t: t.iloc[:-1]
    yield "with a step twice", lambda t: pd.concat([t.iloc[:1], t.iloc[:-1]])
    yield "with steps exchanged", lambda t: t.assign(**{clock: [*t[clock][1::-1], *t[clock][2:]]})
    yield "with a gap", _with_a_gap
    yield "of truths", lambda t: t.assign(**{head: t[head] > 0})
    yield "with a text", lambda t: t.assign(**{head: [f"{x} x" for x in t[head]]})
    if isinstance(form.clock, Hours):
        yield "an hour later", lambda t: t.assign(**{clock: t[clock] + 1.0})
        yield "in minutes", lambda t: t.assign(**{clock: 60 * t[clock]})
    if isinstance(form.clock, DayStamps):
        yield "of another zone", _moved(clock, lambda x: x.tz_localize(None).tz_localize("+05:00"))
        yield "of no zone", _moved(clock, lambda x: x.tz_localize(None))
        yield "of the next day", _moved(clock, lambda x: x + pd.Timedelta(days=1))
        yield "from noon to noon", _moved(clock, lambda x: x + pd.Timedelta(hours=12))


def _with_a_gap(table: pd.DataFrame) -> pd.DataFrame:
    out = table.astype(dict.fromkeys(table.columns[1:], float))
    out.iloc[5, 1:] = np.nan
    return out


def _moved(clock: str, change: Callable[[pd.Timestamp], pd.Timestamp]) -> TableChange:
    """Change each stamp."""
    return lambda t: t.assign(**{clock: [change(pd.Timestamp(x)).isoformat() for x in t[clock]]})


def _in_records(change: RecordChange, path: Path) -> None:
    rows = [json.loads(row) for row in path.read_text(encoding="utf-8").splitlines()]
    path.write_text("\n".join(json.dumps(change(row)) for row in rows) + "\n", encoding="utf-8")


def _of_records(form: Records) -> Iterator[tuple[str, RecordChange]]:
    for v, column in form.declared:
        head, of_text = column.head, v.longest is not None
        yield f"without {head}", partial(_without_entry, head)
        yield f"{head} of another kind", partial(_with_entry, head, 1.5 if of_text else "1.5")
        yield f"{head} of a truth", partial(_with_entry, head, True)
        yield f"{head} in a list", partial(_with_entry, head, [])
        yield f"{head} of nothing", partial(_with_entry, head, None)
    yield f"without {DESIGN}", partial(_without_entry, DESIGN)
    yield "with half a number", partial(_with_entry, DESIGN, 0.5)
    yield "with a name for a number", partial(_with_entry, DESIGN, "x")


def _without_entry(name: str, row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}


def _with_entry(name: str, value: object, row: dict[str, Any]) -> dict[str, Any]:
    return row | {name: value}


def _in_arrays(change: FileChange, path: Path) -> None:
    with h5py.File(path, "r+") as file:
        change(file)
    sound(path.read_bytes())


def _of_arrays(form: Arrays) -> Iterator[tuple[str, FileChange]]:
    for v in form.variables:
        yield f"{v.name} a tenth larger", partial(_replaced, v.name, lambda x: 1.1 * x)
        yield f"{v.name} with complex numbers", partial(_replaced, v.name, lambda x: x * (1 + 1j))
        yield f"{v.name} in furlongs", partial(_in_furlongs, v.name)
        yield f"without {v.name}", partial(_without, v.name)
    for one in form.derived:
        yield f"{one.name} a tenth larger", partial(_replaced, one.name, lambda x: 1.1 * x)
        yield (
            f"{one.name} beyond its tolerance",
            partial(_replaced, one.name, partial(_alongside, one)),
        )
        yield f"without {one.name}", partial(_without, one.name)
        if one.unit:
            yield f"{one.name} in furlongs", partial(_in_furlongs, one.name)
    for key in form.about:
        yield f"of another {key}", partial(_of_another, key)
        if not form.lenient:
            yield f"without {key}", partial(_without_about, key)
    for d in form.places:
        yield f"{d} moved", partial(_replaced, d, lambda x: x + 0.1)
    yield "with half a number", partial(_replaced, DESIGN, lambda x: x + 0.5)
    yield "without numbers", partial(_without, DESIGN)


def _alongside(one: Derived, x: Any) -> Any:
    """Change numbers by ten times their tolerance."""
    size = np.abs(x).clip(1.0) if one.each else np.abs(x).max()
    return x + 10 * (one.near or LEAST) * size


def _replaced(name: str, change: Callable[[Any], Any], file: Any) -> None:
    """Replace an array by other numbers under the same attributes."""
    before = file[name][()]
    after = change(before)
    if np.array_equal(before, after):
        raise UnfitFileError
    if after.dtype == before.dtype:
        file[name][...] = after
        return
    about = {k: v for k, v in file[name].attrs.items() if k in ("units", "long_name")}
    del file[name]
    file[name] = after
    file[name].attrs.update(about)


def _in_furlongs(name: str, file: Any) -> None:
    file[name].attrs["units"] = "furlong"


def _without(name: str, file: Any) -> None:
    del file[name]


def _of_another(key: str, file: Any) -> None:
    reported = file.attrs[key]
    file.attrs[key] = f"{reported} x" if isinstance(reported, str) else 1.1 * np.asarray(reported)


def _without_about(key: str, file: Any) -> None:
    del file.attrs[key]
