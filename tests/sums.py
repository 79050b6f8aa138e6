"""A small problem on texts: sums such as `3+14=17`, whose truth is arithmetic.

It represents a domain whose designs are sequences of tokens. A text that is no sum fails; a wrong
one is rejected.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ingenium.core.designs import DESIGN
from ingenium.core.domain import Domain, Offer
from ingenium.core.formats.records import Records
from ingenium.core.problem import Problem
from ingenium.core.quantity import Condition, Quantity, Variable
from ingenium.core.spec import Limit
from ingenium.core.text import texts
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.tokens.vocabulary import Vocabulary

LONGEST = 16
SUM = re.compile(r"\d+(\+\d+)+=\d+")
VARIABLE = Variable("sum", (), "1", "terms and their sum", longest=LONGEST)


def terms(n: int, seed: int = 0) -> list[list[int]]:
    """Two or three numbers below 100 each."""
    rng = np.random.default_rng(seed)
    return [rng.integers(0, 100, rng.integers(2, 4)).tolist() for _ in range(n)]


def written(numbers: list[list[int]]) -> list[str]:
    return ["+".join(map(str, row)) + f"={sum(row)}" for row in numbers]


def known_codec(merges: int = 8) -> TokenCodec:
    listed = written(terms(200))
    vocabulary = Vocabulary.of([*listed, "0123456789+="], merges=merges)
    return TokenCodec(vocabulary, LONGEST + 1, LONGEST, name="sum")


@dataclass(frozen=True)
class Settings:
    """Number of known sums."""

    known: int = 120


@dataclass(frozen=True)
class Arithmetic:
    """Error of a sum, and its value."""

    name: str = "python"
    version: str = "3"
    tier: str = "exact"
    quantities: tuple[Quantity, ...] = (
        Quantity("error", "1", "absolute error of the sum"),
        Quantity("value", "1", "what stands after ="),
    )

    def measure(self, *arrays: Tensor) -> Tensor:
        return torch.tensor([_measured(t) for t in texts(arrays[0])], dtype=torch.float64)


def _measured(text: str) -> tuple[float, float]:
    if not SUM.fullmatch(text):
        return float("nan"), float("nan")
    left, right = text.split("=")
    return float(abs(sum(map(int, left.split("+"))) - int(right))), float(right)


def _designs(listed: list[str], index: Any) -> xr.Dataset:
    text = (DESIGN, np.asarray(listed, dtype=object), {"units": "1"})
    return xr.Dataset({"sum": text}, coords={DESIGN: np.asarray(index)})


class Sums(Problem):
    """Sums of two or three numbers."""

    name: ClassVar[str] = "arithmetic.sums"
    summary: ClassVar[str] = "Sums that are right"
    Settings: ClassVar[type] = Settings
    default_family: ClassVar[str] = "bootstrap"
    licence: ClassVar[str] = "CC0-1.0"
    judged: ClassVar[str] = "The text of each line."
    unchecked: ClassVar[tuple[str, ...]] = ("Whether anybody wants the sum.",)

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.variables = (VARIABLE,)
        self.sizes: Mapping[str, int] = {}
        self.conditions = (Condition("terms", "how many terms", choices=("2", "3")),)
        self.limits = (Limit("error", at_most=0.0),)
        self.tiers = (Arithmetic(),)
        self.formats = {"jsonl": Records((VARIABLE,), file="sums.jsonl")}
        self.codec = known_codec()

    def data(self) -> xr.Dataset:
        numbers = terms(self.settings.known)
        n = len(numbers)
        return _designs(written(numbers), np.arange(n)).assign_coords(
            terms=(DESIGN, np.array([str(len(row)) for row in numbers])),
            held_out=(DESIGN, np.arange(n) % 5 == 4),
        )

    def features(self, designs: xr.Dataset) -> Tensor:
        three = designs["terms"].to_numpy() == "3"
        return torch.as_tensor(three, dtype=torch.float32)[:, None]

    def scores(self, designs: xr.Dataset, held_out: xr.Dataset) -> Mapping[str, float]:
        """The share of sums that are right."""
        errors = [_measured(str(t))[0] for t in designs["sum"].to_numpy()]
        return {"right": float(np.mean(np.array(errors) == 0))}

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        return ((_designs(["2+40=45"], [0]), {"error": 3.0, "value": 45.0}, 1e-12),)


OFFER = Offer(f"{__name__}:Sums", Sums.summary)
DOMAIN = Domain("arithmetic", "Texts with a truth", __name__, {"sums": OFFER})
