"""Proposed roof trusses, compared with the front of a search."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ingenium_book.expressions import MissingValueError
from ingenium_book.findings import Commands


def different(commands: Commands, values: Mapping[str, Any]) -> int:
    """Count distinct accepted trusses."""
    many, accepted = values["many"], values["accepted"]
    columns = [many[name][:, None] for name in ("kind", "panels", "depth_m")]
    return len(np.unique(np.concatenate([*columns, many["profile"]], 1)[accepted], axis=0))


def beaten(commands: Commands, values: Mapping[str, Any]) -> float:
    """Share of accepted proposals that a truss on the front matches or beats."""
    many, best, accepted = values["many"], values["best"], values["accepted"]
    mass, deflection = many["mass"][accepted, None], many["deflection"][accepted, None]
    return float(((best["mass"] <= mass) & (best["deflection"] <= deflection)).any(1).mean())


def near(commands: Commands, values: Mapping[str, Any]) -> float:
    """Percent by which the nearest truss misses the bound, from the report."""
    words = values["report"].partition("the nearest truss is ")[2].partition(" %")[0]
    if not words:
        raise MissingValueError("the bound in the report")
    return float(words)
