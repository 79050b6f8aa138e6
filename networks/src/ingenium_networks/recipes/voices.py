"""Recipe of speech by eSpeak NG and SoX.

Both run as programs of their own (`apt-get install espeak-ng sox`); none of their code is included,
and their rendering of our sentences is ours.
"""

import json
import lzma
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from ingenium.core.errors import EngineError
from ingenium.core.folders import write_atomic
from ingenium.domains.edge.speech.sounds import LEAD, RATE_HZ, SAMPLES, compressed

PROGRAMS = ("espeak-ng", "sox")
LEARNED = (
    *("en-gb+m1", "en-us+m3", "en-gb-scotland+m4", "en-us+f1", "en-gb+f2"),
    *("en-gb-x-rp+m7", "en-us+f4", "en-029+m5", "en-gb-x-gbclan+f3", "en-us+croak"),
)
OTHERS = ("en-gb+m2", "en-us+m6", "en-gb-scotland+f5", "en-us+Andrea", "en-gb-x-rp+Annie", "de+m3")
TEXTS = (
    *("open the north valve", "the pump is running hot", "close door number seven"),
    *("battery at forty percent", "send the report at noon", "stop the belt right now"),
    *("water level is falling", "check sensor twenty two", "turn the light off again"),
    *("all motors are ready", "lower the crane slowly", "pressure is back to normal"),
    *("call the night shift", "move the red box here", "wind from the south west"),
    *("start cooling fan three", "nobody is in the room", "raise the alarm at once"),
    *("filter change is due", "wait for the green sign"),
)
OTHER_TEXTS = (
    *("please read the meter", "gate nine stays shut", "who moved my ladder"),
    *("five litres of oil left", "bring the yellow cable", "the oven cools too fast"),
    *("signal lost on track two", "heavy rain after six", "weigh the parcel first"),
    *("she found a cracked gear", "hold the lift for me", "dust covers every lens"),
)


def said(voice: str, text: str, pitch: int = 50, words_a_minute: int = 170) -> np.ndarray:
    """Render one utterance, cut or padded to the common length.

    Raises:
        EngineError: if a program is missing or fails, with the line that installs it.
    """
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    if absent:
        raise EngineError(
            f"{' and '.join(absent)} not installed; write `apt-get install {' '.join(absent)}`"
        )
    speak = ["espeak-ng", "-v", voice, "-p", f"{pitch}", "-s", f"{words_a_minute}", "--stdout"]
    form = ["-r", f"{RATE_HZ}", "-b", "16", "-e", "signed", "-c", "1", "-t", "raw", "-"]
    wave = _done([*speak, text], b"")
    raw = _done(["sox", "-t", "wav", "-", *form, "silence", "1", "0.02", "0.5%"], wave)
    whole = np.frombuffer(raw, "<i2").astype(np.float64) / 2**15
    found = np.zeros(SAMPLES)
    room = whole[: SAMPLES - LEAD]
    found[LEAD : LEAD + len(room)] = room
    return found


def _done(command: Sequence[str], given: bytes) -> bytes:
    done = subprocess.run(command, input=given, capture_output=True, timeout=60, check=False)
    if done.returncode or not done.stdout:
        raise EngineError(f"{command[0]} failed: {done.stderr.decode(errors='replace')[-300:]}")
    return done.stdout


def examples(count: int, rng: np.random.Generator) -> Float64[np.ndarray, "n s"]:
    """Render utterances of the training voices: two texts in sequence, varied in pitch and pace."""
    found = []
    for _ in range(count):
        text = " ".join(rng.choice(TEXTS, 2))
        voice, pitch, pace = rng.choice(LEARNED), rng.integers(25, 76), rng.integers(140, 221)
        found.append(said(str(voice), text, int(pitch), int(pace)))
    return np.stack(found)


def make(folder: Path) -> None:
    """Render `voices.xz`, two utterances of each voice; needs eSpeak NG and SoX."""
    file = folder / "voices.xz"
    reported, rows = [], []
    for voices, texts, held_out in ((LEARNED, TEXTS, False), (OTHERS, OTHER_TEXTS, True)):
        for i, text in enumerate(texts):
            voice = voices[i % len(voices)]
            reported.append((voice, text, held_out))
            rows.append(compressed(0.5 * said(voice, text)))
    head = json.dumps(reported).encode()
    write_atomic(file, lzma.compress(head + b"\n" + np.stack(rows).tobytes(), preset=9))
    print(f"{len(reported)} utterances, {file.stat().st_size / 1e3:.0f} kB")
