"""Results of pw.x, cached by a digest of their query.

Some ship with the package in `results.json`; others are cached. A result applies only to the same
atoms, to the digits of a file, cutoff and pseudopotentials, and names its release; results of other
releases are not mixed. A run that reached its time limit has no answer for that limit and lower
ones: under a higher one it runs again. A run that was killed is not cached.
"""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ingenium.core.errors import InputError
from ingenium.core.folders import cache_folder, write_atomic
from ingenium.domains.matter import cached_runs, espresso
from ingenium.domains.matter.espresso import GroundState, NoAnswer
from ingenium.domains.matter.potential import Crystal
from ingenium.domains.matter.pseudopotentials import FILES
from ingenium.domains.matter.wyckoff import ANGSTROM, Wyckoff

PACKAGED = Path(__file__).with_name("results.json")
EDGE, FREE = 1e-4, 1e-5  # angstrom, and of an edge: the digits that count
PROTOCOL = 1  # of meshes, smearing and the points searched for gaps
FOLDER = "pw"  # of the cache


@dataclass(frozen=True)
class PlaneWaveRun:
    """Query: one crystal at a cutoff."""

    crystal: Crystal
    cutoff_ry: float

    @property
    def plain(self) -> dict[str, Any]:
        """Everything that an answer depends on, as plain data."""
        c = rounded(self.crystal)
        return {
            "crystal": c.sites.text,
            "edges": [int(np.rint(e / ANGSTROM / EDGE)) for e in c.edges_m],
            "free": [int(np.rint(x / FREE)) for x in c.free[: c.sites.free]],
            "cutoff_ry": float(self.cutoff_ry),
            "pseudopotentials": [FILES[e][1] for e in c.sites.formula if e in FILES],
            "protocol": PROTOCOL,
        }

    @property
    def key(self) -> str:
        """Digest of the query."""
        return cached_runs.key(self.plain)


def rounded(crystal: Crystal) -> Crystal:
    """Round a crystal to the digits of files."""
    edges = np.rint(crystal.edges_m / ANGSTROM / EDGE) * EDGE * ANGSTROM
    return replace(crystal, edges_m=edges, free=np.rint(crystal.free / FREE) * FREE)


def known(requested: PlaneWaveRun) -> GroundState | NoAnswer | None:
    """Return the stored answer; None without one, or if a run may now take longer than it could."""
    travels = _standing(_packaged().get(requested.key))
    return travels or _standing(cached_runs.read(cached_runs.path(FOLDER, requested.key)))


def _standing(one: dict[str, Any] | None) -> GroundState | NoAnswer | None:
    """Return the answer, unless its run had less time than one has now."""
    granted = espresso.LIMITS.granted_cpu_s or espresso.CPU_S
    if one is None or one.get("within_s", granted) < granted:
        return None
    return _answer(one)


def solve(requested: Sequence[PlaneWaveRun], processes: int) -> list[GroundState | NoAnswer]:
    """Return an answer to each query; new ones are computed in parallel and cached.

    Raises:
        InputError: for an element without a pseudopotential.
    """
    for one in requested:
        for element in one.crystal.sites.formula:
            if element not in FILES:
                raise InputError(
                    f"an element with a pseudopotential: {', '.join(FILES)}",
                    element,
                    "Write another one.",
                )
    new = {one.key: one for one in requested if known(one) is None}
    # One process for each run; the threads only wait.
    with ThreadPoolExecutor(processes) as pool:
        answers = dict(zip(new, pool.map(_computed, new.values()), strict=True))
    return [answers[one.key] if one.key in answers else _sure(one) for one in requested]


def _sure(requested: PlaneWaveRun) -> GroundState | NoAnswer:
    found = known(requested)
    return found if found is not None else _computed(requested)


def _computed(requested: PlaneWaveRun) -> GroundState | NoAnswer:
    missing = espresso.absent()
    if missing is not None:
        return NoAnswer(missing)  # not cached: it may be installed later
    answer = espresso.solved(rounded(requested.crystal), requested.cutoff_ry)
    if answer == NoAnswer(espresso.UNFINISHED):
        return answer  # not cached either: the run was killed
    if isinstance(answer, GroundState) and not answer.release.startswith(espresso.RELEASE):
        return NoAnswer(
            f"pw.x here is {answer.release}, and results are those of {espresso.RELEASE}"
        )
    reported = {k: v for k, v in asdict(answer).items() if v is not None}
    cached_runs.write(cached_runs.path(FOLDER, requested.key), requested.plain, reported)
    return answer


def packaged(cutoff_ry: float = 40.0) -> list[tuple[Crystal, GroundState]]:
    """Return crystals with shipped results at a cutoff, in a stable order."""
    found = []
    for _, one in sorted(_packaged().items()):
        answer, requested = _answer(one), one["asked"]
        if isinstance(answer, GroundState) and requested["cutoff_ry"] == cutoff_ry:
            edges = np.array(requested["edges"]) * EDGE * ANGSTROM
            free = np.array(requested["free"], dtype=np.float64) * FREE
            found.append((Crystal(Wyckoff.of(requested["crystal"]), edges, free), answer))
    return found


@cache
def _packaged() -> dict[str, dict[str, Any]]:
    if not PACKAGED.is_file():
        return {}
    return {cached_runs.key(one["asked"]): one for one in json.loads(PACKAGED.read_text())}


def _answer(one: dict[str, Any]) -> GroundState | NoAnswer:
    rest = {k: v for k, v in one.items() if k != cached_runs.REQUESTED}
    return NoAnswer(**rest) if "reason" in rest else GroundState(**rest)


def ship() -> None:
    """Write all cached and shipped results as the package's file."""
    every = dict(_packaged())
    paths = (cache_folder() / FOLDER).glob("*.json")
    every |= {path.stem: one for path in paths if (one := cached_runs.read(path))}
    lines = ",\n".join(json.dumps(every[key], sort_keys=True) for key in sorted(every))
    write_atomic(PACKAGED, f"[\n{lines}\n]\n")
