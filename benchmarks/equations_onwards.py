"""Continuations of a short search of laws that ended without the law, at equal expressions.

Tables are those of `equations_reader`, and of them those whose law its search with few short
formulas and no generations does not find. Its results are continued by its own generations and by
masked diffusion, which is fitted to the laws that it found; the random grammar and the trained
reader are compared, which do not use them. Each tests at most about as many expressions on rows as
the generations do, or writes as many laws as the reader may.

Run `python -m benchmarks equations_onwards`, with INGENIUM_FEYNMAN as for `equations_feynman`.
"""

from collections.abc import Callable, Mapping

import numpy as np
import torch

from benchmarks.equations_reader import Found, Hunt, by_family, by_search, hunted
from ingenium.domains.equations.law.codec import LawCodec
from ingenium.domains.equations.law.families import GrammarLaws
from ingenium.domains.equations.law.problem import covered
from ingenium.domains.equations.law.read_laws import opened
from ingenium.domains.equations.law.table import MeasuredTable
from ingenium.generators.model import Family
from ingenium.train.plan import Plan

GENERATIONS, KNOWN = 12, 240  # of the search; laws that masked diffusion learns from
PLAN = Plan(steps=150)  # forty passes over its training data
NAME, TITLE = "equations_onwards", "Laws that a short search does not find, and what goes on"


def uncovered(table: MeasuredTable, codec: LawCodec, search: Hunt) -> Family:
    """Masked diffusion, fitted to the results of the search."""
    laws = search.archive.ranked()[:KNOWN]
    x = codec.of_laws([(law.tokens, law.constants) for law in laws]).float()
    with torch.random.fork_rng(devices=[]):  # initial weights are sampled from the global state
        torch.manual_seed(0)
        family = covered(codec)
    family.fit(x, torch.zeros(len(x), 1), PLAN)
    return family


FAMILIES: Mapping[str, Callable[[MeasuredTable, LawCodec, Hunt], Family]] = {
    "masked diffusion": uncovered,
    "reader": lambda table, codec, _: opened(table, codec),
    "grammar by chance": lambda _, codec, __: GrammarLaws(codec, 1),
}


def hunts(table: MeasuredTable) -> dict[str, Hunt]:
    """Run all continuations; expressions of the search before count in none."""
    search = by_search(table)
    if search.found:
        return {}
    codec = LawCodec.of(table.language)
    own = by_search(table, generations=GENERATIONS)
    own.rows -= search.rows
    found = {"search": search, "generations of the search": own}
    for by, make in FAMILIES.items():
        found[by] = by_family(table, make(table, codec, search), codec, own.rows)
    return found


def reported(kind: str, count: int, found: Found) -> list[dict[str, object]]:
    """Rows of the table; no misfit if no formula has a value on half of them."""
    least = {by: float(np.median([h.misfit for h in own])) for by, own in found.items()}
    return [
        {"laws": kind, "by": by, "missed": f"{len(own)} of {count}",
         "found of them": sum(h.found for h in own),
         "least misfit (median)": least[by] if np.isfinite(least[by]) else None,
         "expressions on rows": int(np.median([h.rows for h in own]))}
        for by, own in found.items()
    ]  # fmt: skip


def run() -> None:
    """Write and print a table."""
    hunted(NAME, TITLE, hunts, reported)
