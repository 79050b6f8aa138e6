"""Measures of a scorecard: their names, and their better direction."""

from dataclasses import dataclass
from typing import Literal

from ingenium.core.errors import InputError

Direction = Literal["lower", "higher", "target"]


@dataclass(frozen=True)
class Metric:
    """One measure of a comparison.

    `target` is the best value of a metric that can be too low and too high. `aim` is the required
    band, if any; a domain sets it with `dataclasses.replace`.
    """

    name: str
    label: str
    direction: Direction = "lower"
    target: float | None = None
    aim: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if (self.direction == "target") == (self.target is None):
            raise InputError(
                f"a target of {self.name} for direction 'target' and for no other",
                f"{self.direction!r} with {self.target}",
            )

    def loss(self, value: float) -> float:
        """Transform a value so that lower is better."""
        if self.target is not None:
            return abs(value - self.target)
        return value if self.direction == "lower" else -value

    @property
    def better(self) -> str:
        """Better direction in words."""
        if self.target is not None:
            return f"best at {self.target:g}"
        return f"{self.direction} is better"


def _by_name(*metrics: Metric) -> dict[str, Metric]:
    return {metric.name: metric for metric in metrics}


METRICS = _by_name(
    Metric("accepted_share", "Share that meets the spec", "higher"),
    Metric("accepted_per_call", "Verified designs per engine call", "higher"),
    Metric("energy_score", "Energy score"),
    Metric("variogram_score", "Variogram score"),
    Metric("crps", "CRPS"),
    Metric("pinball", "Pinball loss"),
    Metric("coverage_50", "Coverage of 50 % intervals", "target", 0.5),
    Metric("coverage_90", "Coverage of 90 % intervals", "target", 0.9),
    Metric("width_90", "Width of 90 % intervals"),
    Metric("classifier_auc", "Classifier AUC", "target", 0.5),
    Metric("marginal_distance", "Marginal distance"),
    Metric("profile_distance", "Distance by time of day"),
    Metric("ramp_distance", "Ramp distance"),
    Metric("total_distance", "Energy-of-day distance"),
    Metric("autocorrelation_distance", "Autocorrelation distance"),
    Metric("crosscorrelation_distance", "Cross-correlation distance"),
    Metric("peak_time_distance", "Peak-time distance (h)"),
    Metric("spectrum_distance", "Spectrum distance (dB)"),
    Metric("mmd_squared", "Squared MMD"),
    Metric("utility_evening", "Evening forecast, error ratio"),
    Metric("utility_total", "Evening total, error ratio"),
    Metric("utility_next", "Next-hour forecast, error ratio"),
    Metric("utility_variables", "Variable from others, error ratio"),
    Metric("copy_ratio", "Distance to training, ratio", "target", 1.0),
    Metric("copy_close", "Closer than 5 % of real", "target", 0.05),
    Metric("duplicates", "Exact duplicates"),
    Metric("spread_ratio", "Spread ratio", "target", 1.0),
    Metric("vendi_ratio", "Effective number, ratio", "target", 1.0),
    Metric("density", "Density", "target", 1.0),
    Metric("coverage_ratio", "Coverage over expected", "target", 1.0),
)
