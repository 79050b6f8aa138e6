"""Names and numbers for generated tasks in words."""

from typing import Any

import numpy as np

TOWNS = (
    "Aken",
    "Borna",
    "Calw",
    "Dahme",
    "Erding",
    "Forst",
    "Gotha",
    "Halle",
    "Ilmenau",
    "Jena",
    "Kleve",
    "Lemgo",
)
FIRMS = (
    "Nordbau",
    "Ostrad",
    "Pohl",
    "Quelle",
    "Roth",
    "Stahl",
    "Tietz",
    "Ulrich",
    "Vogel",
    "Wolff",
)
PEOPLE = ("Anna", "Boris", "Clara", "David", "Elke", "Frank", "Greta", "Henri")
CHORES = ("painting", "plumbing", "welding", "digging", "glazing", "tiling")
FOODS = ("bread", "cheese", "beans", "apples", "nuts", "fish")
NUTRIENTS = ("protein", "iron", "fibre", "zinc")
METALS = ("copper", "zinc", "lead", "tin")
GOODS = ("bowls", "plates", "mugs", "vases")
STEPS = ("casting", "glazing", "firing", "packing")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Teller:
    """Sampler of names and numbers of one task."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng([seed, 32])
        self.way = seed % 3  # of a wording
        self.more = seed % 2 == 1  # whether a rule is added

    def names(self, pool: tuple[str, ...], low: int, high: int) -> list[str]:
        """Sample some of a pool, in its order."""
        count = int(self.rng.integers(low, high + 1))
        return [pool[i] for i in sorted(self.rng.choice(len(pool), count, replace=False))]

    def number(self, low: int, high: int) -> int:
        """Sample an integer."""
        return int(self.rng.integers(low, high + 1))

    def numbers(self, keys: Any, low: int, high: int) -> dict[Any, int]:
        """Sample an integer for each key."""
        return {k: self.number(low, high) for k in keys}

    def two(self, names: list[str]) -> tuple[str, str]:
        """Sample two different names."""
        a, b = self.rng.choice(len(names), 2, replace=False)
        return names[a], names[b]


def listed(words: Any) -> str:
    """Format as `A, B and C`."""
    *rest, last = [str(w) for w in words]
    return f"{', '.join(rest)} and {last}" if rest else last


def grid(rows: list[str], columns: list[str], cells: dict[tuple[str, str], int]) -> str:
    """Format a table."""
    lines = [" " + " ".join(columns)]
    lines += [f"{r} " + " ".join(str(cells.get((r, c), 0)) for c in columns) for r in rows]
    return "\n" + "\n".join(lines) + "\n"
