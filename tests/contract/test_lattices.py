"""The contract on lattices."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest

from ingenium.domains.structures.lattices import proportion
from ingenium.domains.structures.lattices.frame import Frame
from ingenium.domains.structures.lattices.solid import body_density
from ingenium.testing import Damage, ProblemContract

_found: dict[bytes, float] = {}


def remembered(frame: Frame) -> float:
    """Cache the density of a body, as each run and replay proposes the same whole blocks."""
    key = b"".join(a.tobytes() for a in (frame.node_m, frame.wall, frame.thickness_m))
    if key not in _found:
        _found[key] = body_density(frame)
    return _found[key]


def _wanted(energy: float, path: Path) -> None:
    file = path / "cells.csv"
    table = pd.read_csv(file)
    table["wanted_j_kg"] = energy
    table.to_csv(file, index=False)


def _of_cells(change: Callable[[pd.DataFrame], pd.DataFrame], path: Path) -> None:
    file = path / "cells.csv"
    change(pd.read_csv(file)).to_csv(file, index=False)


def _second(table: pd.DataFrame, energy: float) -> pd.DataFrame:
    """Change the energy in all rows except the first."""
    return table.assign(wanted_j_kg=[table["wanted_j_kg"][0], *[energy] * (len(table) - 1)])


def _doubled_cell(table: pd.DataFrame) -> pd.DataFrame:
    """Give the second cell the number of the first."""
    return table.assign(row=[table["row"][0], *table["row"][:1], *table["row"][2:]])


def _other_walls(path: Path) -> None:
    file = path / "walls.csv"
    table = pd.read_csv(file)
    table["thickness_mm"] *= 2
    table.to_csv(file, index=False, float_format="%.6f")


def _no_table(path: Path) -> None:
    (path / "cells.csv").unlink()


@pytest.mark.slow  # the bodies of known lattices take long to make
class TestLattice(ProblemContract):
    problem_name = "structures.lattice"
    few = 3
    written: ClassVar[Mapping[str, float]] = {
        # Walls come back to some micrometres; a crush in few steps is sensitive to them.
        **dict.fromkeys(("specific_energy", "plateau_stress", "first_peak", "evenness"), 0.15),
        **dict.fromkeys(("energy_gap", "energy_scatter", "imbalance"), np.inf),
    }
    setup: ClassVar[Mapping[str, Any]] = {
        "known": 20,
        "layout": {
            "columns": 3,
            "rows": 3,
            "width_m": 0.03,
            "height_m": 0.036,
            "thinnest_m": 0.0008,
        },
        "crushing": {"steps": 4000},
    }

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        energies = {f"{v:g} J/kg asked for": partial(_wanted, v) for v in (1.0, 500.0, 1e9, -5.0)}
        cells = {
            "two energies asked for": partial(_of_cells, lambda t: _second(t, 900.0)),
            "a cell twice": partial(_of_cells, _doubled_cell),
            "cells numbered from 1": partial(
                _of_cells, lambda t: t.assign(column=t["column"] + 1, row=t["row"] + 1)
            ),
            "columns as rows": partial(
                _of_cells, lambda t: t.assign(column=t["row"], row=t["column"])
            ),
        }
        walls = {"other walls listed": _other_walls, "no table": _no_table}
        return {"stl": energies | walls | cells, "cells": energies | cells}

    @pytest.fixture(autouse=True)
    def once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(proportion, "body_density", remembered)
