"""Recipe of the reader of tables.

Laws are sampled at random, with consistent units and rows that they explain: no law of a textbook
is included except by accident. About eight minutes on one core.
"""

import json
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
from ingenium.domains.equations.law.reader import CONDITIONS, STEPS, LawReader, condition, numbers
from ingenium.train.plan import Plan
from ingenium.train.trainer import train
from ingenium_networks.recipes.chance_laws import ChanceLaw

LAWS, SEED = 28_000, 1
PLAN = Plan(
    steps=2000, batch=64, learning_rate=2e-3, ema_decay=0.995, held_out=0.05, patience=1000,
    check_every=500,
)  # fmt: skip
WEIGHTS, COURSE = "reader.safetensors", "reader.json"


def examples(n: int, seed: int) -> tuple[Float[Tensor, "n s"], Float[Tensor, "n c"]]:
    """Laws for training as tokens, and conditions from their tables."""
    rng = np.random.default_rng(seed)
    x, cond = torch.zeros(n, STEPS), torch.zeros(n, CONDITIONS)
    for i in range(n):  # each law has rows of its own
        law = ChanceLaw.sampled(rng)
        tokens = numbers(law.tokens)
        x[i, : len(tokens)] = torch.tensor(tokens, dtype=x.dtype)
        cond[i] = condition(law.columns, law.values, law.dims)
    return x, cond


def make(folder: Path, *, laws: int = LAWS, steps: int = PLAN.steps) -> None:
    """Train the reader of tables on random laws; save its weights and its loss."""
    began = time.process_time()
    with one_thread():
        x, cond = examples(laws, SEED)
        sampled = time.process_time() - began
        torch.manual_seed(SEED)
        reader = LawReader()
        plan = replace(PLAN, steps=steps, progress=lambda i, n, loss: printed(f"{loss:.3f}", i, n))
        course = train(reader, x, cond, plan)
    weights = save({k: v.half().contiguous() for k, v in reader.state_dict().items()})
    write_atomic(folder / WEIGHTS, weights)
    spent = {"laws": laws, "drawing_s": sampled, "cpu_s": time.process_time() - began}
    facts = spent | {k: course[k] for k in ("step", "held_out")}
    write_atomic(folder / COURSE, json.dumps(facts, indent=1).encode())
