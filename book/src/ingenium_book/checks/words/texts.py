"""Checks of rows on texts: what public commands do on verse, tasks and briefs."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ingenium.domains.words.programme import highs
from ingenium.domains.words.programme.code import programme as code_of
from ingenium.domains.words.programme.kinds import KINDS
from ingenium.domains.words.programme.reading import read_task
from ingenium.domains.words.programme.report import drawn
from ingenium.domains.words.verse.report import scanned, scanned_figure
from ingenium_book.checks.words.briefs import briefs, by_keywords, by_reader, scored
from ingenium_book.checks.words.programmes import same
from ingenium_book.checks.words.tasks import FRESH, written
from ingenium_book.findings import Commands, Finding, Picture

COUNT = 64
SPEC = """problem = "words.verse"
[setup]
form = "petrarchan"
top_p = 0.7
[generator]
family = "{family}"
[select]
keep = "verified"
"""
LIMITS = ("lines_missing", "unmetrical", "unrhymed", "repeated", "unknown_words")


def verse(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 30.2: sonnets under the form, without it, and by rejecting whole lines."""
    held, poems, odd = {}, {}, {}
    for family in ("ngram", "ngram_free"):
        (commands.folder / f"{family}.toml").write_text(SPEC.format(family=family))
        asked = ("words.verse", "--spec", f"{family}.toml", "--format", "jsonl")
        done = commands("propose", *asked, "-n", COUNT, "--out", family)
        held[family] = done.answer["summary"]["accepted"]
        poems[family] = _texts(commands.folder / family / "designs" / "poems.jsonl")
        odd[family] = _measured(commands.folder / family, "perplexity")
    yield Finding(
        f"{held['ngram']} of {COUNT} Petrarchan sonnets scan, rhyme and have fourteen lines under "
        f"the form, {held['ngram_free']} of {COUNT} without it",
        held["ngram"] == COUNT > held["ngram_free"],
    )
    again = commands("verify", "words.verse", "--spec", "ngram.toml", "ngram/designs/poems.jsonl")
    same = again.answer["accepted"] == COUNT
    yield Finding("their files are read back and hold the form again", same)
    free = scanned(poems["ngram_free"])
    yield Finding(
        f"every line scans under the form, {free:.1%} of the lines without it: by rejection a line "
        f"would take {1 / max(free, 1e-9):.0f} tries, before it has to rhyme",
        scanned(poems["ngram"]) == 1.0 > free,
    )
    price, usual = (float(np.median(odd[k])) for k in ("ngram", "ngram_free"))
    yield Finding(
        f"the price is told: a word is worth {price:.0f} even choices under the form and "
        f"{usual:.0f} without it (medians)",
        bool(np.isfinite([price, usual]).all()),
    )
    best = poems["ngram"][int(np.argmin(odd["ngram"]))]
    figure = scanned_figure(best, "petrarchan")
    yield Picture(figure, "A sonnet as it is scanned; ends of one colour rhyme")


def _texts(path: Path) -> list[str]:
    return [json.loads(line)["poem"] for line in path.read_text().splitlines()]


def _measured(folder: Path, name: str) -> list[float]:
    rows = [json.loads(line) for line in (folder / "evidence.jsonl").read_text().splitlines()]
    return [float(row["measured"][name]["value"]) for row in rows if "measured" in row]


TASK = """problem = "words.programme"
[given]
task = "{text}"
[generator]
family = "{family}"
[select]
keep = "verified"
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
    asked = ("words.programme", "--spec", "formulations.toml")
    done = commands("propose", *asked, "-n", FEW, "--out", "whole")
    yield Finding("its programmes hold as files", done.answer["summary"]["accepted"] == FEW)
    again = commands("verify", *asked, "whole/designs")
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


TEXTS, FEW = 20, 4


def rooms(commands: Commands) -> Iterator[Finding]:
    """Row 36.3: forty briefs to adjacencies and broken rules, beside keywords."""
    asked = briefs()
    own, plain = scored(by_reader, asked), scored(by_keywords, asked)
    yield Finding(
        f"adjacency F1 {own['f1']:.2f} on {len(asked)} briefs, {plain['f1']:.2f} by rooms of one "
        "sentence",
        own["f1"] > plain["f1"],
    )
    yield Finding(
        f"{own['found']} of {own['planted']} planted conflicts are found with {own['wrong_flags']} "
        f"false flags, by keywords {plain['found']} with {plain['wrong_flags']}",
        own["found"] == own["planted"] and own["wrong_flags"] == 0,
    )
    for name, text in (("brief.txt", asked[0].text), ("rules.txt", asked[0].rules)):
        (commands.folder / name).write_text(text)
    done = commands("draft", "rooms", "brief.txt", "rules.txt", "--out", "rooms.toml")
    table = tomllib.loads((commands.folder / "rooms.toml").read_text())
    yield Finding(
        "a file of rooms, of what lies where, and of broken rules is drafted",
        done.code == 0 and len(table["room"]) > 3 and table["broken"][0]["number"] == 1,
    )


MODELS = ("ngram_free", "lstm", "autoregressive")
FEW_POEMS = """problem = "words.verse"
[setup]
form = "blank"
known = 152
"""


def text_models(commands: Commands) -> Iterator[Finding]:
    """Row 33.1: counted words, an LSTM and a transformer on one corpus by one command."""
    (commands.folder / "verse.toml").write_text(FEW_POEMS)
    asked = ("words.verse", "--spec", "verse.toml", "--families", ",".join(MODELS))
    sizes = ("--seeds", 1, "--members", 10, "--judged", 0, "--steps", 40)
    done = commands("compare", *asked, *sizes, "--out", "models")
    table = json.loads((commands.folder / "models" / "comparison.json").read_text())
    found = {(e["family"], e["metric"]): float(np.mean(e["values"])) for e in table["entries"]}
    odd = [found[name, "perplexity"] for name in MODELS]
    again = [found[name, "repeat_ratio"] for name in MODELS]
    told = ", ".join(f"{x:.0f} by {name}" for x, name in zip(odd, MODELS, strict=True))
    yield Finding(
        f"one command fits all three, and tells the perplexity of held-out sonnets: {told}",
        done.code == 0 and bool(np.isfinite(odd).all()) and max(odd) < MOST_ODD,
    )
    told = ", ".join(f"{x:.2f} by {name}" for x, name in zip(again, MODELS, strict=True))
    yield Finding(
        f"the copy test is told, words of lines said for the second time over the first: {told}",
        bool(np.isfinite(again).all()),
    )
    yield Finding(
        "each kind is less puzzled than the one before", odd == sorted(odd)[::-1], gap=True
    )
    yield Finding("ELIZA stands beside them, whose rules give no chances", False, gap=True)


MOST_ODD = 3300.0  # words of the sonnets: what a model that knows nothing is worth
