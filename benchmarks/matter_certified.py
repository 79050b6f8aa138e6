"""Certified crystals an hour of one core: a generator's proposals against a list of substitutions.

All use the example's request, under the same limits, with as many proposals, and each distinct
crystal that satisfies those of CHGNet is computed by pw.x once, with its binaries if its gap is
right. The list is exhaustive prototype substitution: balanced elements in all types, relaxed by
CHGNet, the most promising first. Random texts are sampled part by part, and most are no crystal.
Each run of pw.x counts the seconds of its original computation, whether its answer is cached or
not, and a binary counts once for each seed. The cost that generator and list share, relaxing the
list by CHGNet, counts for neither. Potassium and rubidium are left out, since most of their
crystals were never computed.
"""

import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch
import xarray as xr
from jaxtyping import Bool

from benchmarks.measuring import report
from ingenium.core.designs import to_arrays
from ingenium.core.errors import EngineError
from ingenium.core.folders import cache_folder
from ingenium.core.problem import silent
from ingenium.core.resolving import held, resolve
from ingenium.core.seeds import block_rng
from ingenium.core.spec import Spec, load
from ingenium.core.verdict import Verdict
from ingenium.core.verify import verify
from ingenium.domains.matter import phases, results
from ingenium.domains.matter.crystal import CrystalProblem
from ingenium.domains.matter.espresso import GroundState
from ingenium.domains.matter.files import crystals
from ingenium.domains.matter.potential import Crystal
from ingenium.domains.matter.results import PlaneWaveRun
from ingenium.domains.matter.settings import CrystalSettings
from ingenium.evaluate.intervals import t_interval
from ingenium.runs.loop import training
from ingenium.searches.strategies import Task, make
from ingenium_book.checks.matter.crystals import FEWER

FILE = Path(__file__).parents[1] / "examples" / "matter" / "perovskite_gap.toml"
PROPOSED, SEEDS, CUTOFF_RY = 100, 4, 40.0
ARMS = {  # by the name of a strategy
    "generator": "generator",
    "substitution, the list": "dataset",
    "texts at random": "random",
}
HOUR_S = 3600.0


@dataclass(frozen=True)
class CertifiedCount:
    """Results of the proposals of one seed."""

    different: int
    requested: int  # of pw.x
    certified: int  # different ones
    pw_s: float  # CPU time, for crystals and binaries, each once
    own_s: float  # CPU time of all else

    @property
    def an_hour(self) -> float:
        """Certified crystals an hour of one core."""
        return self.certified * HOUR_S / (self.pw_s + self.own_s)


def counted(
    problem: CrystalProblem, spec: Spec, designs: xr.Dataset, own_s: float
) -> CertifiedCount:
    """Verify and count; `own_s` was spent before."""
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
    runs = [None if c is None else PlaneWaveRun(c, CUTOFF_RY) for c in made]
    (most,) = (x.at_most for x in spec.limits if x.quantity == "polymorph")
    requested = found["polymorph"].to_numpy() <= most  # NaN where cheaper quantities decided
    with_hull = requested & np.isfinite(found["decomposition"].to_numpy())
    every = _chosen(runs, requested)
    for run in _chosen(runs, with_hull).values():
        every |= {one.key: one for one in binaries(run.crystal)}
    seconds = sum(answered(run).seconds for run in every.values())
    holds = found["verdict"].to_numpy() == Verdict.ACCEPTED
    different, sent, certified = (
        len(_chosen(runs, which)) for which in (np.ones_like(requested), requested, holds)
    )
    return CertifiedCount(different, sent, certified, seconds, own_s)


def _chosen(
    runs: Sequence[PlaneWaveRun | None], which: Bool[np.ndarray, " n"]
) -> dict[str, PlaneWaveRun]:
    """Distinct runs of chosen crystals; texts that are no crystal are left out."""
    pairs = zip(runs, which.tolist(), strict=True)
    return {run.key: run for run, is_so in pairs if is_so and run is not None}


def binaries(crystal: Crystal) -> list[PlaneWaveRun]:
    """Runs of the compounds into which a crystal could decompose."""
    parts = [part for part, _ in phases.splits(crystal.sites.reduced)]
    return [PlaneWaveRun(p.crystal, CUTOFF_RY) for part in parts for p in phases.deciding(part)]


def answered(run: PlaneWaveRun) -> GroundState:
    """Answer of pw.x; after a verification all exist, except for failed runs."""
    answer = results.known(run)
    if not isinstance(answer, GroundState):
        raise EngineError(f"pw.x has no answer to {run.crystal.sites.text}: {answer}")
    return answer


def row(problem: CrystalProblem, spec: Spec, arm: str) -> dict[str, Any]:
    """Run some seeds of an arm, in a cache of its own; each counts its own fit."""
    answers, found, fit_s = cache_folder() / "pw", [], 0.0
    answers.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.dict(os.environ, INGENIUM_CACHE=folder),
    ):
        Path(folder, answers.name).symlink_to(answers)  # no run of pw.x counts twice
        for seed in range(SEEDS):
            rng, began = block_rng(seed, 0, "certified"), time.process_time()
            task = Task(problem, spec, training(problem), seed, silent)
            strategy = make(ARMS[arm], task).strategy
            fit_s = fit_s or time.process_time() - began
            began = time.process_time()
            designs = strategy.ask(PROPOSED, rng)
            own_s = fit_s + time.process_time() - began
            found.append(counted(problem, spec, designs, own_s))
    hourly = t_interval([one.an_hour for one in found])
    mean = {
        key: round(float(np.mean([getattr(one, key) for one in found])), 1)
        for key in ("different", "asked", "certified", "pw_s", "own_s")
    }
    return {
        "by": arm,
        "proposed": PROPOSED,
        **mean,
        "certified_of_ten_asked": round(10 * mean["certified"] / max(mean["asked"], 1e-9), 1),
        "certified_an_hour": round(hourly.value, 1),
        "95 %": f"{hourly.low:.1f} to {hourly.high:.1f}",
    }


def run() -> None:
    """Run all arms."""
    torch.set_num_threads(1)
    spec = replace(load(FILE), setup={"elements": FEWER})
    problem = CrystalProblem(CrystalSettings(elements=FEWER))
    requested = held(resolve(spec, problem), problem)
    rows = [row(problem, requested, arm) for arm in ARMS]
    about = {"seeds": SEEDS, "example": FILE.name, "elements": FEWER}
    report("matter_certified", "Certified crystals an hour of one core", rows, about)


if __name__ == "__main__":
    run()
