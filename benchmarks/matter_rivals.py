"""Stable, unique and new crystals: the generator against substitution and random structure search.

Each relaxes as many crystals by CHGNet. Stable crystals lie within 0.05 eV an atom of their
binaries and of the lowest known or proposed type of their formula; unique ones match none before by
pymatgen's matcher; new ones are of a system of elements outside the model's training data, whoever
proposes them. The default family generates texts under the example; a family of the numbers, such
as a GAN, is equivalent, since texts are relaxed again. Substitution puts balanced elements into
types at random; random structure search takes balanced formulas, any space group that holds five
atoms and places by pyxtal. CHGNet's own relaxer moves the latter, ours those of texts, as symmetry
allows. The cost of one fit is included, that of the list of known crystals is not. pyxtal is not
among the requirements: `pip install --no-deps pyxtal`.
"""

import os
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.metadata import version
from typing import Any
from unittest import mock

import numpy as np
import torch
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core.structure import Structure

from benchmarks.matter_certified import FILE, HOUR_S
from benchmarks.measuring import report
from ingenium.core.designs import to_arrays
from ingenium.core.problem import silent
from ingenium.core.resolving import resolve
from ingenium.core.seeds import block_rng
from ingenium.core.spec import load
from ingenium.domains.matter import phases, potential
from ingenium.domains.matter.charges import triples
from ingenium.domains.matter.crystal import CrystalProblem
from ingenium.domains.matter.files import crystals
from ingenium.domains.matter.potential import Crystal
from ingenium.domains.matter.prototypes import PEROVSKITES
from ingenium.domains.matter.settings import CrystalSettings
from ingenium.runs.loop import training
from ingenium.searches.strategies import Task, make

RELAXED, SEEDS, STABLE_EV = 24, 2, 0.05
ATTEMPTS, STEPS, FORCE = 200, 60, 0.1  # of a random crystal; of CHGNet's relaxer
GROUPS = 230
GENERATOR, SUBSTITUTION, SEARCH = "generator", "substitution", "random structure search"
System = tuple[str, ...]  # A, B and X


@dataclass(frozen=True)
class RelaxedCrystal:
    """A crystal after relaxation by CHGNet."""

    system: System
    structure: Structure
    energy_ev: float  # of an atom


def substituted(problem: CrystalProblem, n: int, rng: torch.Generator) -> list[str]:
    """Substitute balanced elements into types at random."""
    texts = list(problem.listed)
    return [texts[k] for k in torch.randint(len(texts), (n,), generator=rng).tolist()]


def begun(problem: CrystalProblem, texts: Sequence[str]) -> list[Crystal]:
    """Initial crystals of these texts, before relaxation."""
    rows = [problem.listed[text] for text in texts]
    return [PEROVSKITES[kind].start(A=a, B=b, X=x) for kind, a, b, x in rows]


def texts(problem: CrystalProblem, arm: str, seed: int) -> list[str]:
    """Texts of the generator under the example, or of substitution."""
    rng = block_rng(seed, 0, "rivals")
    if arm == SUBSTITUTION:
        return substituted(problem, RELAXED, rng)
    task = Task(problem, resolve(load(FILE), problem), training(problem), seed, silent)
    designs = make(GENERATOR, task).strategy.ask(RELAXED, rng)
    found = crystals(to_arrays(designs, problem.variables))
    return [c.sites.text for c in found if c is not None]


def of_texts(problem: CrystalProblem, arm: str, seed: int) -> Iterator[RelaxedCrystal]:
    """Crystals of the list, each text relaxed again."""
    for crystal, energy in potential.relaxed(begun(problem, texts(problem, arm, seed))):
        _, *abc = problem.listed[crystal.sites.text]
        yield RelaxedCrystal(tuple(abc), crystal.structure(), energy)


def of_pyxtal(problem: CrystalProblem, seed: int) -> Iterator[RelaxedCrystal]:
    """Random crystals of five atoms, relaxed freely; those that blow up count as proposed."""
    empty: Any = import_module("pyxtal").pyxtal
    mismatch = import_module("pyxtal.msg").Comp_CompatibilityError
    optimiser: Any = import_module("chgnet.model").StructOptimizer
    rng = np.random.default_rng(seed)
    systems = triples(problem.settings.elements)
    relaxer = optimiser(model=potential.model(), use_device="cpu")
    for _ in range(RELAXED):
        system = systems[int(rng.integers(len(systems)))]
        made = empty()
        for _ in range(ATTEMPTS):  # most groups allow no five atoms of three elements
            group = int(rng.integers(1, GROUPS + 1))
            try:
                made.from_random(3, group, list(system), [1, 1, 3], random_state=rng)
            except mismatch:
                continue
            if made.valid and len(made.to_pymatgen().get_primitive_structure()) == sum((1, 1, 3)):
                break
        start = made.to_pymatgen().get_primitive_structure()
        ended = relaxer.relax(start, fmax=FORCE, steps=STEPS, verbose=False)
        energy = float(ended["trajectory"].energies[-1]) / len(start)
        yield RelaxedCrystal(system, ended["final_structure"], energy)


def counted(found: list[RelaxedCrystal], learned: set[System]) -> dict[str, int]:
    """Number of stable crystals, of unique ones among these, and of new ones among those."""
    matcher, retained = StructureMatcher(), list[RelaxedCrystal]()
    stable = 0
    for one in found:
        a, b, x = one.system
        above = one.energy_ev - phases.screened({a: 1, b: 1, x: 3})
        lowest = phases.perovskites(a, b, x)[0].energy_ev if above <= STABLE_EV else np.nan
        if not one.energy_ev - lowest <= STABLE_EV:
            continue
        stable += 1
        if not any(matcher.fit(one.structure, other.structure) for other in retained):
            retained.append(one)
    new = sum(one.system not in learned for one in retained)
    return {"stable": stable, "unique": len(retained), "new": new}


def row(problem: CrystalProblem, arm: str) -> dict[str, Any]:
    """Sum over some seeds, in a cache of its own, so that one fit is included."""
    known = training(problem)["crystal"].to_numpy().tolist()
    learned = {tuple(problem.listed[text][1:]) for text in known}
    own = of_pyxtal if arm == SEARCH else partial(of_texts, arm=arm)
    total, seconds = {"stable": 0, "unique": 0, "new": 0}, 0.0
    with (
        warnings.catch_warnings(),
        tempfile.TemporaryDirectory() as folder,
        mock.patch.dict(os.environ, INGENIUM_CACHE=folder),
    ):
        warnings.simplefilter("ignore")
        for seed in range(SEEDS):
            began = time.process_time()
            found = list(own(problem, seed=seed))
            seconds += time.process_time() - began
            for key, count in counted(found, learned).items():
                total[key] += count
    return {
        "by": arm,
        "relaxed": SEEDS * RELAXED,
        **total,
        "new_an_hour": round(total["new"] * HOUR_S / seconds, 1),
        "cpu_s": round(seconds, 1),
    }


def run() -> None:
    """Run all arms."""
    import_module("pyxtal")  # fail early where it is missing
    torch.set_num_threads(1)
    problem = CrystalProblem(CrystalSettings())
    rows = [row(problem, arm) for arm in (GENERATOR, SUBSTITUTION, SEARCH)]
    about = {"seeds": SEEDS, "pyxtal": version("pyxtal")}
    report("matter_rivals", "Stable, unique and new crystals of those relaxed", rows, about)


if __name__ == "__main__":
    run()
