"""Data-driven bounds: hours without sun, and the bounds of each infeed."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float64
from torch import Tensor

YEAR_DAYS = 366
NEAR_DAYS = 15  # to each side of a day, whose nights count as its own


@dataclass(frozen=True, eq=False)
class InfeedBounds:
    """Bounds of infeed by day of the year: solar is exactly zero in hours without sun.

    A step is night if no known day within 15 calendar days had any infeed; it is derived from the
    data, so that it is right for any place, time zone and orientation.

    Shapes: g infeed profiles, t steps.
    """

    lower: Float64[Tensor, "366 g t"]
    upper: Float64[Tensor, "366 g t"]

    @classmethod
    def of(
        cls,
        infeed_p: Float64[Tensor, "n g t"],
        day_of_year: Float64[Tensor, " n"],
        solar: Bool[Tensor, " g"],
    ) -> "InfeedBounds":
        """Derive bounds from known days; storage and firm plants stay within their known range."""
        g, t = infeed_p.shape[1:]
        if not g:
            empty = torch.zeros(YEAR_DAYS, 0, t, dtype=torch.float64)
            return cls(empty, empty)
        shape = (YEAR_DAYS, g, t)
        lower = infeed_p.amin((0, 2))[:, None].expand(g, t).repeat(YEAR_DAYS, 1, 1)
        lower = torch.where(solar[:, None], lower.clamp(min=0.0), lower)
        upper = infeed_p.amax((0, 2))[:, None].expand(shape).clone()
        for day in range(YEAR_DAYS):  # over the calendar, once per feeder
            distance = (day_of_year - 1 - day).abs()
            near = torch.minimum(distance, YEAR_DAYS - distance) <= NEAR_DAYS
            if near.any():
                dark = (infeed_p[near].amax(0) <= 0) & solar[:, None]
                upper[day].masked_fill_(dark, 0.0)
                lower[day].masked_fill_(dark, 0.0)
        return cls(lower, upper)

    def at(
        self, day_of_year: Float64[Tensor, " n"]
    ) -> tuple[Float64[Tensor, "n g t"], Float64[Tensor, "n g t"]]:
        """Return the lower and upper bound of each design."""
        day = (day_of_year.round().long() - 1).clamp(0, YEAR_DAYS - 1)
        return self.lower[day], self.upper[day]
