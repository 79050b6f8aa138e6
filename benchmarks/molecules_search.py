"""Leads found with equal engine calls: searches that learn, generators, screening, random sampling.

Every search measures as many distinct molecules under the same limits, once for each seed: hits
satisfy all limits, and the least cost is the violation of the best one (violated margins in spreads
of known molecules). The result of a search with a seed is cached, so that a stopped run resumes.
"""

import json
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks import lead_searches, strategies_rivals
from benchmarks.lead_searches import Search, judging, searches
from benchmarks.lead_specs import SETUP, SPECS, OptimisationTask, known_hits
from benchmarks.measuring import report, save, spread
from ingenium.core.digest import digest, file_digest, folder_digest
from ingenium.core.folders import cache_folder, write_atomic
from ingenium.core.provenance import versions
from ingenium.core.verify import verify
from ingenium.domains.molecules import strategies
from ingenium.domains.molecules.data import moses
from ingenium.domains.molecules.language import SMILES
from ingenium.domains.molecules.lead import Lead
from ingenium.domains.molecules.trained import conditional, model
from ingenium.evaluate.intervals import t_interval
from ingenium.generators.fitted import fitting_code
from ingenium.kits.chemistry.likeness import scaffold
from ingenium.kits.chemistry.parsing import parsed
from ingenium.runs.aim import Aim

CALLS, SEEDS = 1000, 5
SPREAD_OF = 100  # known molecules, which are no part of the budget
TITLE = f"Leads found with {CALLS} engine calls, {SEEDS} seeds"


@dataclass(frozen=True)
class Outcome:
    """Result of one search with one seed."""

    calls: int
    hits: int
    scaffolds: int  # of the hits
    first_hit: int | None  # the call that found it
    least_cost: float
    best: str
    cpu_s: float


def run() -> None:
    """Search and print."""
    torch.set_num_threads(1)
    rows, known = [], known_hits()
    about: dict[str, Any] = {
        "calls": CALLS,
        "seeds": SEEDS,
        "limits": {
            requested.name: [limit.label for limit in requested.limits] for requested in SPECS
        },
        "witnesses": {requested.name: requested.witness for requested in SPECS},
        "packages": versions(("rdkit", "mol-ga")),
    }
    of_spec: dict[str, list[dict[str, Any]]] = {
        requested.name: [
            {
                "spec": requested.name,
                "search": "all training molecules",
                **looked_at(known[requested.name]),
            }
        ]
        for requested in SPECS
    }
    ways: Mapping[str, Mapping[str, Search]] = {x.name: searches(x, CALLS) for x in SPECS}
    for name in ways[SPECS[0].name]:
        for requested in SPECS:
            search = ways[requested.name][name]
            found = [outcome(requested, name, search, s) for s in range(SEEDS)]
            of_spec[requested.name].append({"spec": requested.name, "search": name, **row(found)})
            rows = [one for retained in of_spec.values() for one in retained]
            save("molecules_search", TITLE, rows, about)  # so that a stopped run saves its rows
    report("molecules_search", TITLE, rows, about)


def outcome(requested: OptimisationTask, name: str, search: Search, seed: int) -> Outcome:
    """Run one search with one seed, or take it from the cache."""
    path = cache_folder() / "leads" / f"{_key(requested, name, seed)}.json"
    retained = path.is_file()
    if not retained:
        write_atomic(path, json.dumps(asdict(_searched(requested, search, seed))))
    found = Outcome(**json.loads(path.read_text(encoding="utf-8")))
    said = "kept" if retained else f"{found.cpu_s:.0f} s"
    print(f"{requested.name}, {name}, seed {seed}: {found.hits} hits ({said})", flush=True)
    return found


def _searched(requested: OptimisationTask, search: Search, seed: int) -> Outcome:
    started = time.process_time()
    found = search(seed)
    spent, problem = time.process_time() - started, judging(requested)
    assert found.designs is not None
    smiles = [str(s) for s in found.designs[SMILES].to_numpy()]
    cost = costs(problem, requested, tuple(smiles))
    calls = np.flatnonzero(found.accepted)
    hits = {smiles[i] for i in calls}
    return Outcome(
        calls=len(smiles),
        hits=len(hits),
        scaffolds=len({scaffold(parsed(text)) for text in hits}),
        first_hit=int(calls[0]) + 1 if len(calls) else None,
        least_cost=float(cost.min()),
        best=smiles[int(cost.argmin())],
        cpu_s=spent,
    )


def costs(problem: Lead, requested: OptimisationTask, smiles: tuple[str, ...]) -> np.ndarray:
    """Violation of all limits by molecules, in spreads of known molecules."""

    def judged(texts: tuple[str, ...]) -> Any:
        own = problem.designs_of(texts)
        return verify(
            own, problem.verifier, requested.limits, variables=problem.variables, sizes={}
        )

    return Aim.of(requested.limits, (), judged(problem.known.smiles[:SPREAD_OF])).costs(
        judged(smiles)
    )


def _key(requested: OptimisationTask, name: str, seed: int) -> str:
    """Cache key of all that determines the result."""
    code = [
        folder_digest(Path(strategies.__file__).parent, but=["__pycache__"]),
        file_digest(Path(lead_searches.__file__)),
        file_digest(Path(strategies_rivals.__file__)),
        fitting_code(),
    ]
    limits = [limit.label for limit in requested.limits]
    weights = [model.facts()["weights"], conditional.facts()["weights"]]
    setup = [list(SETUP.keep), list(SETUP.avoid), CALLS]
    said = {k: list(v) for k, v in requested.reported.items()}
    return digest([limits, said, setup, name, seed, weights, code])[7:23]


def row(found: Sequence[Outcome]) -> dict[str, Any]:
    """Summary over all seeds of a search."""
    firsts = [x.first_hit or np.inf for x in found]
    first = statistics.median(firsts)
    return {
        "calls": min(x.calls for x in found),
        "seeds with a hit": f"{sum(x.hits > 0 for x in found)} of {len(found)}",
        "hits, mean (95 %)": interval([x.hits for x in found], CALLS),
        "scaffolds of hits": spread([x.scaffolds for x in found]),
        "first hit at call": first if np.isfinite(first) else None,
        "least cost, mean (95 %)": interval([x.least_cost for x in found], np.inf),
        "cpu_s": spread([x.cpu_s for x in found]),
    }


def looked_at(hits: int) -> dict[str, Any]:
    """The same summary for the generators' training molecules."""
    return {
        "calls": len(moses("train")),
        "seeds with a hit": None,
        "hits, mean (95 %)": str(hits),
        "scaffolds of hits": None,
        "first hit at call": None,
        "least cost, mean (95 %)": None,
        "cpu_s": None,
    }


def interval(values: Sequence[float], most: float) -> str:
    """Mean over seeds with Student's interval, clipped to the possible range."""
    found = t_interval(values)
    return f"{found.value:.3g} ({max(found.low, 0.0):.3g} to {min(found.high, most):.3g})"
