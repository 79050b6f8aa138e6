"""A kept model: its folder, opened and checked, and whether it may be believed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from ingenium.core.judged import JudgedKind
from ingenium.evaluate.intervals import wilson
from ingenium.model.checks import ModelCheck
from ingenium.model.posterior import ModelPosterior

RECORD, DRAWS, FORECAST, DATA = "model.json", "constants.csv", "forecast.csv", "data.csv"
KIND = JudgedKind("a model", RECORD, "ingenium model WORDS --data FILE", "Make it again.")
HOLDS, NOT, UNSETTLED = "holds", "does not hold", "not settled"
LEAST_P = 0.01  # of residuals that are as alike from time to time, below which a model is wrong
BAND = 0.9  # share of readings that a band of the forecast holds


@dataclass(frozen=True)
class ForecastScore:
    """How a forecast of held-out times did, beside two that know no process.

    Errors are root mean squares of logarithms: 0.1 is a tenth of the value.
    """

    inside: int  # readings within the band
    count: int
    error: float
    last: float  # of the last value, repeated
    mean: float  # of the mean of what was learned from

    @property
    def low(self) -> float:
        """The least share inside that is plausible (95 %)."""
        return wilson(self.inside, self.count)[0] if self.count else 0.0

    @property
    def high(self) -> float:
        """The largest share inside that is plausible (95 %)."""
        return wilson(self.inside, self.count)[1] if self.count else 1.0

    @property
    def told(self) -> str:
        """In words, with the better of the two that know nothing."""
        if not self.count:
            return "No times were held out, so the forecast was not tested."
        name, other = min(
            (("repeating the last value", self.last), ("the mean of the past", self.mean)),
            key=lambda x: x[1],
        )
        word = "better" if self.error < other else "worse"
        return (
            f"Of {self.count} held-out readings {self.inside} lie in the band of 90 %. The "
            f"forecast is off by a factor of {np.exp(self.error):.2f}, {word} than {name} "
            f"({np.exp(other):.2f})."
        )


@dataclass(frozen=True)
class ModelVerdict:
    """In a word whether a model may be believed, and why not."""

    word: str
    reasons: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing speaks against it."""
        return self.word == HOLDS

    @classmethod
    def of(
        cls, found: ModelPosterior, checks: Sequence[ModelCheck], score: ForecastScore
    ) -> "ModelVerdict":
        """Of chains, checks, residuals and the forecast."""
        if not found.settled:
            told = f"R-hat {found.r_hat:.2f}, {found.effective:.0f} effective draws"
            return cls(UNSETTLED, (f"the chains have not settled ({told}); write more --draws",))
        reasons = [f"{c.name}: {c.found}" for c in checks if not c.holds]
        alike = memory_p(found)
        if alike < LEAST_P:
            reasons.append(
                "what the model leaves is alike from one time to the next "
                f"(p = {alike:.1g}): it misses a part of the process"
            )
        if score.high < BAND:
            reasons.append(
                f"{score.inside} of {score.count} held-out readings lie in the band of 90 %"
            )
        return cls(NOT if reasons else HOLDS, tuple(reasons))


def memory_p(found: ModelPosterior) -> float:
    """Chance of residuals as alike from time to time as these are, if they were independent.

    The least over the columns, times their number.

    Source: Ljung and Box, Biometrika 65, 1978, with one lag.
    """
    density = found.fitted.density
    constants, first, _ = density.parts(found.fitted.numbers)
    course = density.model.sensitive(constants, first, density.time)
    if course is None:
        return 0.0
    rest = density.readings - np.log(course[0][:, : density.seen])
    rest -= rest.mean(0)
    n = len(rest)
    memory = (rest[1:] * rest[:-1]).sum(0) / np.maximum(np.square(rest).sum(0), 1e-300)
    chance = stats.chi2.sf(n * (n + 2) / (n - 1) * memory**2, 1)
    return float(min(1.0, chance.min() * len(chance)))


@dataclass(frozen=True)
class KeptModel:
    """A model in its folder."""

    folder: Path
    record: Mapping[str, Any]

    @classmethod
    def opened(cls, folder: Path) -> "KeptModel":
        """A model that was made.

        Raises:
            InputError: if there is none in the folder.
            CorruptError: if its files are not those that were judged.
        """
        files = {n: ("evidence", n) for n in (DRAWS, FORECAST, DATA)}
        return cls(folder, KIND.opened(folder, files))
