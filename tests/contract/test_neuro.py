"""The contract on digits: images, and drives of the network that draws them on a chip."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import ClassVar

import h5py
import numpy as np
from PIL import Image, PngImagePlugin

from ingenium.testing import Damage, ProblemContract


def _repainted(change: Callable[[np.ndarray], np.ndarray], path: Path) -> None:
    """An image with other grey levels, which still says its digit."""
    with Image.open(path) as image:
        grey, digit = np.asarray(image).astype(int), image.info["digit"]
    text = PngImagePlugin.PngInfo()
    text.add_text("digit", digit)
    Image.fromarray(change(grey).clip(0, 255).astype(np.uint8)).save(path, pnginfo=text)


def _relabelled(path: Path) -> None:
    """An image that says it is another digit."""
    with Image.open(path) as image:
        grey, digit = np.asarray(image), int(image.info["digit"])
    text = PngImagePlugin.PngInfo()
    text.add_text("digit", str((digit + 5) % 10))
    Image.fromarray(grey).save(path, pnginfo=text)


def _changed(name: str, change: Callable[[np.ndarray], np.ndarray], path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file[name][...] = change(file[name][...])


class TestImages(ProblemContract):
    problem_name = "neuro.digits"
    setup: ClassVar = {"known": 100}
    few = 4
    written: ClassVar = {"apart": np.inf}  # grey levels are rounded to 256

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {
            "png": {
                "that says another digit": _relabelled,
                "that is blank": partial(_repainted, lambda grey: 0 * grey),
            }
        }


class TestDrives(ProblemContract):
    problem_name = "neuro.digits"
    setup: ClassVar = {"chip": "Loihi", "known": 100, "replayed": 0.0}
    few = 4
    written: ClassVar = {"raster": 1e-12}

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        weight = "node/nodes/weights_1/weight"
        return {
            "nir": {
                "with a weight more": partial(_changed, weight, lambda w: w + (w == w.max())),
                "with fewer weights": partial(_changed, weight, lambda w: np.where(w > 0, w, 0)),
                "with another drive": partial(_changed, "drawn/rate", lambda r: 1 - r),
                "with another image": partial(_changed, "drawn/image", lambda x: x[:, ::-1]),
                "of another digit": partial(_changed, "drawn/digit", lambda d: (d + 1) % 10),
            }
        }
