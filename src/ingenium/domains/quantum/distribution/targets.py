"""Target distributions over outcomes.

Shapes: a outcomes, the lowest bit that of qubit 0.
"""

import numpy as np
from jaxtyping import Float64

from ingenium.core.errors import InputError

NAMES = ("bars_and_stripes", "gaussian_mixture")
ROUNDING = 1e-6  # by which the sum of given probabilities may differ from 1


def bars_and_stripes(rows: int, columns: int) -> Float64[np.ndarray, " a"]:
    """Uniform distribution over whole rows or whole columns; qubits are row-major pixels.

    Source: MacKay, Information Theory, Inference, and Learning Algorithms, 2003, sec. 43;
        Benedetti et al., npj Quantum Information 5:45, 2019 (as a test of circuits).
    """
    pixel = np.arange(rows * columns)
    row, column = pixel // columns, pixel % columns
    bars = {_picture(mask >> row & 1) for mask in range(2**rows)}
    stripes = {_picture(mask >> column & 1) for mask in range(2**columns)}
    chance = np.zeros(2 ** (rows * columns))
    chance[sorted(bars | stripes)] = 1.0
    return np.asarray(chance / chance.sum())


def _picture(bits: np.ndarray) -> int:
    return int((bits << np.arange(len(bits))).sum())


def gaussian_mixture(qubits: int) -> Float64[np.ndarray, " a"]:
    """Two Gaussians over the outcomes as numbers, at a quarter and at five eighths of the range.

    Source: Liu and Wang, Phys. Rev. A 98:062324, 2018, sec. IV (there of equal widths).
    """
    at = np.arange(2**qubits) / 2**qubits
    parts = ((0.25, 0.06, 0.6), (0.625, 0.1, 0.4))  # middle, width, weight
    chance = sum(w / s * np.exp(-0.5 * ((at - m) / s) ** 2) for m, s, w in parts)
    return np.asarray(chance / np.sum(chance))


def given(chance: Float64[np.ndarray, " a"]) -> Float64[np.ndarray, " a"]:
    """Check the probabilities of a user.

    Raises:
        InputError: if they are invalid, do not sum to 1, or have a length that is no power of 2.
    """
    qubits = int(np.log2(max(len(chance), 1)))
    if len(chance) != 2**qubits or qubits < 1:
        raise InputError(
            "a chance of each outcome of whole qubits: 2, 4, 8, 16, ...",
            f"{len(chance)} numbers",
            "Fill up with zeros.",
        )
    if not np.isfinite(chance).all() or (chance < 0).any() or abs(chance.sum() - 1) > ROUNDING:
        raise InputError(
            "chances of at least 0 that add up to 1",
            f"a sum of {chance.sum():.6g}",
            "Divide by it.",
        )
    return np.asarray(chance / chance.sum())
