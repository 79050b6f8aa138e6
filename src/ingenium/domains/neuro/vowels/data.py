"""Data set of two Japanese vowels spoken in sequence by nine men, shipped with the package.

640 utterances of /ae/, each 7 to 29 frames of 12 LPC cepstrum coefficients: UCI's Japanese Vowels
(Kudo, Toyama and Shimbo, Pattern Recognition Letters 20, 1999; CC BY 4.0), from the files of aeon
1.6.0 (BSD-3), to four decimals. Here each utterance is resampled to 16 frames. The recipe:

    pip download aeon==1.6.0 --no-deps && unzip aeon-1.6.0-py3-none-any.whl
    ingenium make vowels --set source=aeon/datasets/data/JapaneseVowels
"""

import lzma
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import Float64, Int64

from ingenium.core.errors import CorruptError
from ingenium.core.folders import write_atomic

PACKAGED = Path(__file__).parent / "vowels.xz"
CONDITION, COUNT = 270, 640  # training utterances, by the data's own split, and all
SPEAKERS, COEFFICIENTS, FRAMES = 9, 12, 16
SCALE = 10_000  # of the integers that store them
LICENCE = (
    "640 utterances of Japanese vowels (M. Kudo, J. Toyama, M. Shimbo; UCI, CC BY 4.0), as aeon "
    "1.6.0 (BSD-3) holds them"
)


@cache
def vowels() -> tuple[Float64[np.ndarray, "n 12 16"], Int64[np.ndarray, " n"]]:
    """Return coefficients over time, and the speaker, from 1; training utterances come first.

    Raises:
        CorruptError: if the shipped file is damaged.
    """
    try:
        raw = np.frombuffer(lzma.decompress(PACKAGED.read_bytes()), np.int16)
        speaker, length = raw[:COUNT], raw[COUNT : 2 * COUNT]
        ends = np.cumsum(length * COEFFICIENTS)[:-1]
        parts = np.split(raw[2 * COUNT :] / SCALE, ends)
        whole = np.stack([on_frames(x.reshape(-1, COEFFICIENTS).T) for x in parts])
    except (OSError, lzma.LZMAError, ValueError) as error:
        found = f"is not what came with the package ({error})"
        raise CorruptError(str(PACKAGED), found, "Install the package again.") from error
    return whole, speaker.astype(np.int64)


def on_frames(x: Float64[np.ndarray, "c t"]) -> Float64[np.ndarray, "c 16"]:
    """Interpolate a series linearly at evenly spaced frames of its own length."""
    moments = np.linspace(0, x.shape[1] - 1, FRAMES)
    return np.stack([np.interp(moments, np.arange(x.shape[1]), row) for row in x])


def held_out() -> np.ndarray:
    """Mask of the utterances that nothing here is trained on."""
    found: np.ndarray = np.arange(COUNT) >= CONDITION
    return found


def _lines(path: Path) -> Iterator[tuple[np.ndarray, int]]:
    """Parse the coefficients and speaker of each utterance of a file of series."""
    for line in path.read_text().splitlines():
        if line and line[0] not in "#@":
            *rows, speaker = line.split(":")
            yield np.array([[float(x) for x in row.split(",")] for row in rows]), int(speaker)


def ship(folder: Path) -> None:
    """Write the utterances of aeon's files as the file that ships with the package."""
    names = ("JapaneseVowels_TRAIN.ts", "JapaneseVowels_TEST.ts")
    found = [pair for name in names for pair in _lines(folder / name)]
    heads = [[speaker for _, speaker in found], [x.shape[1] for x, _ in found]]
    parts = [np.array(heads).ravel(), *(np.round(SCALE * x.T).ravel() for x, _ in found)]
    write_atomic(
        PACKAGED, lzma.compress(np.concatenate(parts).astype(np.int16).tobytes(), preset=9)
    )
