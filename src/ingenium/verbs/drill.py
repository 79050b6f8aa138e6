"""Drills: a fit on real processes, some of which are killed or cut off, ends as one that is not."""

import json
import os
import shutil
import signal
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field
from pydantic.dataclasses import dataclass as checked

from ingenium.core.digest import dataset_digest, digest
from ingenium.core.energy import Meter
from ingenium.core.folders import staged, write_atomic
from ingenium.core.problem import Watch, silent
from ingenium.core.provenance import code_digest
from ingenium.core.spec import _STRICT, Spec
from ingenium.domains import open_problem
from ingenium.scale.cluster import read
from ingenium.scale.namespaces import NamespacedSite, lacking
from ingenium.scale.place import PROCESSES, WorkPlace, warn_of_cores
from ingenium.scale.processes import ProcessSite, ProcessWorker
from ingenium.scale.ranks import RankGang, RankLost
from ingenium.trust.ledger import Ledger, ledger_or_own
from ingenium.trust.postgres import PostgresStore
from ingenium.verbs import ranked_fit
from ingenium.verbs.ranked_fit import FitRequest, RankedFit

RECORD = "drill.json"
FILE = "The ledger is a file: INGENIUM_LEDGER names no server of PostgreSQL."
Steps = tuple[Annotated[int, Field(ge=1)], ...]


@checked(frozen=True, config=_STRICT)
class DrillSpec:
    """A fit, and what befalls it at which steps."""

    spec: Spec  # of the fit
    title: Annotated[str, Field(max_length=200)] = "A drill"
    workers: Annotated[int, Field(ge=2, le=64)] = 2
    layout: str = ""  # data:WORKERS if none
    steps: Annotated[int, Field(ge=10, le=10**6)] = 100
    kill: Steps = ()  # a worker by SIGKILL
    cut: Steps = ()  # the link of a worker
    wait_s: Annotated[float, Field(gt=0, le=600)] = 15.0  # after which a silent rank counts as lost
    restarts: Annotated[int, Field(ge=0, le=1000)] = 10

    def __post_init__(self) -> None:
        late = [step for step in (*self.kill, *self.cut) if step >= self.steps]
        if late:
            raise ValueError(f"faults before step {self.steps}, not at {late[0]}")

    @property
    def request(self) -> FitRequest:
        """The fit that is drilled."""
        place, layout = WorkPlace(PROCESSES, self.workers), self.layout or f"data:{self.workers}"
        return FitRequest(self.spec, place, layout, self.steps, rehearse=False, wait_s=self.wait_s)


def load(path: Path) -> DrillSpec:
    """A drill from a TOML file.

    Raises:
        InputError: if it is none.
    """
    return read(path, DrillSpec, "a drill as a TOML file")


@dataclass(frozen=True)
class FinishedDrill:
    """A drill and what it showed."""

    folder: Path
    record: dict[str, Any]
    beats: tuple[tuple[float, int], ...]  # seconds and step, as rank 0 told


def drill(
    asked: DrillSpec,
    out: Path,
    *,
    watch: Watch = silent,
    overwrite: bool = False,
    ledger: Ledger | None = None,
) -> FinishedDrill:
    """Fit once undisturbed and once under faults, and compare; the weights of the latter are kept.

    Raises:
        InputError: for a fit that cannot be divided so.
        RankLost: if more ranks are lost than the drill restarts.
    """
    warn_of_cores(asked.request.on)
    identity = digest([asdict(asked), code_digest()])
    with (
        ledger_or_own(ledger) as book,
        staged(out, identity, overwrite=overwrite) as part,
        Meter() as meter,
    ):
        for left in ("undisturbed", "fit"):
            shutil.rmtree(part / left, ignore_errors=True)
        data = _ingested(asked, book)
        plain = ranked_fit.fit(asked.request, part / "undisturbed", watch=watch, ledger=book)
        faults = FaultyRanks(asked, watch)
        fit = ranked_fit.fit(
            asked.request, part / "fit", watch=watch, ledger=book, gathered=faults.gathered
        )
        record = _record(asked, plain.record, fit.record, faults, data)
        served = isinstance(book.store, PostgresStore)
        record["ledger"] = "PostgreSQL" if served else "a file of SQLite"
        if not served:
            record["notes"] = [*faults.notes, FILE]
        record["energy"] = asdict(meter.read())
        book.append("drill", {k: record[k] for k in ("holds", "weights", "data", "availability")})
        write_atomic(part / RECORD, json.dumps(record, indent=2, allow_nan=False) + "\n")
    return FinishedDrill(out, record, tuple(faults.beats))


def _ingested(asked: DrillSpec, ledger: Ledger) -> str:
    """The version of the data that is trained on, entered before it is."""
    problem = open_problem(asked.spec)
    problem.prepare(silent)
    version = dataset_digest(problem.data())
    ledger.append("ingest", {"problem": problem.name, "data": version, "licence": problem.licence})
    return version


@dataclass
class WorkerFault:
    """One that befell a worker, and how it was overcome."""

    what: str
    step: int
    at_s: float
    seen_s: float = 0.0  # until the loss of a rank was told
    recovered_s: float = 0.0  # until a step was made again
    redone: int = 0  # steps


class FaultyRanks:
    """Brings ranks together again and again, and does to them what a drill says."""

    def __init__(self, asked: DrillSpec, watch: Watch) -> None:
        self.asked, self.watch, self.faults = asked, watch, list[WorkerFault]()
        self.beats: list[tuple[float, int]] = []
        self.notes: list[str] = []
        self.todo = sorted([(s, "kill") for s in asked.kill] + [(s, "cut") for s in asked.cut])
        why = lacking() if asked.cut else None
        if why is not None:
            self.notes.append(f"No worker was cut off: {why}.")
            self.todo = [one for one in self.todo if one[1] != "cut"]
        self._site = NamespacedSite if asked.cut and why is None else ProcessSite
        self._open: WorkerFault | None = None
        self._now: tuple[Any, RankGang] | None = None
        self._began = 0.0
        self.wall_s = 0.0

    @property
    def met(self) -> bool:
        """Whether all that could befall the ranks did, and each time one was lost by it."""
        return not self.todo and all(fault.seen_s > 0 for fault in self.faults)

    def gathered(
        self, place: WorkPlace, job: RankedFit, *, wait_s: float, tell: Watch
    ) -> list[Any]:
        """The answers of the ranks that came through."""
        self._began = time.perf_counter()
        site = self._site(place.count)
        try:
            for attempt in range(self.asked.restarts + 1):
                gang = RankGang(site, job, wait_s=wait_s)
                self._now = site, gang
                try:
                    found = gang.answers(self._heard)
                except RankLost:
                    self._lost(site)
                    if attempt == self.asked.restarts:
                        raise
                else:
                    self.wall_s = time.perf_counter() - self._began
                    return found
        finally:
            site.close()
        raise AssertionError  # the loop returns or raises

    def _heard(self, stage: str, done: int, total: int) -> None:
        now = time.perf_counter() - self._began
        if not self.beats or self.beats[-1][1] != done:
            self.beats.append((now, done))
            self.watch("fit under faults", done, total)
        if self._open is not None and self._open.seen_s:
            self._open.recovered_s = now - self._open.at_s
            self._open.redone = max(0, self._open.step - done + 1)
            self._open = None
        if self._open is None and self.todo and done >= self.todo[0][0]:
            self._befall(self.todo.pop(0)[1], done, now)

    def _befall(self, what: str, step: int, now: float) -> None:
        assert self._now is not None
        site, gang = self._now
        victim: Any = gang.workers[step % len(gang.workers)]  # now this rank, now another
        if what == "kill" and isinstance(victim, ProcessWorker):
            os.kill(victim.pid, signal.SIGKILL)
        elif isinstance(site, NamespacedSite):
            site.cut(len(gang.workers) - 1)
        names = {"kill": "worker killed", "cut": "link of a worker cut"}
        self._open = WorkerFault(names[what], step, now)
        self.faults.append(self._open)

    def _lost(self, site: ProcessSite) -> None:
        now = time.perf_counter() - self._began
        if self._open is None:  # nobody did it: it counts all the same
            step = self.beats[-1][1] if self.beats else 0
            self._open = WorkerFault("rank lost by itself", step, now)
            self.faults.append(self._open)
        self._open.seen_s = max(now - self._open.at_s, 1e-3)
        if isinstance(site, NamespacedSite):
            site.mend()


def _record(
    asked: DrillSpec,
    plain: Mapping[str, Any],
    fit: Mapping[str, Any],
    faults: FaultyRanks,
    data: str,
) -> dict[str, Any]:
    same = fit["lineage"]["weights"] == plain["lineage"]["weights"]
    loss, other = (r["course"]["held_out"][-1] for r in (fit, plain))
    down = sum(f.recovered_s for f in faults.faults)
    return {
        "title": asked.title,
        "problem": asked.spec.problem,
        "layout": fit["layout"],
        "workers": asked.workers,
        "steps": asked.steps,
        "faults": [asdict(f) for f in faults.faults],
        "notes": faults.notes,
        "loss": loss,
        "undisturbed_loss": other,
        "same_weights": same,
        "holds": same and loss == other and faults.met,
        "courses": {"under faults": fit["course"], "undisturbed": plain["course"]},
        "wall_s": faults.wall_s,
        "availability": 1 - down / faults.wall_s,
        "mean_time_to_recover_s": down / len(faults.faults) if faults.faults else 0.0,
        "beats": faults.beats,
        "data": data,
        "weights": fit["lineage"]["weights"],
        "lineage": fit["lineage"],
    }
