"""Verifier of a programme: its optimum against an independent one, on six sets of numbers."""

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.quantity import Quantity
from ingenium.core.text import texts
from ingenium.domains.words.programme.code import programme
from ingenium.domains.words.programme.highs import optimum
from ingenium.domains.words.programme.kinds import apart
from ingenium.domains.words.programme.task import WordedTask


@dataclass(frozen=True, eq=False)
class OptimumVerifier:
    """Solver (HiGHS) of the code for the task's numbers and for resampled ones.

    An invalid or unbounded programme has no answer (NaN). The gap of an infeasible programme for a
    feasible task is 1, and so is that of a feasible one for an infeasible task.
    """

    task: WordedTask
    redrawn: tuple[WordedTask, ...]
    name: str = "highs"
    version: str = "1"
    tier: str = "exact"
    quantities: tuple[Quantity, ...] = (
        Quantity("gap", "1", "optimum apart from the true one, relative, as asked", rounding=1e-7),
        Quantity(
            "gap_redrawn", "1", "the same, largest over five sets of other numbers", rounding=1e-7
        ),
        Quantity("variables", "1", "variables of the programme"),
        Quantity("constraints", "1", "constraints of the programme"),
    )

    def measure(self, *arrays: Tensor) -> Float[Tensor, "n 4"]:
        rows = [self._one(text) for text in texts(arrays[0])]
        return torch.tensor(rows, dtype=torch.float64).reshape(-1, len(self.quantities))

    @lru_cache(maxsize=512)  # noqa: B019 - a problem has one, and known programmes recur
    def _one(self, text: str) -> tuple[float, ...]:
        gaps = []
        for task in (self.task, *self.redrawn):
            try:
                made = programme(text, task.names)
            except InputError:
                return (math.nan,) * len(self.quantities)
            if task is self.task:
                sizes = float(len(made.names)), float(len(made.rows))
            gaps.append(apart(optimum(made), task.optimum()))
        if any(map(math.isnan, gaps)):
            return (math.nan,) * len(self.quantities)
        return gaps[0], max(gaps[1:]), *sizes
