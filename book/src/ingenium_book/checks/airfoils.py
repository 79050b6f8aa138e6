"""Fronts of sections: the area that each dominates, and its files judged by the exact engine."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ingenium.searches.fronts import grown, hypervolume
from ingenium_book.findings import Commands

AIMS = ("lift_to_drag", "max_thickness")
WORST = np.array([-40.0, -0.06])  # from which a front counts
FILES = 4


def areas(commands: Commands, values: Mapping[str, Any]) -> dict[str, float]:
    """Area that the front of each strategy dominates."""
    found = {}
    for name in ("tuned", "evolution"):
        designs, held = values[name], values[f"{name}_held"]
        points = -np.stack([designs[aim][held] for aim in AIMS], 1)
        found[name] = float(hypervolume(grown(np.empty((0, 2)), points), WORST))
    return found


def judged_again(commands: Commands, values: Mapping[str, Any]) -> dict[str, Any]:
    """Best lift over drag of the first files of the front, by the engine of the spec."""
    paths = sorted((commands.folder / "tuned" / "result" / "designs").glob("*.dat"))[:FILES]
    files = [path.relative_to(commands.folder) for path in paths]
    answer = commands("verify", "airfoils.section", *files, "--spec", "wish.toml").answer
    glide = [one["measured"]["lift_to_drag"]["value"] for one in answer["designs"]]
    best = max((x for x in glide if x is not None), default=0.0)
    return {"files": len(files), "best": best, "engine": answer["engine"]}
