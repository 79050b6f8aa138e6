"""Texts: scanning of sonnets, models of one corpus, and routing as programmes."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ingenium.domains.words.programme import highs
from ingenium.domains.words.programme.code import programme as code_of
from ingenium.domains.words.programme.kinds import KINDS
from ingenium.domains.words.programme.reading import read_task
from ingenium.domains.words.programme.report import drawn
from ingenium.domains.words.verse.report import scanned
from ingenium_book.checks.words.programmes import same
from ingenium_book.checks.words.tasks import FRESH, written
from ingenium_book.findings import Commands, Finding, Picture

FAMILIES = ("ngram", "ngram_free")
MODELS = ("ngram_free", "lstm", "autoregressive")
TEXTS, FEW = 20, 4


def verses(commands: Commands, values: Mapping[str, Any]) -> dict[str, Any]:
    """Share of lines that scan and perplexity of sonnets, under the form and without it."""
    odd, scan = {}, {}
    for family in FAMILIES:
        scan[family] = scanned([row["poem"] for row in values[family]])
        lines = (commands.folder / family / "evidence.jsonl").read_text().splitlines()
        rows = [row for row in map(json.loads, lines) if "measured" in row]
        odd[family] = sorted(float(row["measured"]["perplexity"]["value"]) for row in rows)
    medians = {family: float(np.median(numbers)) for family, numbers in odd.items()}
    tries = 1 / max(scan["ngram_free"], 1e-9)
    return {"scanned": scan, "tries": tries, "perplexity": medians, "odd": odd}


def compared(commands: Commands, values: Mapping[str, Any]) -> dict[str, list[float]]:
    """Perplexity and repetition of each model, in the order of the models."""
    table = json.loads((commands.folder / "models" / "comparison.json").read_text())
    found = {(e["family"], e["metric"]): float(np.mean(e["values"])) for e in table["entries"]}
    metrics = ("perplexity", "repeat_ratio")
    return {metric: [found[name, metric] for name in MODELS] for metric in metrics}


TASK = """problem = "words.programme"
[given]
task = "{text}"
[generator]
family = "{family}"
[select]
export = "verified"
"""
NO_PLAN = (
    "Plants Ahlen and Celle hold 20 and 10 t. The sites Soest and Werl need 25 and 30 t. Freight "
    "per tonne: Ahlen to Soest 3, Ahlen to Werl 5, Celle to Soest 4, Celle to Werl 2. Ship cheaply."
)


def programme(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 32.11: twenty texts of routing as programmes, one without a plan, lost constraints."""
    routing = [t for t in (*written(), *written(FRESH)) if t[1] in KINDS]
    routing = [t for t in routing if KINDS[t[1]].group == "routing"]
    same = sum(same(*task) for task in routing)
    yield Finding(
        f"the optimum of {same} of {len(routing)} texts of routing is that of data written by hand",
        same == len(routing) == TEXTS,
    )
    text = next(text for text, kind, _ in routing if kind == "transport").replace("\n", "\\n")
    for family in ("formulations", "hasty"):
        (commands.folder / f"{family}.toml").write_text(TASK.format(text=text, family=family))
    requested = ("words.programme", "--spec", "formulations.toml")
    done = commands("propose", *requested, "-n", FEW, "--out", "whole")
    yield Finding("its programmes hold as files", done.answer["summary"]["accepted"] == FEW)
    again = commands("verify", *requested, "whole/designs")
    yield Finding("they are read back and hold again", again.answer["accepted"] == FEW)
    hasty = ("words.programme", "--spec", "hasty.toml", "-n", FEW, "--out", "hasty")
    commands("propose", *hasty)
    rows = (commands.folder / "hasty" / "evidence.jsonl").read_text().splitlines()
    judged = [v for v in (json.loads(row).get("verdict") for row in rows) if v]
    yield Finding(
        f"of {FEW} that lack a constraint none is accepted",
        len(judged) == FEW and "accepted" not in judged,
    )
    (commands.folder / "none.toml").write_text(TASK.format(text=NO_PLAN, family="formulations"))
    none = commands("propose", "words.programme", "--spec", "none.toml", "-n", 1, "--out", "none")
    yield Finding("a text without a plan is told so", none.code == 2 and "no plan" in none.text)
    task = read_task(written()[9][0])
    made = code_of(next(iter(task.programmes().values())), task.names)
    caption = "Routes of two vans as a text asked for them, solved by HiGHS"
    yield Picture(drawn(task, highs.plan(made)), caption)
