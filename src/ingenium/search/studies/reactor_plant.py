"""The Williams-Otto reactor as a running plant, and a twin that knows two of its three reactions.

Decisions are the feed of B (kg/s) and the temperature (degree Celsius); what comes out are mass
fractions, and profit (dollars a second).

Shapes: n settings of two decisions, s substances.
Source: Williams and Otto, AIEE Trans. 79:458, 1960; constants and prices as in Marchetti,
    Chachuat and Bonvin, Ind. Eng. Chem. Res. 48:6022, 2009, section 5, whose plant is best at
    4.787 kg/s and 89.70 degrees with 190.98 dollars a second; the twin after Forbes, Marlin and
    MacGregor, Comput. Chem. Eng. 18:497, 1994.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float, Float64

HELD_KG, FEED_A = 2105.0, 1.8275  # in the reactor; kg/s
FEED_B, TEMPERATURE = (3.0, 6.0), (70.0, 100.0)  # the envelope
BEST = (4.787, 89.70, 190.98)  # of the plant, as published
RATES, ENERGIES_K = (1.6599e6, 7.2117e8, 2.6745e12), (6666.7, 8333.3, 11111.0)
TWIN_RATES, TWIN_ENERGIES_K = (2.189e8, 4.310e13), (8077.6, 12438.5)
Settings = Float64[np.ndarray, "n 2"]


@dataclass(frozen=True)
class Reactor:
    """The plant; factors of its three rates are what nobody knows."""

    factors: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def fractions(self, at: Settings) -> Float64[np.ndarray, "n 2"]:
        """Mass fractions of the products P and E at rest."""
        k = _rates(RATES, ENERGIES_K, at) * np.array(self.factors)
        flow = FEED_A + at[:, 0]

        def rest(x: np.ndarray) -> np.ndarray:
            a, b, c, p, e = x.T
            one, two, three = k[:, 0] * a * b, k[:, 1] * b * c, k[:, 2] * c * p
            return np.stack(
                [
                    FEED_A - flow * a - HELD_KG * one,
                    at[:, 0] - flow * b - HELD_KG * (one + two),
                    -flow * c + HELD_KG * (2 * one - 2 * two - three),
                    -flow * p + HELD_KG * (two - 0.5 * three),
                    -flow * e + HELD_KG * 2 * two,
                ],
                1,
            )

        found: np.ndarray = newton(rest, np.tile([0.1, 0.4, 0.02, 0.1, 0.3], (len(at), 1)))[:, 3:]
        return found

    def profit(self, at: Settings) -> Float64[np.ndarray, " n"]:
        """Dollars a second."""
        return profit(at, self.fractions(at))


@dataclass(frozen=True)
class Twin:
    """The model of the plant: A + 2 B to P + E, and A + B + P to G, at factors of both rates."""

    factors: tuple[float, float] = (1.0, 1.0)

    def fractions(self, at: Settings) -> Float64[np.ndarray, "n 2"]:
        """Mass fractions of the products P and E at rest."""
        k = _rates(TWIN_RATES, TWIN_ENERGIES_K, at) * np.array(self.factors)
        flow = FEED_A + at[:, 0]

        def rest(x: np.ndarray) -> np.ndarray:
            a, b, p, e = x.T
            one, two = k[:, 0] * a * b**2, k[:, 1] * a * b * p
            return np.stack(
                [
                    FEED_A - flow * a - HELD_KG * (one + two),
                    at[:, 0] - flow * b - HELD_KG * (2 * one + two),
                    -flow * p + HELD_KG * (one - two),
                    -flow * e + HELD_KG * 2 * one,
                ],
                1,
            )

        found: np.ndarray = newton(rest, np.tile([0.1, 0.4, 0.1, 0.3], (len(at), 1)))[:, 2:]
        return found

    def profit(self, at: Settings) -> Float64[np.ndarray, " n"]:
        """Dollars a second."""
        return profit(at, self.fractions(at))


def profit(
    at: Settings, fractions: Float[np.ndarray, "n 2"] | Complex[np.ndarray, "n 2"]
) -> Float64[np.ndarray, " n"]:
    """Dollars a second: what P and E bring, less what both feeds cost."""
    flow = FEED_A + at[:, 0]
    earned = flow * (1143.38 * fractions[:, 0] + 25.92 * fractions[:, 1])
    found: np.ndarray = earned - 76.23 * FEED_A - 114.34 * at[:, 0]
    return found


def envelope(steps: int) -> Settings:
    """A grid over all settings that are allowed."""
    lines = [np.linspace(*ends, steps) for ends in (FEED_B, TEMPERATURE)]
    return np.stack(np.meshgrid(*lines, indexing="ij"), -1).reshape(-1, 2)


def newton(
    rest: Callable[[np.ndarray], np.ndarray], start: Float64[np.ndarray, "n s"], *, steps: int = 60
) -> Float64[np.ndarray, "n s"]:
    """Where all rests are 0, with slopes by complex steps and no fraction below 0."""
    x, tiny = start.copy(), 1e-30
    for _ in range(steps):
        slopes = np.stack(
            [rest(x + 1j * tiny * axis).imag / tiny for axis in np.eye(x.shape[1])], 2
        )
        step = np.linalg.solve(slopes, -rest(x)[..., None])[..., 0]
        x = np.clip(x + np.clip(step, -0.1, 0.1), 1e-9, 1.0)
        if np.abs(step).max() < 1e-12:
            break
    return x


def _rates(
    rates: tuple[float, ...], energies_k: tuple[float, ...], at: Settings
) -> Float64[np.ndarray, "n r"]:
    kelvin = at[:, 1:] + 273.15
    found: np.ndarray = np.array(rates) * np.exp(-np.array(energies_k) / kelvin)
    return found
