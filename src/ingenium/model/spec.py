"""The spec of a process model: words, and how it is fitted and tested."""

from dataclasses import dataclass

from ingenium.core.errors import InputError


@dataclass(frozen=True)
class ModelSpec:
    """Words that describe a process, and settings of the fit and test of its model."""

    words: str
    held_out: float = 0.2  # share of the times, the last ones, that the forecast is tested on
    samples: int = 400  # of the posterior
    seed: int = 0

    def __post_init__(self) -> None:
        if not (0 <= self.held_out <= 0.5 and 100 <= self.samples <= 20_000 and self.seed >= 0):
            raise InputError(
                "0 to 0.5 held out, 100 to 20000 draws and a seed from 0",
                (self.held_out, self.samples, self.seed),
            )
