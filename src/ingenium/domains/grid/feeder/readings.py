"""Readings at the head of a feeder since midnight, with which proposed days agree."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.given import Given, Input
from ingenium.core.quantity import Quantity
from ingenium.core.spec import Limit
from ingenium.domains.grid.data.dataset import STEPS
from ingenium.domains.grid.feeder.measurements import KW

READINGS = Input(
    "readings",
    "array",
    "power from the feeding grid, measured in each quarter of an hour from 00:00 on",
    unit="kW",
    dims=("reading",),
    most=STEPS - 1,
)
AGREED = 0.05  # of the largest reading; tolerated deviation from a reading
EVEN = 1e-9  # MW below which loads have no shape to preserve
FEWEST = 3  # steps for the fit of losses


@dataclass(frozen=True, eq=False)
class FeederReadings:
    """Metered first steps of a day, and the losses at their power.

    Shapes: n designs, k readings, u load profiles, g infeed profiles, t steps.
    """

    taken_kw: Float64[np.ndarray, " k"]
    loss_kw: Float64[np.ndarray, " k"]  # at known steps of the same power
    name: ClassVar[str] = READINGS.name

    @classmethod
    def of(cls, given: Given, taken_kw: np.ndarray, loss_kw: np.ndarray) -> "FeederReadings":
        """Build readings, with losses fitted as a parabola over the power of known steps.

        Raises:
            InputError: for readings of a whole day, which leave nothing to propose.
        """
        known = np.isfinite(taken_kw) & np.isfinite(loss_kw)
        if known.sum() < FEWEST:
            raise InputError(
                "known days that the power flow solves, to place readings among",
                f"{int(known.sum())} steps that it solves",
                "Write a smaller load_scale or infeed_scale.",
            )
        own = given[READINGS.name]
        curve = np.polynomial.Polynomial.fit(taken_kw[known], loss_kw[known], 2)
        inside = np.clip(own, taken_kw[known].min(), taken_kw[known].max())
        return cls(own, np.maximum(curve(inside), 0.0))

    @property
    def quantity(self) -> Quantity:
        """Deviation of a day from the readings."""
        return Quantity(
            "readings_error", "kW", "largest difference between the day and the readings given"
        )

    @property
    def limit(self) -> Limit:
        """Limit on the deviation of days from the readings."""
        return Limit(
            self.quantity.name, at_most=AGREED * float(np.abs(self.taken_kw).max()), unit="kW"
        )

    def error(self, taken_kw: Float[np.ndarray, "n t"]) -> Float[np.ndarray, " n"]:
        """Return the largest difference from the power that days import from the feeding grid."""
        return np.asarray(np.abs(taken_kw[:, : len(self.taken_kw)] - self.taken_kw).max(1))

    def agreeing(
        self,
        load_p: Float64[Tensor, "n u t"],
        infeed_p: Float64[Tensor, "n g t"],
        load_mw: Float64[Tensor, " u"],
        infeed_mw: Float64[Tensor, " g"],
    ) -> Float64[Tensor, "n u t"]:
        """Scale loads so that load less infeed plus losses equals the reading at each step.

        All loads of a step grow or shrink alike, and never below 0: where the infeed is less than
        the measured reverse flow, the remainder is measured as an error.
        """
        k = len(self.taken_kw)
        net = torch.from_numpy((self.taken_kw - self.loss_kw) / KW)
        wanted = (net + torch.einsum("ngk,g->nk", infeed_p[..., :k], infeed_mw)).clamp(min=0.0)
        now = torch.einsum("nuk,u->nk", load_p[..., :k], load_mw)
        scaled = load_p[..., :k] * (wanted / now.clamp(min=EVEN))[:, None]
        even = (wanted / load_mw.sum())[:, None].expand_as(scaled)
        first = torch.where((now > EVEN)[:, None], scaled, even)
        return torch.cat([first, load_p[..., k:]], 2)
