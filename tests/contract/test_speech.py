"""The contract on restored speech."""

import math
import struct
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import ClassVar

import numpy as np

from ingenium.domains.edge.speech.problem import Speech
from ingenium.domains.edge.speech.sounds import SAMPLES, noisy, utterances
from ingenium.testing import Damage, ProblemContract

DATA = 2 * SAMPLES  # bytes at the end of a file


def _head(old: bytes, new: bytes, path: Path) -> None:
    raw = path.read_bytes()
    assert old in raw[:-DATA]
    path.write_bytes(raw[:-DATA].replace(old, new, 1) + raw[-DATA:])


def _samples(change: Callable[[np.ndarray], np.ndarray], path: Path) -> None:
    raw = path.read_bytes()
    whole = change(np.frombuffer(raw[-DATA:], "<i2").astype(np.float64))
    path.write_bytes(raw[:-DATA] + np.clip(np.rint(whole), -32768, 32767).astype("<i2").tobytes())


def _heard(x: np.ndarray) -> np.ndarray:
    """Replace the output by the input recording."""
    return 32767 * noisy(0, "white", 0.0)


def _one_bit(x: np.ndarray) -> np.ndarray:
    loudest = int(np.abs(x).argmax())
    x[loudest] = int(x[loudest]) ^ (1 << 14)
    return x


class TestSpeech(ProblemContract):
    problem_name = "edge.speech"
    written: ClassVar[Mapping[str, float]] = {"level_db": math.inf}  # 0 dB relative to the speech
    harmless: ClassVar[Mapping[str, str]] = {
        "upside down": Speech.unchecked[3],
        "shifted": Speech.unchecked[2],  # by a twentieth of a decibel, in what it names
    }

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        rng = np.random.default_rng(0)
        own: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
            "of silence": lambda x: 0 * x,
            "of a constant": lambda x: 0 * x + 5000,
            "of what was heard": _heard,
            "of another voice": lambda x: 32767 * utterances()[5].samples,
            "too soft to hear": lambda x: x / 16,
            "three times as loud": lambda x: 3 * x,
            "with a bit turned": _one_bit,
            "clipped": lambda x: np.clip(x, -1500, 1500),
            "a sample late": lambda x: np.roll(x, 1),
            "in the other order": lambda x: x[::-1],
            "upside down": lambda x: -x,
            "of hiss": lambda x: 3000 * rng.standard_normal(len(x)),
        }
        heads = {
            "at half of the rate": (struct.pack("<I", 16_000), struct.pack("<I", 8_000)),
            "of two channels": (struct.pack("<HH", 1, 1), struct.pack("<HH", 1, 2)),
            "of floating numbers": (struct.pack("<HH", 1, 1), struct.pack("<HH", 3, 1)),
            "of another utterance": (b"utterance 1,", b"utterance 2,"),
            "of no utterance": (b"utterance 1,", b"utterance 0,"),
            "of a noise that is none": (b"noise 1,", b"noise 9,"),
            "without its comment": (b"ICMT", b"ICMX"),
        }
        return {
            "wav": {
                **{what: partial(_samples, change) for what, change in own.items()},
                **{what: partial(_head, *both) for what, both in heads.items()},
                "with another file behind it": lambda p: p.write_bytes(2 * p.read_bytes()),
            }
        }
