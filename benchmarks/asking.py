"""Requests in words: wrong, complete and right at once, reached within two answers.

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
from benchmarks.asking_truth import FOLDER, Truth, check_digest, truths
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
    """Write and print the table: fresh requests, where there are any, before those of development.

    Requests of `fresh.jsonl` have to be those of the digest beside them.
    """
    known = contracts()
    frozen, tuning = truths("frozen"), truths("tuning")
    arms = [True, False] if likeness.usual() is not None else [False]
    names = {True: "with the encoder", False: "letters alone"}
    rows: list[dict[str, object]] = []
    judged = truths("fresh") if (FOLDER / "fresh.jsonl").is_file() else []
    if judged:
        check_digest("fresh")
        rows += [row(f"fresh, {names[on]}", judged, known, encoder=on) for on in arms]
    other = partial(row, requested=judged or frozen, known=known, encoder=arms[0])
    part = "fresh" if judged else "frozen"
    rows += [other(f"{part}, other words", said=worded)]
    rows += [other(f"{part}, other order", said=ordered)]
    rows += [row("frozen (now development)", frozen, known, encoder=arms[0])]
    rows += [row("tuning (development)", tuning, known, encoder=arms[0])]
    more = truths("development2")
    rows += [row("further 60 (development)", more, known, encoder=arms[0])]
    report("asking", "Requests in four voices; those of the arm fresh were judged once", rows, {})
