"""Checks of rows on texts: what public commands do on verse."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ingenium.domains.words.verse.report import scanned, scanned_figure
from ingenium.evaluate.findings import Commands, Finding, Picture

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
