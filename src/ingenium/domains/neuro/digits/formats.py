"""Files of digits: one image each, or a NIR network with the drives that generate them.

The images in a file of drives must be those that its network generates, and the network must be the
problem's; other files are refused.
"""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import h5py
import numpy as np
import torch
import xarray as xr
from PIL import Image, PngImagePlugin

from ingenium.core.designs import DESIGN, real_numbers, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.folders import write_atomic
from ingenium.core.quantity import Variable
from ingenium.core.reading.files import content, refusing
from ingenium.core.reading.hdf5 import opened
from ingenium.domains.neuro import nir_graphs
from ingenium.domains.neuro.digits.data import LEVELS, SIDE
from ingenium.domains.neuro.digits.verifier import DrawnVerifier

NAMED, FILE = "digit_", "network.nir"
MOST = 1 << 20  # bytes of an image
SIGNATURE, CHUNKS = b"\x89PNG\r\n\x1a\n", (b"IHDR", b"tEXt", b"IDAT", b"IEND")
SAME = 1e-9  # grey, within which a file's image is the one that its network draws


@dataclass(frozen=True)
class ImageFiles:
    """Image format, an 8-bit grey PNG each, ink white as in MNIST; its text states the digit."""

    variables: tuple[Variable, ...]
    name: ClassVar[str] = "png"
    endings: ClassVar[tuple[str, ...]] = (".png",)
    separate: ClassVar[Literal[True]] = True

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write a file for each design."""
        paths = {}
        grey = np.round(designs["image"].to_numpy() * LEVELS).astype(np.uint8)
        for i, index in enumerate(designs[DESIGN].to_numpy().tolist()):
            text = PngImagePlugin.PngInfo()
            text.add_text("digit", f"{designs['digit'].to_numpy()[i]:.0f}")
            buffer = io.BytesIO()
            Image.fromarray(grey[i]).save(buffer, "PNG", pnginfo=text)
            paths[index] = folder / f"{NAMED}{index:06d}.png"
            write_atomic(paths[index], buffer.getvalue())
        return paths

    def read(self, path: Path) -> xr.Dataset:
        """Read the images of a folder or of one file; unnamed images are numbered in order.

        Raises:
            InputError: for a file that is no such image, or does not state its digit.
        """
        files = sorted(path.glob("*.png")) if path.is_dir() else [path]
        if not files:
            raise InputError("a folder with images (.png)", f"none in {path.name}")
        found = [self._one(file) for file in files]
        numbers = [f.stem.removeprefix(NAMED) for f in files]
        own = all(
            f.stem.startswith(NAMED) and n.isdigit() for f, n in zip(files, numbers, strict=True)
        )
        index = np.array([int(n) for n in numbers]) if own else np.arange(len(files))
        image = torch.from_numpy(np.stack([grey for grey, _ in found]) / LEVELS)
        digit = torch.tensor([digit for _, digit in found], dtype=torch.float64)
        return to_dataset((image, digit), self.variables, {}, index=index)

    def _one(self, path: Path) -> tuple[np.ndarray, float]:
        data = content(path, "an image", most=MOST)
        what = f"a PNG of {SIDE} x {SIDE} grey levels that says its digit"
        with refusing(what, path), Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            if image.size != (SIDE, SIDE) or image.mode != "L":
                condition = f"{image.mode} of {image.size[0]} x {image.size[1]}"
                raise InputError(f"8-bit grey of {SIDE} x {SIDE}", condition)
            image.load()
            _check_alone(data, path)
            return np.asarray(image), float(int(image.info["digit"]))


def _check_alone(data: bytes, path: Path) -> None:
    """Refuse chunks that alter the displayed grey levels: transparency, rotation, animation, gamma.

    Raises:
        InputError: for any chunk but size, levels and one text.
    """
    chunks, at = list[bytes](), len(SIGNATURE)
    while at < len(data):
        chunks.append(data[at + 4 : at + 8])
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    odd = [c.decode("latin-1") for c in chunks if c not in CHUNKS]
    if odd or chunks.count(b"tEXt") != 1:
        condition = f"{odd[0]} in {path.name}" if odd else f"{chunks.count(b'tEXt')} in {path.name}"
        raise InputError("a PNG of grey levels and one text, its digit, alone", condition)


@dataclass(frozen=True)
class NetworkFile:
    """Network format: an HDF5 file with the network in NIR's published layout, and its drives."""

    verifier: DrawnVerifier
    variables: tuple[Variable, ...]
    name: ClassVar[str] = "nir"
    endings: ClassVar[tuple[str, ...]] = (".nir",)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write all designs into one file."""
        path, index = folder / FILE, designs[DESIGN].to_numpy()
        nir_graphs.write(self.verifier.drawer.network, path)
        rates, digit = (designs[v.name].to_numpy() for v in self.variables)
        with h5py.File(path, "r+") as file:
            group = file.create_group("drawn")
            for name, array in {DESIGN: index, "rate": rates, "digit": digit}.items():
                group.create_dataset(name, data=array)
            group.create_dataset("image", data=self._images(rates, digit), compression="gzip")
        return dict.fromkeys(index.tolist(), path)

    def _images(self, rates: np.ndarray, digit: np.ndarray) -> np.ndarray:
        both = zip(torch.from_numpy(rates), torch.from_numpy(digit), strict=True)
        read = [self.verifier.run(r[None], d[None]).read for r, d in both]
        drawn: np.ndarray = self.verifier.drawer.images(torch.cat(read)).numpy()
        return drawn

    def read(self, path: Path) -> xr.Dataset:
        """Read drives, after checking that the file's network reproduces their images.

        Raises:
            InputError: for an invalid NIR, a network other than the requested one, or images that
                it does not generate.
        """
        file = path / FILE if path.is_dir() else path
        network = nir_graphs.read(file)
        self._same(network, file)
        what = "drives beside the network, in the group drawn"
        with refusing(what, file), opened(file, what) as f:
            names = (DESIGN, "rate", "digit", "image")
            held = {k: real_numbers(np.asarray(f[f"drawn/{k}"])) for k in names}
            rate, digit, index = held["rate"], held["digit"], held[DESIGN].astype(np.int64)
            arrays: tuple[Any, ...] = (torch.from_numpy(rate), torch.from_numpy(digit))
            found = to_dataset(arrays, self.variables, {}, index=index)
        if not np.array_equal(index, held[DESIGN]):
            raise InputError("whole numbers of designs", f"others in {file.name}")
        if held["image"].shape != (len(rate), SIDE, SIDE) or not np.isfinite(rate).all():
            raise InputError("an image and finite rates of each drive", file.name)
        off = np.abs(self._images(rate, digit) - held["image"]).reshape(len(rate), -1).max(1)
        wrong = ~(off <= SAME)
        if wrong.any():
            condition = f"another one at design {int(held[DESIGN][wrong.argmax()])} of {file.name}"
            raise InputError("images that the network in the file draws", condition)
        return found

    def _same(self, network: Any, file: Path) -> None:
        own = self.verifier.drawer.network
        pairs = [*zip(network.weights, own.weights, strict=False)]
        pairs += zip(network.biases, own.biases, strict=False)
        fits = network.sizes == own.sizes and network.rhythm == own.rhythm
        if not fits or any(not torch.allclose(a, b, rtol=1e-12, atol=0) for a, b in pairs):
            raise InputError(
                f"the network that draws at {self.verifier.bits} bits",
                f"another one in {file.name}",
                "Write its bits under [setup].",
            )
