"""Criteria of the three defects of a track: lack of fusion, keyhole, balling.

Shapes: n tracks.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float64

from ingenium.domains.printing.alloys import Alloy

MOST = 1e3  # of a ratio, where its denominator vanishes


def overlap(hatch_m: Any, layer_m: Any, width_m: Any, depth_m: Any) -> Float64[np.ndarray, "..."]:
    """Return Tang's measure of overlap: neighbouring tracks fuse where it is at most 1.

    Source: Tang, Pistorius and Beuth, Prediction of lack-of-fusion porosity for powder bed fusion,
        Additive Manufacturing 14:39, 2017: (hatch / width)² + (layer / depth)² <= 1.
    """
    across = np.asarray(hatch_m) / np.maximum(width_m, 1e-9)
    down = np.asarray(layer_m) / np.maximum(depth_m, 1e-9)
    return np.asarray(np.minimum(across**2 + down**2, MOST))


def widest_hatch(
    layer_m: Any, width_m: Any, depth_m: Any, *, most: float = 1.0
) -> Float64[np.ndarray, "..."]:
    """Return the hatch at which the overlap is `most`; 0 where the depth does not suffice."""
    down = np.asarray(layer_m) / np.maximum(depth_m, 1e-9)
    return np.asarray(width_m * np.sqrt(np.maximum(most - down**2, 0.0)))


def normalised_enthalpy(
    alloy: Alloy, plate_k: float, absorbed_w: Any, speed_m_s: Any, beam_m: Any
) -> Float64[np.ndarray, "..."]:
    """Return the enthalpy under the beam over that of melting: a keyhole opens where it is large.

    Source: Hann, Iammi and Folkes, A simple methodology for predicting laser-weld properties, J.
        Phys. D 44:445401, 2011: A P / (ρ h sqrt(π D v a³)), with the radius a at 1/e².
    """
    conductivity, capacity = alloy.secant(plate_k)
    melting = alloy.density_kg_m3 * alloy.solid_j_kg_k * (alloy.melting_k - plate_k)
    radius = 0.5 * np.asarray(beam_m)
    return np.asarray(
        absorbed_w / (melting * np.sqrt(np.pi * conductivity / capacity * speed_m_s * radius**3))
    )


def slenderness(length_m: Any, width_m: Any) -> Float64[np.ndarray, "..."]:
    """Return length over width: long pools break into beads, as jets do beyond π diameters.

    Source: Yadroitsev et al., Single track formation in selective laser melting of metal powders,
        J. Mater. Process. Technol. 210:1624, 2010 (Plateau and Rayleigh).
    """
    return np.asarray(np.minimum(np.asarray(length_m) / np.maximum(width_m, 1e-9), MOST))


def f1(truth: np.ndarray, flagged: np.ndarray) -> float:
    """Return the harmonic mean of precision and recall."""
    return float(2 * (truth & flagged).sum() / max(truth.sum() + flagged.sum(), 1))


def best_threshold(
    values: Float64[np.ndarray, " n"],
    truth: np.ndarray,
    score: Callable[[np.ndarray, np.ndarray], float] = f1,
) -> float:
    """Return the threshold above which values are flagged best, of their 2 to 98 % quantiles."""
    grid = np.quantile(values, np.linspace(0.02, 0.98, 49))
    return float(grid[int(np.argmax([score(truth, values > g) for g in grid]))])
