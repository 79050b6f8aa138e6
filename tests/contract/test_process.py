"""The contract on batches of the laboratory, and what a table of recipes must not say."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ingenium.testing import Damage, ProblemContract

Change = Callable[[pd.DataFrame], pd.DataFrame]


def _table(change: Change) -> Damage:
    def damage(path: Path) -> None:
        change(pd.read_csv(path)).to_csv(path, index=False)

    return damage


def _column(name: str, change: Callable[[Any], Any]) -> Damage:
    return _table(lambda t: t.assign(**{name: change(t[name])}))


class TestLaboratory(ProblemContract):
    problem_name = "process.laboratory"

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {
            "recipes-csv": {
                "in kelvin": _column("temperature_c", lambda t: t + 273.15),
                "in fahrenheit": _column("temperature_c", lambda t: 1.8 * t + 32),
                "in hours": _column("time_min", lambda t: t / 60),
                "in mol per cubic metre": _column("a_mol_l", lambda a: 1000 * a),
                "with catalyst as a share": _column("catalyst_mol_percent", lambda c: c / 100),
                "hotter than the reactor": _column("temperature_c", lambda t: 0 * t + 500),
                "with less than nothing": _column("equivalents_b", lambda b: -b),
                "between what can be set": _column("temperature_c", lambda t: t + 0.037),
                "a little beside what can be set": _column("a_mol_l", lambda a: a + 1e-7),
                "of texts": _column("time_min", lambda t: [f"{x:.0f} min" for x in t]),
                "of numbers that Python alone reads": _column(
                    "time_min", lambda t: [f"{x:.0f}"[:1] + "_" + f"{x:.0f}"[1:] for x in t]
                ),
                "of truths": _column("a_mol_l", lambda a: a > 0),
                "with a column renamed": _table(lambda t: t.rename(columns={"time_min": "time_h"})),
                "with a column twice": _table(lambda t: pd.concat([t, t[["a_mol_l"]] / 2], axis=1)),
                "with a column that says otherwise": _table(
                    lambda t: t.assign(temperature_k=300.0)
                ),
                "with a number twice": _table(lambda t: pd.concat([t, t])),
                "with half a number": _column("design", lambda d: d + 0.5),
                "with a name for a number": _column("design", lambda d: [f"batch {x}" for x in d]),
            }
        }
