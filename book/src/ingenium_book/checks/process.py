"""Systems of processes, shown by their commands in seconds."""

import json
from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from ingenium_book.findings import Commands, Done, Finding, Picture

SPEC = """
problem = "process.laboratory"
title = "80 % from a laboratory that fails now and then"
[setup]
failing = 0.1
[[limits]]
quantity = "reading_low"
at_least = 0.8
[[limits]]
quantity = "side_product"
at_most = 0.08
[[limits]]
quantity = "cost"
at_most = 120
[[objectives]]
quantity = "cost"
sense = "minimise"
"""
BUDGET, BATCH = 40, 4
STOP, FEW = 20, 24  # batches after which a short search is stopped, and of all of it


def laboratory_loop(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 37.14: a loop finds conditions though instruments fail, and goes on after a stop."""
    (commands.folder / "spec.toml").write_text(SPEC)
    whole = _search(commands, "bayesian", BUDGET, "whole")
    yield Finding("the search ends well", whole.code == 0)
    found = whole.answer["summary"]
    yield Finding(
        f"instruments gave no answer on {found['failed']} of {BUDGET} batches, which are failed "
        "and not rejected, and the loop went on",
        found["failed"] > 0 and found["proposed"] == BUDGET,
    )
    yield Finding(
        f"{found['accepted']} batches reach the yield under all limits", found["accepted"] >= 1
    )
    _search(commands, "bayesian", FEW, "short")
    _search(commands, "bayesian", STOP, "stopped")
    again = _search(commands, "bayesian", FEW, "stopped")
    yield Finding(
        f"stopped after {STOP} batches and begun again from its file it measures the same",
        again.code in (0, 1) and _batches(commands, "stopped") == _batches(commands, "short"),
    )
    chance = _search(commands, "random", BUDGET, "chance").answer["summary"]["accepted"]
    yield Finding(f"chance reaches it with {chance} of as many batches", found["accepted"] > chance)
    check = whole.answer["record"].get("cross_check") or {}
    far = (check.get("disagreement") or {}).get("true_yield", float("nan"))
    yield Finding(f"scipy integrates to the same yields (off by {far:.1g})", far < 1e-6)
    text = commands("search", "--help").text
    yield Finding("a language model can lead the loop", "language model" in text, gap=True)
    yield Picture(_learned(whole), "Batches that hold every limit, over what was measured")


def _search(commands: Commands, strategy: str, budget: int, out: str) -> Done:
    return commands(
        *("search", "process.laboratory", "--spec", "spec.toml", "--strategy", strategy),
        *("--budget", budget, "--batch", BATCH, "--seed", 1, "--out", out),
    )


def _batches(commands: Commands, out: str) -> list[object]:
    """The best batches of a search, as its evidence holds them."""
    lines = (commands.folder / out / "result" / "evidence.jsonl").read_text().splitlines()
    return [json.loads(line)["measured"] for line in lines]


def _learned(done: Done) -> Figure:
    rounds = done.answer["record"]["rounds"]
    calls, held, failed = (
        np.array([r[k] for r in rounds]) for k in ("calls", "accepted", "failed")
    )
    figure = Figure(figsize=(4.0, 2.4), layout="constrained")
    axes = figure.subplots()
    axes.step(calls, held, where="post", color="tab:blue", label="hold every limit")
    axes.step(calls, failed, where="post", color="0.5", label="no answer")
    axes.set(xlabel="batches measured", ylabel="batches")
    axes.legend(fontsize=8)
    return figure
