"""The contract on digits: images, and drives of the network that generates them on a chip."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import h5py
import numpy as np
from PIL import Image, PngImagePlugin

from ingenium.testing import Damage, ProblemContract


def _repainted(change: Callable[[np.ndarray], np.ndarray], path: Path) -> None:
    """Change the grey levels of an image, and leave its digit."""
    with Image.open(path) as image:
        grey, digit = np.asarray(image).astype(int), image.info["digit"]
    text = PngImagePlugin.PngInfo()
    text.add_text("digit", digit)
    Image.fromarray(change(grey).clip(0, 255).astype(np.uint8)).save(path, pnginfo=text)


def _relabelled(path: Path) -> None:
    """Label an image as another digit."""
    with Image.open(path) as image:
        grey, digit = np.asarray(image), int(image.info["digit"])
    text = PngImagePlugin.PngInfo()
    text.add_text("digit", str((digit + 5) % 10))
    Image.fromarray(grey).save(path, pnginfo=text)


def _saved(path: Path, *, also: Mapping[bytes, bytes] = {}, **more: Any) -> None:
    """Save the same image with more in its file, by which programs show it otherwise."""
    with Image.open(path) as image:
        grey, digit = np.asarray(image), image.info["digit"]
    text = PngImagePlugin.PngInfo()
    text.add_text("digit", digit)
    for chunk, content in also.items():
        text.add(chunk, content)
    Image.fromarray(grey).save(path, pnginfo=text, **more)


ON_ITS_SIDE = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"  # of EXIF
DARKER = (1000).to_bytes(4, "big")  # a gamma of a hundredth


def _moving(path: Path) -> None:
    """Add a second image after the first, which a browser shows."""
    with Image.open(path) as image:
        other = Image.fromarray(255 - np.asarray(image))
    _saved(path, save_all=True, append_images=[other])


def _typed(name: str, change: Callable[[np.ndarray], np.ndarray], path: Path) -> None:
    """Change the type of an array of a file."""
    with h5py.File(path, "r+") as file:
        held = change(file[name][()])
        del file[name]
        file[name] = held


def _changed(name: str, change: Callable[[np.ndarray], np.ndarray], path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file[name][...] = change(file[name][...])


class TestImages(ProblemContract):
    problem_name = "neuro.digits"
    setup: ClassVar = {"known": 100}
    few = 4
    written: ClassVar = {"nearest_distance": np.inf}  # grey levels are rounded to 256

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {
            "png": {
                "that says another digit": _relabelled,
                "that is blank": partial(_repainted, lambda grey: 0 * grey),
                "in negative": partial(_repainted, lambda grey: 255 - grey),
                "that says two digits": partial(_saved, also={b"tEXt": b"digit\0" + b"8"}),
                "whose ink is clear": partial(_saved, transparency=255),
                "that is shown on its side": partial(_saved, exif=ON_ITS_SIDE),
                "that is shown darker": partial(_saved, also={b"gAMA": DARKER}),
                "that moves": _moving,
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
                "of complex rates": partial(_typed, "drawn/rate", lambda r: r * (1 + 1j)),
                "of rates as texts": partial(_typed, "drawn/rate", lambda r: r.astype("S")),
                "of half a number": partial(_typed, "drawn/design", lambda d: d + 0.5),
                "of a complex image": partial(_typed, "drawn/image", lambda x: x + 1j),
                "without its first digit": partial(_typed, "drawn/digit", lambda d: d[1:]),
            }
        }


def _in_line(change: Callable[[list[str]], list[str]], path: Path) -> None:
    """Replace the first series of a file by another one."""
    lines = path.read_text().splitlines()
    at = lines.index("@data") + 1
    lines[at] = ":".join(change(lines[at].split(":")))
    path.write_text("\n".join(lines) + "\n")


def _in_head(old: str, new: str, path: Path) -> None:
    path.write_text(path.read_text().replace(old, new, 1))


def _scaled(rows: list[str], by: float) -> list[str]:
    series = [[by * float(x) for x in row.split(",")] for row in rows[:-1]]
    return [*(",".join(map(repr, row)) for row in series), rows[-1]]


def _jagged(rows: list[str]) -> list[str]:
    """Give every second frame another height."""
    series = np.array([[float(x) for x in row.split(",")] for row in rows[:-1]])
    series[:, ::2] += 0.5
    return [*(",".join(map(repr, row.tolist())) for row in series), rows[-1]]


class TestVowels(ProblemContract):
    problem_name = "neuro.vowels"
    few = 4

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {
            "ts": {
                "of another voice": partial(_in_line, lambda r: [*r[:-1], str(1 + int(r[-1]) % 9)]),
                "louder than any voice": partial(_in_line, partial(_scaled, by=5.0)),
                "of nothing": partial(_in_line, partial(_scaled, by=0.0)),
                "that jumps": partial(_in_line, _jagged),
                "with a coefficient less": partial(_in_line, lambda r: r[1:]),
                "of no number": partial(
                    _in_line, lambda r: ["nan" + r[0][r[0].index(",") :], *r[1:]]
                ),
                "of a voice that there is not": partial(_in_line, lambda r: [*r[:-1], "10"]),
                "of half a voice": partial(_in_line, lambda r: [*r[:-1], r[-1] + ".5"]),
                "that says another length": partial(
                    _in_head, "@seriesLength 16", "@seriesLength 8"
                ),
                "with values that lack": partial(_in_head, "@missing false", "@missing true"),
            }
        }
