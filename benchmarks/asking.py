"""200 requests that the reader was not made on: wrong, complete at once, reached in two answers.

A reply is wrong if it is complete, at once or after the answers of a person who knows what was
meant, and differs from it. Arms are the same judge behind letters alone and behind the sentence
encoder as well; each frozen request is also paraphrased twice by rules.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from benchmarks.asking_paraphrases import ordered, worded
from benchmarks.asking_people import OPEN, REACHED, RIGHT, WRONG, Outcome, outcome
from benchmarks.asking_truth import Truth, truths
from benchmarks.measuring import report
from ingenium.evaluate.intervals import wilson
from ingenium.verbs.ask import contracts
from ingenium.words import likeness
from ingenium.words.contract import Contract

SAME: Callable[[str], str] = str


def outcomes(
    requested: Sequence[Truth],
    known: Sequence[Contract],
    *,
    encoder: bool,
    said: Callable[[str], str] = SAME,
) -> list[Outcome]:
    """Return the outcome of each request."""
    return [outcome(one, known, said(one.text), encoder=encoder) for one in requested]


def row(
    name: str,
    requested: Sequence[Truth],
    known: Sequence[Contract],
    *,
    encoder: bool,
    said: Callable[[str], str] = SAME,
) -> dict[str, object]:
    """Counts of one arm, with 95 % intervals."""
    began = time.process_time()
    found = outcomes(requested, known, encoder=encoder, said=said)
    cpu = (time.process_time() - began) / len(requested)
    kinds = Counter(o.kind for o in found)
    n = len(requested)
    return {
        "arm": name,
        "requests": n,
        "wrong": share(kinds[WRONG], n),
        "complete and right at once": share(kinds[RIGHT], n),
        "within two answers": share(kinds[RIGHT] + kinds[REACHED], n),
        "not reached": kinds[OPEN],
        "typed an answer": sum(o.typed for o in found),
        "cpu_s": round(cpu, 2),
    }


def share(count: int, n: int) -> str:
    """A share with its 95 % interval."""
    low, high = wilson(count, n)
    return f"{count / n:.0%} ({low:.0%} to {high:.0%})"


def run() -> None:
    """Write and print the table of the frozen half, and of the half it was tuned on."""
    known = contracts()
    frozen, tuning = truths("frozen"), truths("tuning")
    arms = [True, False] if likeness.usual() is not None else [False]
    names = {True: "with the encoder", False: "letters alone"}
    rows = [row(f"frozen, {names[on]}", frozen, known, encoder=on) for on in arms]
    other = partial(row, requested=frozen, known=known, encoder=arms[0])
    rows += [other("frozen, other words", said=worded), other("frozen, other order", said=ordered)]
    rows += [row(f"tuning, {names[on]}", tuning, known, encoder=on) for on in arms]
    report("asking", "200 requests in four voices, half of them frozen before the reader", rows, {})
