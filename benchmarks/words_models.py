"""Models of text on one corpus: perplexity of held-out verse, and recall of repeated lines.

The models are counts of words, an LSTM and a transformer, each with its own budget, on
Shakespeare's sonnets and Paradise Lost in pieces of fourteen lines; every tenth poem is held out,
of which every third is judged. SmolLM2 has most likely read them elsewhere, and is shown two of
them here, or is adapted to them; its nats are those of all its own tokens of a text, over words and
line breaks as for all. ELIZA has no probabilities of words. A ratio below 1 means that words of
repeated lines are likelier the second time.
"""

import time
from collections.abc import Mapping

import torch

from benchmarks.measuring import report
from ingenium.core.designs import DESIGN
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.generators.offer import make, plan
from ingenium.language.pretrained import present
from ingenium.runs.loop import training

FAMILIES = ("ngram_free", "lstm", "autoregressive")
PRETRAINED = ("smollm2", "smollm2_adapted")
JUDGED_EVERY = 3


def run() -> None:
    """Write and print the table."""
    problem = open_problem(Spec("words.verse", setup={"form": "blank"}))
    known = problem.data()
    held = known.isel({DESIGN: known["held_out"].to_numpy()}).isel(
        {DESIGN: slice(0, None, JUDGED_EVERY)}
    )
    own = training(problem)
    x, cond = problem.encode(own).to(torch.float32), problem.features(own)
    rows = []
    for name in (*FAMILIES, *(PRETRAINED if present() else ())):
        began = time.process_time()
        family = make(problem, name, cond.shape[1])
        family.fit(x, cond, plan(problem, name, seed=0))
        fitted = time.process_time() - began
        rows.append(_row(name, fitted, problem.costs(family, held)))
    title = f"Models of text on one corpus: {len(x)} poems learned, {held.sizes[DESIGN]} judged"
    report("words_models", title, rows, {"eliza": "gives no chances"})


def _row(name: str, fitted: float, found: Mapping[str, float]) -> dict[str, object]:
    return {
        "model": name,
        "fit_cpu_s": round(fitted, 1),
        "perplexity of a word": round(found["perplexity"], 1),
        "lines said twice, ratio": round(found["repeat_ratio"], 3),
    }
