"""Settings as tables of documents: each entry with its type, unit, default and meaning."""

import typing
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass

from blocks import table
from ingenium.core.places import Place
from ingenium.core.setups import comments, type_name
from ingenium.domains.grid.data import columns

MEANING = {  # of entries whose name is their only description in the code
    "problem": "name of the problem; `ingenium list` shows all",
    "title": "heading of the report",
    "setup": "settings of the problem, such as the grid",
    "given": "what designs go by, such as readings: values, or files of them",
    "conditions": "what designs are generated under",
    "quantity": "name of a measured quantity",
    "at_least": "lowest value that holds",
    "at_most": "highest value that holds",
    "sense": "which way is better",
    "value": "what every design holds",
    "target": "the value to steer towards",
    "strength": "how hard; the density is multiplied by exp(-strength/2 x squared distance), the "
    "distance in spreads of the known designs",
    "unit": "none: the unit in which the problem measures",
    "family": "which family proposes; see below",
    "p": "column of the active power",
    "Columns.unit": f"one of {', '.join(columns.UNITS)}; pu is a share of the rated power",
}


def entries(kind: type) -> str:
    """Fields of a settings dataclass with their types, defaults and comments."""
    notes, measured = comments(kind), any(Place(kind).at(f.name).unit for f in fields(kind))
    rows = [("Entry", "Type", *["Unit"] * measured, "Default", "Meaning")]
    for f in fields(kind):
        named = MEANING.get(f"{kind.__name__}.{f.name}") or MEANING.get(f.name, "")
        note = notes.get(f.name) or about(f.type) or named
        unit = [Place(kind).at(f.name).unit] * measured
        reported = default(f), note.replace("None", "none")
        rows.append((f"`{f.name}`", type_name(f.type), *unit, *reported))
    return f"{about(kind)}\n\n{table(*rows)}"


def about(kind: object) -> str:
    """First line of the docstring of a settings dataclass, or of the one inside a list."""
    reported = (kind, *typing.get_args(kind))
    inner = [x for x in reported if isinstance(x, type) and is_dataclass(x)]
    return (inner[0].__doc__ or "").splitlines()[0] if len(inner) == 1 else ""


def default(f: typing.Any) -> str:
    """Default of a field; `must be given` without one."""
    if f.default is MISSING and f.default_factory is MISSING:
        return "must be given"
    value = f.default if f.default_factory is MISSING else f.default_factory()
    if value is None or value in ("", (), {}):
        return "none"
    return "as below" if has_tables(value) else f"`{toml(value)}`"


def has_tables(value: object) -> bool:
    """True if a value has settings of its own."""
    inner = value.values() if isinstance(value, Mapping) else value
    return is_dataclass(value) or (
        isinstance(value, tuple | list | Mapping) and any(map(has_tables, inner))
    )


def toml(value: object) -> str:
    """Write a value as in a spec."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(toml, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def tables(kind: type, name: str) -> Iterator[tuple[str, type]]:
    """Tables inside a table of settings with the headings of a spec, outermost first."""
    for f in fields(kind):
        for path, listed, inner in inside(f.type, f"{name}.{f.name}"):
            yield f"[[{path}]]" if listed else f"[{path}]", inner
            yield from tables(inner, path)


def inside(kind: typing.Any, path: str, listed: bool = False) -> Iterator[tuple[str, bool, type]]:
    """Yield settings at a place: their path, whether as a list of tables, and their type."""
    if isinstance(kind, type) and is_dataclass(kind):
        yield path, listed, kind
    origin = typing.get_origin(kind)
    named = isinstance(origin, type) and issubclass(origin, Mapping)
    for inner in typing.get_args(kind):
        yield from inside(inner, f"{path}.NAME" if named else path, listed or origin is tuple)
