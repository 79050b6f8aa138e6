"""Generators that a spec or a comparison can name for a problem.

These are the families of the engine that admit its designs, those of other packages if its designs
are numbers, the field's own baselines, and the pretrained ones of its domain; under one name the
problem's own come before the others.
"""

import math
from dataclasses import replace
from typing import Literal

import torch

from ingenium.core.errors import InputError, choose
from ingenium.core.problem import Problem
from ingenium.generators import families, plugged
from ingenium.generators.admission import admit, admitted
from ingenium.generators.model import Family
from ingenium.generators.tokens.codec import kind_of
from ingenium.train.plan import Plan

Source = Literal["engine", "package", "baseline", "pretrained", "labelled"]
LABELLED = ("inverse",)  # families that are fitted to designs labelled by the engine
MOST_NUMBERS = 128  # of a design of theirs


def offered(problem: Problem) -> dict[str, Source]:
    """Return the names of all available generators, with their sources."""
    codec = problem.codec
    kind = kind_of(codec)
    found: dict[str, Source] = {
        name: "engine" for name in families.NAMES if admitted(name, codec.shape, kind=kind)
    }
    if kind == "numbers":
        found |= dict.fromkeys(plugged.names(), "package")
        few = len(codec.shape) <= 2 and math.prod(codec.shape) <= MOST_NUMBERS
        found |= dict.fromkeys(LABELLED if few else (), "labelled")
    found |= dict.fromkeys(problem.baselines(), "baseline")
    return found | dict.fromkeys(problem.pretrained(), "pretrained")


def check(problem: Problem, name: str) -> Source:
    """Return the source of a generator's name.

    Raises:
        InputError: for an unknown name, or a family that cannot learn designs of this kind.
    """
    known = offered(problem)
    if name in LABELLED and name not in known:
        raise InputError(
            f"designs of at most {MOST_NUMBERS} numbers, without tokens, for {name}",
            f"designs of shape {tuple(problem.codec.shape)} of {problem.name}",
            "Use another family.",
        )
    if name not in known:
        choose(name, dict.fromkeys([*families.NAMES, *known]), "family")
        admit(name, problem.codec.shape, kind=kind_of(problem.codec))
    return known[name]


def make(problem: Problem, name: str, c: int) -> Family:
    """Build the generator of a name with initial weights, for designs under `c` features.

    Raises:
        InputError: as `check`.
    """
    source = check(problem, name)
    if source == "engine":
        return families.build(name, problem.codec.shape, c, codec=problem.codec)
    if source == "pretrained":
        pretrained: Family = problem.pretrained()[name].make()
        return pretrained
    with torch.random.fork_rng(devices=[]):  # libraries sample weights from the global state
        torch.manual_seed(0)
        if source == "labelled":
            from ingenium.generators.inverse.family import InverseFamily

            return InverseFamily.of(problem, c)
        if source == "package":
            return plugged.make(name, problem.codec.shape, c)
        own: Family = problem.baselines()[name]()
    if own.c != c:
        raise InputError(f"the baseline {name} for {c} features of conditions", own.c)
    return own


def plan(problem: Problem, name: str, *, steps: int | None = None, seed: int = 0) -> Plan:
    """Return the training plan of a generator; `steps` overrides its own.

    A plan of the problem comes before that of the family.
    """
    own: Plan = problem.budgets().get(name, Plan())
    if name in families.NAMES and name not in problem.budgets():
        shape, codec = problem.codec.shape, problem.codec
        return families.plan(name, shape=shape, steps=steps, seed=seed, codec=codec)
    own = replace(own, seed=seed)
    return own if steps is None else replace(own, steps=steps)
