"""All kinds of tasks by name, and resampled data."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ingenium.domains.words.programme.code import programme
from ingenium.domains.words.programme.highs import optimum
from ingenium.domains.words.programme.mixing import BLEND, DIET, PRODUCT
from ingenium.domains.words.programme.routing import PATH, TOUR, TRANSPORT, VEHICLES
from ingenium.domains.words.programme.scheduling import (
    ASSIGNMENT,
    COVER,
    MACHINES,
    SHIFTS,
    SITES,
)
from ingenium.domains.words.programme.task import ADD, Data, TaskKind, WordedTask

_ALL = (
    *(PATH, TRANSPORT, TOUR, VEHICLES, DIET, BLEND),
    *(PRODUCT, ASSIGNMENT, SHIFTS, MACHINES, COVER, SITES),
)
KINDS: Mapping[str, TaskKind] = {kind.name: kind for kind in _ALL}
DRAWS, TRIES = 5, 120
MOST_CASES = 60_000.0  # that an independent optimum enumerates
FEWER = ("fleet", "most_legs", "most_open")  # counts that are resampled, down to one
COUNTS = ("machines", "length")  # that do not change
SAME = 1e-6  # of the larger of two optima, and of 1


def apart(found: float, truth: float) -> float:
    """Relative difference of an optimum from the true one; 0 if both are infeasible."""
    if found == truth:
        return 0.0
    if not (math.isfinite(found) and math.isfinite(truth)):
        return math.nan if math.isnan(found) else 1.0
    return abs(found - truth) / max(1.0, abs(truth))


def redrawn(task: WordedTask, seed: int = 0) -> tuple[WordedTask, ...]:
    """Resample tasks with the same names and other numbers, such that each constraint matters.

    A sample is accepted if a constraint matters in it that did not matter before; after `TRIES` any
    feasible one is. Infeasible samples are accepted after half of the tries: some constraints
    matter only where they leave no plan.
    """
    rng = np.random.default_rng([seed, 7])
    wanting = {
        (text, line)
        for name, text in task.programmes().items()
        if name not in task.kind.tight
        for line in text.splitlines()
        if ADD in line
    }
    found: list[WordedTask] = []
    spare: list[WordedTask] = []
    for k in range(TRIES):
        if len(found) + bool(spare) >= DRAWS and not wanting:
            break
        one = WordedTask(task.kind, _drawn(task.data, rng))
        truth = one.optimum()
        planned = math.isfinite(truth)
        if math.isnan(truth) or not (planned or k > TRIES // 2):
            continue
        met = {key for key in wanting if without(one, *key, truth)}
        wanting -= met
        if met and len(found) < DRAWS:
            found.append(one)
        elif planned:
            spare.append(one)
    return tuple([*found, *spare][:DRAWS])


def without(task: WordedTask, text: str, line: str, truth: float) -> bool:
    """Return True if a programme's optimum changes without a line."""
    rest = "\n".join(x for x in text.splitlines() if x != line)
    return not apart(optimum(programme(rest, task.names)), truth) <= SAME


def _drawn(data: Data, rng: np.random.Generator) -> dict[str, Any]:
    made: dict[str, Any] = {}
    wide = rng.choice([0.3, 1.0])  # as often near the task's numbers as far from them
    moved = rng.choice([n for n, v in data.items() if not isinstance(v, str | list | bool)])
    for name, value in data.items():
        far = math.exp(rng.normal(0, 1.5 if name == moved else 0.25))
        if isinstance(value, dict) and value and not isinstance(next(iter(value.values())), list):
            numbers = rng.permutation(list(value.values()))
            spread = far * np.exp(rng.normal(0, wide, len(numbers)))
            made[name] = {
                k: _like(x, x * s) for k, x, s in zip(value, numbers, spread, strict=True)
            }
        elif name in FEWER:
            made[name] = int(rng.integers(1, int(value) + 1))
        elif isinstance(value, float | int) and not isinstance(value, bool) and name not in COUNTS:
            made[name] = _like(float(value), float(value * far))
        else:
            made[name] = value
    return made


def _like(old: float, new: float) -> float:
    """Round a number to the decimals of another, and above 0 if that is."""
    if old == 0:
        return 0.0
    places = max(0, len(f"{old:.6f}".rstrip("0").rpartition(".")[2]))
    return max(round(float(new), places), 10.0**-places)
