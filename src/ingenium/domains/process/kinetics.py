"""Kinetics of a stirred batch: A + B to P, P + B to a side product, a deactivating catalyst.

Both steps need the catalyst, so the integral of its concentration replaces time, and its decay is
no longer stiff.

Shapes: n designs, s species.
Source: Levenspiel, Chemical Reaction Engineering, 3rd ed., 1999, ch. 8 (series-parallel
    reactions), ch. 21 (deactivating catalysts).
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64
from scipy.integrate import solve_ivp
from torch import Tensor

from ingenium.core.errors import InputError

GAS_J_MOL_K = 8.314462618
REFERENCE_K = 353.15  # at which rates are stated
STEPS = 400


@dataclass(frozen=True)
class Rate:
    """Rate constant at 80 °C and its activation energy (Arrhenius)."""

    at_reference: float
    activation_j_mol: float

    def at(self, temperature_k: Float64[Tensor, " n"]) -> Float64[Tensor, " n"]:
        """Return the rate constant at the given temperatures."""
        inverse = 1 / temperature_k - 1 / REFERENCE_K
        return self.at_reference * (-self.activation_j_mol / GAS_J_MOL_K * inverse).exp()


@dataclass(frozen=True)
class ReactionNetwork:
    """Reaction network with three rates.

    Raises:
        InputError: for a rate that is not above 0.
    """

    making: Rate  # L²/mol²/s, with the catalyst
    wasting: Rate  # the same, of product to side product
    dying: Rate  # 1/s, of the catalyst

    def __post_init__(self) -> None:
        for rate in (self.making, self.wasting, self.dying):
            if not rate.at_reference > 0:
                raise InputError("rates above 0", rate.at_reference)

    def worked(
        self,
        temperature_k: Float64[Tensor, " n"],
        time_s: Float64[Tensor, " n"],
        catalyst_mol_l: Float64[Tensor, " n"],
    ) -> Float64[Tensor, " n"]:
        """Integral of the active catalyst over the whole batch, in mol·s/L."""
        rate = self.dying.at(temperature_k)
        return -catalyst_mol_l * torch.expm1(-rate * time_s) / rate

    def after(
        self,
        start_mol_l: Float64[Tensor, "n 4"],
        temperature_k: Float64[Tensor, " n"],
        worked: Float64[Tensor, " n"],
    ) -> Float64[Tensor, "n 4"]:
        """Return the final concentrations, by fourth-order Runge-Kutta in equal steps."""
        rates = self.making.at(temperature_k), self.wasting.at(temperature_k)
        h, x = (worked / STEPS)[:, None], start_mol_l
        for _ in range(STEPS):
            a = _slope(x, *rates)
            b = _slope(x + h / 2 * a, *rates)
            c = _slope(x + h / 2 * b, *rates)
            x = x + h / 6 * (a + 2 * b + 2 * c + _slope(x + h * c, *rates))
        return x

    def by_scipy(
        self, start_mol_l: np.ndarray, temperature_k: float, time_s: float, catalyst_mol_l: float
    ) -> np.ndarray:
        """Integrate one batch by LSODA in time itself, with the catalyst as a fifth species."""
        at = torch.tensor([temperature_k], dtype=torch.float64)
        k1, k2, kd = (float(r.at(at)) for r in (self.making, self.wasting, self.dying))

        def slope(_: float, y: np.ndarray) -> list[float]:
            made, wasted = k1 * y[4] * y[0] * y[1], k2 * y[4] * y[2] * y[1]
            return [-made, -made - wasted, made - wasted, wasted, -kd * y[4]]

        start = np.append(start_mol_l, catalyst_mol_l)
        found = solve_ivp(slope, (0.0, time_s), start, method="LSODA", rtol=1e-10, atol=1e-13)
        end: np.ndarray = found.y[:4, -1] if found.success else np.full(4, np.nan)
        return end


def _slope(
    x: Float64[Tensor, "n 4"], making: Float64[Tensor, " n"], wasting: Float64[Tensor, " n"]
) -> Float64[Tensor, "n 4"]:
    made, wasted = making * x[:, 0] * x[:, 1], wasting * x[:, 2] * x[:, 1]
    return torch.stack([-made, -made - wasted, made - wasted, wasted], 1)
