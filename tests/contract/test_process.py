"""The contract on batches of the laboratory, and on invalid tables of recipes."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ingenium.testing import Damage, ProblemContract


def _column(name: str, change: Callable[[Any], Any]) -> Damage:
    def damage(path: Path) -> None:
        table = pd.read_csv(path)
        table.assign(**{name: change(table[name])}).to_csv(path, index=False)

    return damage


class TestLaboratory(ProblemContract):
    problem_name = "process.laboratory"

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {
            "recipes-csv": {
                "in fahrenheit": _column("temperature_c", lambda t: 1.8 * t + 32),
                "in hours": _column("time_min", lambda t: t / 60),
                "hotter than the reactor": _column("temperature_c", lambda t: 0 * t + 500),
            }
        }
