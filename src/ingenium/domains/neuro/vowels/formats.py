"""Files of series in `.ts`, the text format in which the field exchanges sets of series.

A head of lines with @, then a line a series: coefficients between colons, frames between commas,
the speaker last. A comment in the head states the designs' numbers.

Source: Bagnall et al., The UEA multivariate time series classification archive, 2018,
arXiv:1811.00075 (the format of its files, as aeon and sktime read it).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.folders import write_atomic
from ingenium.core.quantity import Variable
from ingenium.core.reading.files import lines, number, refusing
from ingenium.domains.neuro.vowels.data import COEFFICIENTS, FRAMES, SPEAKERS

FILE, NUMBERS = "vowels.ts", "#designs "
HEAD = (
    "@problemName vowels",
    "@timeStamps false",
    "@missing false",
    "@univariate false",
    f"@dimensions {COEFFICIENTS}",
    "@equalLength true",
    f"@seriesLength {FRAMES}",
    "@classLabel true " + " ".join(str(s + 1) for s in range(SPEAKERS)),
    "@data",
)


@dataclass(frozen=True)
class SeriesFile:
    """Series format: one file for all, every number exact to the last bit."""

    variables: tuple[Variable, ...]
    name: ClassVar[str] = "ts"
    endings: ClassVar[tuple[str, ...]] = (".ts",)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write the file."""
        path, index = folder / FILE, designs[DESIGN].to_numpy().tolist()
        series, speaker = (designs[v.name].to_numpy() for v in self.variables)
        made = [NUMBERS + ",".join(str(i) for i in index), *HEAD]
        for x, who in zip(series.tolist(), speaker.tolist(), strict=True):
            rows = [",".join(repr(value) for value in row) for row in x]
            made.append(":".join([*rows, f"{who:.0f}"]))
        write_atomic(path, "\n".join(made) + "\n")
        return dict.fromkeys(index, path)

    def read(self, path: Path) -> xr.Dataset:
        """Read the series of a file; unnumbered series are numbered in order.

        Raises:
            InputError: for another head, or lines that are no such series.
        """
        file = path / FILE if path.is_dir() else path
        what = f"a .ts file of series of {COEFFICIENTS} coefficients and {FRAMES} frames"
        whole = lines(file, what)
        notes = [line for line in whole if line.startswith("#")]
        rows = [line for line in whole if line and not line.startswith("#")]
        if tuple(rows[: len(HEAD)]) != HEAD:
            odd = next((a for a, b in zip(rows, HEAD, strict=False) if a != b), "fewer lines")
            raise InputError(f"the head of {what}", f"{odd[:60]} in {file.name}")
        with refusing(what, file):
            found = [_series(row) for row in rows[len(HEAD) :]]
            condition = [n.removeprefix(NUMBERS) for n in notes if n.startswith(NUMBERS)]
            index = np.array(
                [_whole(i) for i in condition[0].split(",")] if condition else range(len(found))
            )
            series = torch.from_numpy(np.stack([x for x, _ in found]))
            speaker = torch.tensor([s for _, s in found], dtype=torch.float64)
            return to_dataset((series, speaker), self.variables, {}, index=index)


def _series(line: str) -> tuple[np.ndarray, int]:
    """Parse the coefficients over frames, and the speaker.

    Raises:
        ValueError: for a line of another shape, or text that is not a number.
    """
    *rows, speaker = line.split(":")
    found = np.array([[number(x) for x in row.split(",")] for row in rows])
    if found.shape != (COEFFICIENTS, FRAMES) or not np.isfinite(found).all():
        raise ValueError(f"a line of {len(rows)} coefficients, or not of {FRAMES} finite numbers")
    who = _whole(speaker)
    if not 1 <= who <= SPEAKERS:
        raise ValueError(f"speaker {who}")
    return found, who


def _whole(word: str) -> int:
    found = number(word)
    if found != int(found):
        raise ValueError(f"{word} where a whole number is due")
    return int(found)
