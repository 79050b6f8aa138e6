"""Certified crystals an hour of one core: a generator's proposals beside substitution and a list.

All three ask for what the example asks for, under the same limits, and each different crystal that
holds those of CHGNet is asked of pw.x once, with its binaries where its gap is right. Substitution
puts elements into types at random, charges balanced; the list is of all such crystals that CHGNet
relaxed, from which those that look best are taken first. Answers of pw.x are those that travel:
what they took when they were computed is counted by what pw.x printed then. What all three share,
relaxing the list by CHGNet, is counted for none. Potassium and rubidium are left out, since most of
their crystals were never asked about.
"""

import os
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch
import xarray as xr

from benchmarks.measuring import report
from ingenium.core.asking import held, resolve
from ingenium.core.designs import to_arrays
from ingenium.core.errors import EngineError
from ingenium.core.problem import Problem, silent
from ingenium.core.seeds import block_rng
from ingenium.core.spec import Spec, load
from ingenium.core.verdict import Verdict
from ingenium.core.verify import verify
from ingenium.domains import open_problem
from ingenium.domains.matter import phases, results
from ingenium.domains.matter.checks import FEWER
from ingenium.domains.matter.espresso import GroundState
from ingenium.domains.matter.files import crystals
from ingenium.domains.matter.potential import Crystal
from ingenium.domains.matter.results import PlaneWaveRun
from ingenium.evaluate.intervals import t_interval
from ingenium.loop import training
from ingenium.searches.strategies import Task, make

FILE = Path(__file__).parents[1] / "examples" / "matter" / "perovskite_gap.toml"
PROPOSED, SEEDS, CUTOFF_RY = 100, 4, 40.0
ARMS = {"generator": "generator", "substitution": "random", "list": "stock"}
HOUR_S = 3600.0


@dataclass(frozen=True)
class CertifiedCount:
    """What came of the proposals of one seed."""

    different: int
    asked: int  # of pw.x
    certified: int  # different ones
    pw_s: float  # of the processor, for crystals and binaries, each once
    own_s: float  # the same of all else

    @property
    def an_hour(self) -> float:
        """Certified ones an hour of one core."""
        return self.certified * HOUR_S / (self.pw_s + self.own_s)


def counted(problem: Problem, spec: Spec, designs: xr.Dataset, own_s: float) -> CertifiedCount:
    """Verify and count; `own_s` was taken before."""
    began = time.process_time()
    found = verify(
        designs,
        problem.verifier,
        spec.limits,
        variables=problem.variables,
        sizes=problem.sizes,
        sparing=True,
    )
    own_s += time.process_time() - began
    made = crystals(to_arrays(designs, problem.variables))
    runs = [PlaneWaveRun(c, CUTOFF_RY) for c in made if c is not None]
    keys = np.array([run.key for run in runs])
    (most,) = (x.at_most for x in spec.limits if x.quantity == "polymorph")
    asked = found["polymorph"].to_numpy() <= most  # NaN where cheaper quantities were enough
    with_hull = asked & np.isfinite(found["decomposition"].to_numpy())
    every = [run for run, is_so in zip(runs, asked, strict=True) if is_so]
    for run in (run for run, is_so in zip(runs, with_hull, strict=True) if is_so):
        every += binaries(run.crystal)
    seconds = {run.key: answered(run).seconds for run in every}
    holds = found["verdict"].to_numpy() == Verdict.ACCEPTED
    different, sent, certified = (len(set(keys[k].tolist())) for k in (slice(None), asked, holds))
    return CertifiedCount(different, sent, certified, sum(seconds.values()), own_s)


def binaries(crystal: Crystal) -> list[PlaneWaveRun]:
    """Of the compounds that a crystal could fall apart into."""
    parts = [part for part, _ in phases.splits(crystal.sites.reduced)]
    return [PlaneWaveRun(p.crystal, CUTOFF_RY) for part in parts for p in phases.deciding(part)]


def answered(run: PlaneWaveRun) -> GroundState:
    """What pw.x said; all is there after a verification, but for runs that failed."""
    answer = results.known(run)
    if not isinstance(answer, GroundState):
        raise EngineError(f"pw.x has no answer to {run.crystal.sites.text}: {answer}")
    return answer


def row(problem: Problem, spec: Spec, arm: str) -> dict[str, Any]:
    """Some seeds of an arm; a fit is counted in each, as if nobody had it."""
    known, found, fit_s = training(problem), [], 0.0
    for seed in range(SEEDS):
        began = time.process_time()
        strategy = make(ARMS[arm], Task(problem, spec, known, seed, silent)).strategy
        fit_s = fit_s or time.process_time() - began
        began = time.process_time()
        designs = strategy.ask(PROPOSED, block_rng(seed, 0, "certified"))
        found.append(counted(problem, spec, designs, fit_s + time.process_time() - began))
    hourly = t_interval([one.an_hour for one in found])
    mean = {
        key: round(float(np.mean([getattr(one, key) for one in found])), 1)
        for key in ("different", "asked", "certified", "pw_s", "own_s")
    }
    return {
        "by": arm,
        "proposed": PROPOSED,
        **mean,
        "certified_an_hour": round(hourly.value, 1),
        "95 %": f"{hourly.low:.1f} to {hourly.high:.1f}",
    }


def run() -> None:
    """All arms, with a cache of their own: a fit is paid for, and only what travels is known."""
    torch.set_num_threads(1)
    spec = load(FILE)
    spec = replace(spec, setup={"elements": FEWER})
    problem = open_problem(spec)
    asked = held(resolve(spec, problem), problem)
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.dict(os.environ, INGENIUM_CACHE=folder),
    ):
        rows = [row(problem, asked, arm) for arm in ARMS]
    about = {"seeds": SEEDS, "example": FILE.name, "elements": FEWER}
    report("matter_certified", "Certified crystals an hour of one core", rows, about)


if __name__ == "__main__":
    run()
