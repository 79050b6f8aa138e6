"""Areas below fronts of strength over density."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ingenium.searches.fronts import hypervolume
from ingenium_book.findings import Commands


def areas(commands: Commands, values: Mapping[str, Any]) -> dict[str, float]:
    """Area that the cells of each arm dominate, by low density and high strength."""
    found = {}
    for arm in ("generated", "conventional"):
        points = np.stack([1 - values[f"solid_{arm}"], values[f"strength_{arm}"]], 1)
        found[arm] = float(hypervolume(-points, np.zeros(2)))
    return found
