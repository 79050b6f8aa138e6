"""Verifier of diffs: counts visible and hidden cases on which the patched function is wrong."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.quantity import Quantity
from ingenium.core.text import texts
from ingenium.domains.software.patch.bug import Bug, lines_of, passed


@dataclass(frozen=True, eq=False)
class PatchVerifier:
    """Verifier that calls the patched function in the sandbox and compares its results outside.

    Expected values never enter the sandbox. A text that is no diff of the program measures NaN; a
    program that does not load is wrong on every case.
    """

    bug: Bug
    name: str = "ingenium-cases"
    version: str = "1"
    tier: Literal["cheap", "exact"] = "exact"
    quantities: tuple[Quantity, ...] = (
        Quantity("failing_visible", "1", "visible cases with a wrong value"),
        Quantity("failing_hidden", "1", "hidden cases with a wrong value"),
        Quantity("lines_touched", "1", "lines that the diff takes away and adds"),
    )

    def measure(self, *arrays: Tensor) -> Float[Tensor, "n 3"]:
        rows = [self._one(text) for text in texts(arrays[0])]
        return torch.tensor(rows, dtype=torch.float64).reshape(-1, len(self.quantities))

    @lru_cache(maxsize=4096)  # noqa: B019 - a problem has one, and proposals come often
    def _one(self, diff: str) -> tuple[float, float, float]:
        try:
            source = self.bug.patched(diff)
        except InputError:
            return (math.nan, math.nan, math.nan)
        (row,) = passed(self.bug.function, [source], self.bug.cases)
        wrong = [c.hidden for c, ok in zip(self.bug.cases, row, strict=True) if not ok]
        touched = sum(line[:1] in "+-" and bool(line) for line in lines_of(diff)[2:])
        return float(wrong.count(False)), float(wrong.count(True)), float(touched)
