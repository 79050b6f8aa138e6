"""Recipe of the network of gains that restores speech.

Speech by eSpeak NG and SoX under computed noises. About six minutes on one core.
"""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from safetensors.torch import save
from torch import Tensor

from ingenium.core.folders import write_atomic
from ingenium.core.recipe import printed
from ingenium.core.seeds import one_thread
from ingenium.domains.edge.speech.sounds import HELD_OUT, NOISES, SAMPLES, powered, spoken
from ingenium.domains.edge.speech.trained import NAME, network
from ingenium.train.plan import Plan
from ingenium_networks.recipes.voices import examples

SPOKEN, ROWS = 500, 2400
SNR_DB = (-8.0, 15.0)
LOUDNESS_DB = 6.0  # that speech is louder or softer than it should be
PLAN = Plan(steps=2500, batch=32, learning_rate=3e-3, ema_decay=0.998, held_out=0.05, patience=1000)


def mixed(
    count: int, rng: np.random.Generator, spoken_count: int
) -> tuple[Float[Tensor, "n s"], Float[Tensor, "n s"]]:
    """Mix speech and noisy speech, with other places, noises and loudness each time."""
    speech = [spoken(u) for u in examples(spoken_count, rng)]
    kinds = [k for k in NOISES if k not in HELD_OUT]
    clean, heard = (np.empty((count, SAMPLES), np.float32) for _ in range(2))
    for i in range(count):
        own, noise = speech[i % len(speech)], NOISES[kinds[i % len(kinds)]](SAMPLES, rng)
        over = powered(noise, own) * 10 ** (-rng.uniform(*SNR_DB) / 20)
        loud = 10 ** (rng.uniform(-LOUDNESS_DB, LOUDNESS_DB) / 20)
        clean[i], heard[i] = loud * own, loud * (own + over)
    return torch.from_numpy(clean), torch.from_numpy(heard)


def make(folder: Path, *, steps: int = PLAN.steps) -> None:
    """Train the network that restores speech; needs eSpeak NG and SoX."""
    x, cond = mixed(ROWS, np.random.default_rng(0), SPOKEN)
    family, began = network(SAMPLES), time.process_time()
    plan = replace(PLAN, steps=steps, progress=lambda i, n, loss: printed(f"{loss:.4f}", i, n))
    with one_thread():
        family.fit(x, cond, plan)
    state = {k: v.half().contiguous() for k, v in family.state_dict().items()}
    write_atomic(folder / f"{NAME}.safetensors", save(state))
    print(f"{len(x)} recordings, {time.process_time() - began:.0f} CPU s")
