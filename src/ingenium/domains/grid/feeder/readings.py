"""Readings at the head of a feeder from midnight on, which proposed days agree with."""

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
AGREED = 0.05  # of the largest reading, by which a day may miss one
EVEN = 1e-9  # MW below which loads have no shape to keep
FEWEST = 3  # steps that losses are learned from


@dataclass(frozen=True, eq=False)
class FeederReadings:
    """The first steps of a day as they were metered, and the losses that belong to them.

    Shapes: n designs, k readings, u load profiles, g infeed profiles, t steps.
    """

    taken_kw: Float64[np.ndarray, " k"]
    loss_kw: Float64[np.ndarray, " k"]  # of known steps of the same power
    name: ClassVar[str] = READINGS.name

    @classmethod
    def of(cls, given: Given, taken_kw: np.ndarray, loss_kw: np.ndarray) -> "FeederReadings":
        """What was given, with losses as a parabola over the power of the steps of known days.

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
        """How far a day is from them."""
        return Quantity(
            "readings_error", "kW", "largest difference between the day and the readings given"
        )

    @property
    def limit(self) -> Limit:
        """That days agree with them."""
        return Limit(
            self.quantity.name, at_most=AGREED * float(np.abs(self.taken_kw).max()), unit="kW"
        )

    def error(self, taken_kw: Float[np.ndarray, "n t"]) -> Float[np.ndarray, " n"]:
        """Largest difference from the power that days take from the feeding grid."""
        return np.asarray(np.abs(taken_kw[:, : len(self.taken_kw)] - self.taken_kw).max(1))

    def agreeing(
        self,
        load_p: Float64[Tensor, "n u t"],
        infeed_p: Float64[Tensor, "n g t"],
        load_mw: Float64[Tensor, " u"],
        infeed_mw: Float64[Tensor, " g"],
    ) -> Float64[Tensor, "n u t"]:
        """Loads whose sum, less the infeed and with the losses, is what was read at each step.

        All loads of a step grow or shrink alike, and never below 0: where the infeed alone is less
        than what flows back, the rest stays, and is measured as an error.
        """
        k = len(self.taken_kw)
        net = torch.from_numpy((self.taken_kw - self.loss_kw) / KW)
        wanted = (net + torch.einsum("ngk,g->nk", infeed_p[..., :k], infeed_mw)).clamp(min=0.0)
        now = torch.einsum("nuk,u->nk", load_p[..., :k], load_mw)
        scaled = load_p[..., :k] * (wanted / now.clamp(min=EVEN))[:, None]
        even = (wanted / load_mw.sum())[:, None].expand_as(scaled)
        first = torch.where((now > EVEN)[:, None], scaled, even)
        return torch.cat([first, load_p[..., k:]], 2)
