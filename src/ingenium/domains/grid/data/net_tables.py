"""Tables of a net as plain data, stored by the digest of its content.

pandapower takes seconds to import and to read a net, and an engine of our own needs its tables
alone. The net of pandapower is read where something is computed or written with it.
"""

import json
import math
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import pandas as pd

from ingenium.core.digest import digest

SCALARS = ("sn_mva", "f_hz")
PLAIN = (str, bool, int, float, type(None))


class NetTables(dict[str, Any]):
    """Tables of a net by name, and `sn_mva` and `f_hz`; an attribute is an entry, as in pandapower.

    Tables may be changed; `whole` returns pandapower's net with them.
    """

    def __init__(self, entries: dict[str, Any], source: str, read: Callable[[], Any]) -> None:
        """Keep the entries, the digest of the content, and what reads it by pandapower."""
        super().__init__(entries)
        self.__dict__.update(source=source, read=read)

    def __getattr__(self, name: str) -> Any:
        """Return the entry of this name."""
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"a net without {name}") from None

    def __deepcopy__(self, memo: dict[int, Any]) -> "NetTables":
        """Copy the tables."""
        return NetTables(deepcopy(dict(self), memo), self.source, self.read)

    def digest(self) -> str:
        """Return the digest of the content and of the tables as they are now."""
        return digest([self.source, table_digest(self)])


def whole(net: Any) -> Any:
    """Return a copy of a net as pandapower's own object."""
    if not isinstance(net, NetTables):
        return deepcopy(net)
    found = deepcopy(net.read())
    for name, entry in net.items():
        found[name] = deepcopy(entry)
    return found


def table_digest(net: Any) -> str:
    """Return the digest of the elements of a net with their parameters, without results."""
    tables = {
        name: {str(column): [_plain(x) for x in table[column]] for column in table.columns}
        for name, table in net.items()
        if not name.startswith(("_", "res_")) and len(getattr(table, "columns", ()))
        if len(table)
    }
    return digest([tables, float(net.sn_mva), float(net.f_hz)])


def as_text(net: Any) -> str | None:
    """Write the tables of pandapower's net as JSON; None where they are not plain.

    Missing values and types of columns come back as they were, which is checked here.
    """
    tables = {k: v for k, v in net.items() if isinstance(v, pd.DataFrame) and not _result(k)}
    if not all(map(_storable, tables.values())):
        return None
    listed = {name: _listed(table) for name, table in tables.items()}
    text = json.dumps({"tables": listed, **{name: net[name] for name in SCALARS}})
    again = entries(text)
    same = all(_same(table, again[name]) for name, table in tables.items())
    return text if same and all(again[name] == net[name] for name in SCALARS) else None


def entries(text: str) -> dict[str, Any]:
    """Read what `as_text` wrote."""
    stored: dict[str, Any] = json.loads(text)
    tables = stored.pop("tables")
    return {name: _table(**table) for name, table in tables.items()} | stored


def _result(name: str) -> bool:
    return name.startswith(("_", "res_"))


def _listed(table: pd.DataFrame) -> dict[str, Any]:
    columns = [[name, str(own.dtype), _values(own)] for name, own in table.items()]
    return {"index": table.index.tolist(), "kind": str(table.index.dtype), "columns": columns}


def _values(column: Any) -> list[Any]:
    return [None if value is pd.NA else value for value in column.tolist()]


def _table(index: list[Any], kind: str, columns: list[list[Any]]) -> pd.DataFrame:
    rows = pd.Index(index, dtype=kind)
    found = {name: pd.Series(values, rows, dtype=own) for name, own, values in columns}
    return pd.DataFrame(found, index=rows, columns=list(found))


def _storable(table: pd.DataFrame) -> bool:
    """Return whether names of columns are texts, all different, and entries plain values."""
    columns = [table.index, *(own for _, own in table.items())]
    return (
        table.columns.is_unique
        and all(isinstance(name, str) for name in table.columns)
        and all(isinstance(value, PLAIN) for own in columns for value in _values(own))
    )


def _same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Compare tables with the types of their columns; None and NaN differ."""
    if list(one.dtypes) != list(other.dtypes) or not one.equals(other):
        return False
    if one.index.dtype != other.index.dtype:
        return False
    mixed = [name for name, own in one.items() if own.dtype == object]
    pairs = ((a, b) for name in mixed for a, b in zip(one[name], other[name], strict=True))
    return all(type(a) is type(b) for a, b in pairs)


def _plain(value: Any) -> Any:
    """An entry of a table in JSON, None if missing; text where there is no such form."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float) and math.isnan(value):
        return None
    return value if value is None or isinstance(value, bool | int | float | str) else repr(value)
