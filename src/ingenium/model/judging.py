"""The verdict on a process model: its chains, checks, residuals and forecast."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from ingenium.core.judgement import Judgement
from ingenium.evaluate.intervals import wilson
from ingenium.model.checks import ModelCheck
from ingenium.model.lack_of_fit import LackOfFit
from ingenium.model.posterior import ModelPosterior

LEAST_P = 0.01  # probability of such autocorrelated residuals, below which a model is wrong
BAND = 0.9  # nominal share of readings in a band of the forecast


@dataclass(frozen=True)
class ForecastScore:
    """A forecast of held-out times, compared with two naive forecasts.

    Errors are root mean squares of logarithms: 0.1 is a tenth of the value.
    """

    inside: int  # readings within the band
    count: int
    error: float
    last: float  # of the last value, repeated
    mean: float  # of the mean of the readings of the fit

    @property
    def low(self) -> float:
        """Smallest plausible share inside the band (95 %)."""
        return wilson(self.inside, self.count)[0] if self.count else 0.0

    @property
    def high(self) -> float:
        """Largest plausible share inside the band (95 %)."""
        return wilson(self.inside, self.count)[1] if self.count else 1.0

    @property
    def reported(self) -> str:
        """Describe the score in words, with the better of the naive forecasts."""
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


def judge(
    found: ModelPosterior,
    checks: Sequence[ModelCheck],
    score: ForecastScore,
    *,
    mechanisms: Sequence[str] = (),
    smooth: LackOfFit | None = None,
) -> Judgement:
    """Judge a model by its checks, residuals and forecast, once its chains have settled.

    Args:
        found: samples of its numbers.
        checks: by algebra and by a second integrator.
        score: of the forecast.
        mechanisms: words on what happens that no family has; they leave it inconclusive.
        smooth: test of smooth departures; without one it is inconclusive too.
    """
    if not found.settled:
        state = f"R-hat {found.r_hat:.2f}, {found.effective:.0f} effective samples"
        uncertainty = f"the chains have not settled ({state}); write more --samples"
        return Judgement.of({}, (), caveats=[uncertainty, *_caveats(mechanisms, smooth)])
    reasons = [f"{c.name}: {c.found}" for c in checks if not c.passed]
    alike = memory_p(found)
    if alike < LEAST_P:
        reasons.append(
            "what the model leaves is alike from one time to the next "
            f"(p = {alike:.1g}): it misses a part of the process"
        )
    if score.high < BAND:
        reasons.append(f"{score.inside} of {score.count} held-out readings lie in the band of 90 %")
    return Judgement.of({}, (), against=reasons, caveats=_caveats(mechanisms, smooth))


def _caveats(mechanisms: Sequence[str], smooth: LackOfFit | None) -> list[str]:
    said = [f'no family here has "{words}", which the words name' for words in mechanisms]
    if smooth is None:
        return [*said, "there are too few readings to test the fit"]
    if smooth.p < LEAST_P:
        said.append(f"the table has something that the family lacks: {smooth.reported}")
    return said


def memory_p(found: ModelPosterior) -> float:
    """Probability of residuals as autocorrelated as these, if they were independent.

    It is the smallest over the columns, times their number.

    Source: Ljung and Box, Biometrika 65, 1978, with one lag.
    """
    density = found.fitted.density
    constants, first, _ = density.parts(found.fitted.numbers)
    trajectory = density.model.sensitive(constants, first, density.time)
    if trajectory is None:
        return 0.0
    rest = density.readings - np.log(trajectory[0][:, : density.seen])
    rest -= rest.mean(0)
    n = len(rest)
    memory = (rest[1:] * rest[:-1]).sum(0) / np.maximum(np.square(rest).sum(0), 1e-300)
    chance = chdtrc(1, n * (n + 2) / (n - 1) * memory**2)
    return float(min(1.0, chance.min() * len(chance)))
