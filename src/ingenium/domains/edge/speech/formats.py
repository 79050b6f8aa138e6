"""WAV files of speech, one each: one channel of 16 bits, and a comment that names the input.

Source: Microsoft and IBM, Multimedia Programming Interface and Data Specifications 1.0, 1991.
"""

import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.folders import write_atomic
from ingenium.core.quantity import Variable
from ingenium.core.reading.files import content, numbered
from ingenium.domains.edge.speech.sounds import RATE_HZ, SAMPLES

FULL = 2**15 - 1
MOST_BYTES = 1 << 20
WHAT = f"a WAV file of one channel of 16 bits at {RATE_HZ} Hz and {SAMPLES} samples"
COMMENT = re.compile(r"utterance (\d{1,3}), noise (\d{1,3}), (-?\d{1,2}\.\d{1,20}) dB")


@dataclass(frozen=True)
class SpeechWav:
    """WAV format, one file for each design."""

    variables: tuple[Variable, ...]
    name: ClassVar[str] = "wav"
    endings: ClassVar[tuple[str, ...]] = (".wav",)

    @property
    def separate(self) -> Literal[True]:
        return True

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write each recording below `folder`."""
        arrays = [designs[v.name].to_numpy() for v in self.variables]
        found = {}
        for i, samples, *heard in zip(designs[DESIGN].to_numpy().tolist(), *arrays, strict=True):
            path = folder / f"speech_{i:05d}.wav"
            write_atomic(path, wav(samples, *heard))
            found[i] = path
        return found

    def read(self, path: Path) -> xr.Dataset:
        """Read a recording, or all recordings of a folder.

        Raises:
            InputError: if there is none, or an invalid file.
        """
        files, index = numbered(path, "speech_*.wav", "speech as WAV")
        rows = [_read(file) for file in files]
        samples = torch.from_numpy(np.stack([row[0] for row in rows]))
        heard = torch.tensor([row[1] for row in rows], dtype=torch.float64)
        arrays = (samples, *heard.unbind(1))
        return to_dataset(arrays, self.variables, {}, index=np.array(index, dtype=np.int64))


def wav(samples: np.ndarray, utterance: float, noise: float, snr_db: float) -> bytes:
    """Return the content of a file."""
    reported = f"utterance {utterance:.0f}, noise {noise:.0f}, {snr_db:.12f} dB".encode()
    reported += b"\0" * (2 - len(reported) % 2)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE_HZ, 2 * RATE_HZ, 2, 16)
    about = b"INFO" + _chunk(b"ICMT", reported)
    whole = np.rint(np.clip(samples, -1, 1) * FULL).astype("<i2").tobytes()
    parts = [form, _chunk(b"LIST", about), _chunk(b"data", whole)]
    return _chunk(b"RIFF", b"WAVE" + b"".join(parts))


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body


def _read(file: Path) -> tuple[np.ndarray, tuple[float, float, float]]:
    """Read the samples and their input.

    Raises:
        InputError: for a file that another program could play differently.
    """
    raw = content(file, WHAT, most=MOST_BYTES)
    found = re.search(rb"ICMT....([ -~]*)", raw[:200], re.DOTALL)
    reported = COMMENT.fullmatch(found[1].decode()) if found else None
    if reported is None:
        raise InputError(WHAT, f"{file.name} without a comment that says what was heard")
    heard = float(reported[1]), float(reported[2]), float(reported[3])
    samples = np.frombuffer(raw[-2 * SAMPLES :], "<i2").astype(np.float64) / FULL
    if len(samples) != SAMPLES or wav(samples, *heard) != raw:
        raise InputError(WHAT, f"{file.name}, which is another one", "Write what propose writes.")
    return samples, heard
