"""Recipe of the generators of sketches.

Icons moved by a point in any direction are added. About six minutes each on one core.
"""

import time
from dataclasses import replace
from pathlib import Path

import torch
from jaxtyping import Float
from safetensors.torch import save
from torch import Tensor

from ingenium.core.folders import write_atomic
from ingenium.core.recipe import printed
from ingenium.core.seeds import one_thread
from ingenium.domains.edge.doodle.data import KINDS, icons
from ingenium.domains.edge.doodle.strokes import moved, word_of
from ingenium.domains.edge.doodle.trained import codec, network
from ingenium.train.plan import Plan

PLAN = Plan(
    steps=5000, batch=128, learning_rate=3e-3, ema_decay=0.998, held_out=0.05, patience=1000
)
MOVES = [(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1)]


def examples(words: tuple[str, ...]) -> tuple[Float[Tensor, "n s"], Float[Tensor, "n c"]]:
    """Sketches for training as tokens, and the word of each."""
    found = [moved(i.text, *by) for i in icons(words) if not i.held_out for by in MOVES]
    retained = [text for text in found if text is not None]
    reported = torch.zeros(len(retained), len(words))
    reported[range(len(retained)), [words.index(word_of(text)) for text in retained]] = 1
    return codec(words).of_texts(retained), reported


def make(folder: Path, *, steps: int = PLAN.steps, only: str = "") -> None:
    """Train the generators of sketches, of subjects and of surroundings, or `only` one of them."""
    for kind, words in KINDS.items():
        if only not in ("", kind):
            continue
        family, began = network(words), time.process_time()
        x, cond = examples(words)
        own = steps if kind == "subjects" else steps // 5
        plan = replace(PLAN, steps=own, progress=lambda i, n, loss: printed(f"{loss:.4f}", i, n))
        with one_thread():
            family.fit(x, cond, plan)
        state = {k: v.half().contiguous() for k, v in family.state_dict().items()}
        write_atomic(folder / f"{kind}.safetensors", save(state))
        print(f"{kind}: {len(x)} sketches, {time.process_time() - began:.0f} CPU s")
