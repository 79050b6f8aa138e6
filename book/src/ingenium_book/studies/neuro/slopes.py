"""Row 19.5: a slope of spikes that sharpens while a network learns, beside a fixed one, by depth.

Latency-coded digits of 14 x 14 cells, networks of 2, 8 and 16 layers of 96 leaky neurons, with as
many silent steps at the end as there are layers, so that the last one hears of the digit. The fixed
slope has a sharpness of 5, the other goes from 1 to 20 over the epochs. Seeds draw weights and
batches, the same for both.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike

from ingenium.core.seeds import one_thread
from ingenium.evaluate.trials import Readings, Trials
from ingenium.kits.spikes import encoders
from ingenium.kits.spikes.surrogate import ADAPTIVE, FIXED, Sharpness
from ingenium_book.studies.neuro.classifying import RHYTHM, ReadDigits, SpikingReader, learned

CELLS, WIDTH, DEPTHS = 196, 96, (2, 8, 16)
SLOPES = {"fixed": FIXED, "adaptive": ADAPTIVE}
ARMS: Mapping[str, tuple[Sharpness, int]] = {
    f"{name}_{depth}": (slope, depth) for name, slope in SLOPES.items() for depth in DEPTHS
}


@dataclass(frozen=True)
class SlopeTrial:
    """How much is learned."""

    known: int
    epochs: int


def run(arm: tuple[Sharpness, int], seed: int, size: SlopeTrial) -> Mapping[str, ArrayLike]:
    """One network learned."""
    slope, depth = arm
    with torch.random.fork_rng(devices=[]), one_thread():
        torch.manual_seed(seed)
        net = SpikingReader(CELLS, WIDTH, depth, slope, rests=depth)
        course, sent = learned(
            ReadDigits.of(size.known),
            net,
            lambda x, rng: encoders.latency(x, RHYTHM.steps),
            epochs=size.epochs,
            seed=seed,
        )
    return {"accuracy": np.array(course[-1]), "spikes": np.array(sent)}


def read(found: Readings) -> Mapping[str, ArrayLike]:
    """What the schedule gains at each depth, a row a seed."""
    gains = {
        d: found(f"adaptive_{d}", "accuracy") - found(f"fixed_{d}", "accuracy") for d in DEPTHS
    }
    last = (found(f"{name}_{DEPTHS[-1]}", "accuracy") for name in SLOPES)
    return {
        "gain": gains[2],
        **{f"gain_{d}": gain for d, gain in gains.items()},
        "deep": np.maximum(*last),
        **{f"{arm}.accuracy": found(arm, "accuracy") for arm in ARMS},
    }


measure = Trials(arms=ARMS, sizes=(SlopeTrial(2500, 6), SlopeTrial(128, 1)), run=run, read=read)
