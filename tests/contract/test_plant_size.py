"""The contract of `grid.plant_size`, over two years, and forged sizes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from ingenium.testing import Damage, ProblemContract


def _negative(path: Path) -> None:
    table = pd.read_csv(path)
    table["battery_kwh"] = -100.0
    table.to_csv(path, index=False)


class TestPlantSize(ProblemContract):
    problem_name = "grid.plant_size"
    setup: ClassVar[Mapping[str, Any]] = {"years": 2, "known": 20}
    few = 3

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {"csv": {"with a battery that owes energy": _negative}}
