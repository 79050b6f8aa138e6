"""NACA four-digit sections in closed form.

Source: Jacobs, Ward and Pinkerton, NACA report 460, 1933; Abbott and von Doenhoff, Theory of Wing
    Sections, 1959, equation 6.2. Thickness is measured perpendicular to the chord, as in XFOIL's
    NACA command.
"""

import numpy as np
import torch
from jaxtyping import Float

from ingenium.domains.airfoils.cst import Arrays, arrays_of, fitted, stations

_ROOT = 0.2969
_POWERS = (-0.1260, -0.3516, 0.2843, -0.1015)


def thickness_of(x: Float[np.ndarray, " x"], thickness: float) -> Float[np.ndarray, " x"]:
    """Return the thickness distribution of a section along its chord."""
    tail = sum(a * x ** (i + 1) for i, a in enumerate(_POWERS))
    whole: np.ndarray = 10 * thickness * (_ROOT * np.sqrt(x) + tail)
    return whole


def naca(camber: float, place: float, thickness: float) -> Float[np.ndarray, "p 2"]:
    """Return the outline of a section; camber, its position and thickness in chords."""
    x = stations(200).numpy()
    half = thickness_of(x, thickness) / 2
    front = x < place
    scale = np.where(front, camber / place**2, camber / (1 - place) ** 2)
    middle = scale * np.where(front, 2 * place * x - x**2, 1 - 2 * place + 2 * place * x - x**2)
    heights = np.concatenate([(middle + half)[::-1], (middle - half)[1:]])
    return np.stack([np.concatenate([x[::-1], x[1:]]), heights], 1)


def naca_2412() -> Arrays:
    """Return the Kulfan section nearest to NACA 2412."""
    return arrays_of(torch.from_numpy(fitted(naca(0.02, 0.4, 0.12))[None]))
