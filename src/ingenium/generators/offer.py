"""Generators that a spec or a comparison can name for a problem.

These are the families of the engine that admit its designs, those of other packages if its designs
are numbers, the field's own baselines, and the pretrained ones of its domain; under one name the
problem's own come before the others.
"""

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

Source = Literal["engine", "package", "baseline", "pretrained"]


def offered(problem: Problem) -> dict[str, Source]:
    """Return the names of all available generators, with their sources."""
    codec = problem.codec
    kind = kind_of(codec)
    found: dict[str, Source] = {
        name: "engine" for name in families.NAMES if admitted(name, codec.shape, kind=kind)
    }
    if kind == "numbers":
        found |= dict.fromkeys(plugged.names(), "package")
    found |= dict.fromkeys(problem.baselines(), "baseline")
    return found | dict.fromkeys(problem.pretrained(), "pretrained")


def check(problem: Problem, name: str) -> Source:
    """Return the source of a generator's name.

    Raises:
        InputError: for an unknown name, or a family that cannot learn designs of this kind.
    """
    known = offered(problem)
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
