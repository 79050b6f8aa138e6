"""Drills: a fit whose workers are killed or cut off must end like an undisturbed one."""

import os
import shutil
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field
from pydantic.dataclasses import dataclass as checked

from ingenium.core.artifact import Artifact, Replay, Table, listed
from ingenium.core.digest import dataset_digest, digest
from ingenium.core.energy import Meter
from ingenium.core.folders import staged
from ingenium.core.judgement import Judgement
from ingenium.core.problem import Watch, silent
from ingenium.core.provenance import code_digest
from ingenium.core.sealed import without_none
from ingenium.core.spec import _STRICT, Spec, parse
from ingenium.domains import open_problem
from ingenium.scale.namespaces import NamespacedSite, lacking
from ingenium.scale.place import PROCESSES, WorkPlace, warn_of_cores
from ingenium.scale.processes import ProcessSite, ProcessWorker
from ingenium.scale.ranks import RankGang, RankLost
from ingenium.trust.ledger import Ledger, ledger_or_own
from ingenium.trust.postgres import PostgresStore
from ingenium.verbs import ranked_fit
from ingenium.verbs.ranked_fit import FitRequest, RankedFit

FAULTS = {
    "fault": "{what}",
    "at step": "{step}",
    "seen after, s": "{seen_s:.1f}",
    "trained again after, s": "{recovered_s:.1f}",
    "steps redone": "{redone}",
}
FILE = "The ledger is a file: INGENIUM_LEDGER names no server of PostgreSQL."
Steps = tuple[Annotated[int, Field(ge=1)], ...]


@checked(frozen=True, config=_STRICT)
class DrillSpec:
    """A fit, and the faults injected at given steps."""

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
        """The fit under test."""
        place, layout = WorkPlace(PROCESSES, self.workers), self.layout or f"data:{self.workers}"
        return FitRequest(self.spec, place, layout, self.steps, rehearse=False, wait_s=self.wait_s)


class FinishedDrill(Artifact):
    """A drill in its folder, with its results."""

    what = "a drill"
    file = "drill.json"
    made_by = "ingenium drill FILE"
    remade_by = "ingenium.verbs.drill:replay"
    drawn_by = "ingenium.scale.drill_pictures:figures"
    parts: ClassVar = {k: (k,) for k in ("data", "weights", "loss", "undisturbed_loss")}

    @property
    def spec(self) -> DrillSpec:
        """The fit and its faults."""
        return parse(without_none(self.record["spec"]), DrillSpec, "the record of a drill")

    @property
    def lead(self) -> str:
        """The fit, how many faults it had, the verdict and whether its weights are the same."""
        own, count = self.record, len(self.record["faults"])
        how = "the weights of" if own["same_weights"] else "other weights than"
        return (
            f"{own['problem']} over {own['workers']} workers as {own['layout']}: {self.verdict}; "
            f"it met {count} fault{'' if count == 1 else 's'} and ended with {how} an undisturbed "
            "fit"
        )

    def tables(self) -> Sequence[tuple[str, Table]]:
        """Faults and their cost."""
        return ("Faults", listed(self.record["faults"], FAULTS)), ("Costs", _sums(self.record))


def drill(
    requested: DrillSpec,
    out: Path,
    *,
    watch: Watch = silent,
    overwrite: bool = False,
    ledger: Ledger | None = None,
) -> FinishedDrill:
    """Fit once undisturbed and once under faults, and compare; the weights of the latter are saved.

    Raises:
        InputError: for a fit that cannot be divided so.
        RankLost: if more ranks are lost than the drill restarts.
    """
    warn_of_cores(requested.request.on)
    identity = digest([asdict(requested), code_digest()])
    with (
        ledger_or_own(ledger) as book,
        staged(out, identity, overwrite=overwrite) as part,
        Meter() as meter,
    ):
        for left in ("undisturbed", "fit"):
            shutil.rmtree(part / left, ignore_errors=True)
        data = _ingested(requested, book)
        plain = ranked_fit.fit(requested.request, part / "undisturbed", watch=watch, ledger=book)
        faults = FaultyRanks(requested, watch)
        fit = ranked_fit.fit(
            requested.request, part / "fit", watch=watch, ledger=book, gathered=faults.gathered
        )
        record = _record(requested, plain.record, fit.record, faults, data)
        served = isinstance(book.store, PostgresStore)
        record["ledger"] = "PostgreSQL" if served else "a file of SQLite"
        if not served:
            record["notes"] = [*faults.notes, FILE]
        record["energy"] = asdict(meter.read())
        book.append("drill", {k: record[k] for k in ("verdict", "weights", "data", "availability")})
        FinishedDrill.write(part, record)
    return FinishedDrill.open(out)


def replay(stored: FinishedDrill, folder: Path) -> Replay:
    """Drill the same fit again, and compare the weights and losses."""
    return stored.compared(drill(stored.spec, folder, overwrite=True).record)


def _ingested(requested: DrillSpec, ledger: Ledger) -> str:
    """Return the data version used for training, entered in the ledger beforehand."""
    problem = open_problem(requested.spec)
    problem.prepare(silent)
    version = dataset_digest(problem.data())
    ledger.append("ingest", {"problem": problem.name, "data": version, "licence": problem.licence})
    return version


@dataclass
class WorkerFault:
    """A fault that hit a worker, and how it was overcome."""

    what: str
    step: int
    at_s: float
    seen_s: float = 0.0  # until the loss of a rank was reported
    recovered_s: float = 0.0  # until a step was completed again
    redone: int = 0  # steps


class FaultyRanks:
    """Starts the ranks repeatedly and injects the faults of a drill."""

    def __init__(self, requested: DrillSpec, watch: Watch) -> None:
        self.requested, self.watch, self.faults = requested, watch, list[WorkerFault]()
        self.beats: list[tuple[float, int]] = []
        self.notes: list[str] = []
        self.todo = sorted(
            [(s, "kill") for s in requested.kill] + [(s, "cut") for s in requested.cut]
        )
        why = lacking() if requested.cut else None
        if why is not None:
            self.notes.append(f"No worker was cut off: {why}.")
            self.todo = [one for one in self.todo if one[1] != "cut"]
        self._site = NamespacedSite if requested.cut and why is None else ProcessSite
        self._open: WorkerFault | None = None
        self._now: tuple[Any, RankGang] | None = None
        self._began = 0.0
        self.wall_s = 0.0

    @property
    def met(self) -> bool:
        """True if every fault was injected, and each one cost a rank."""
        return not self.todo and all(fault.seen_s > 0 for fault in self.faults)

    def gathered(
        self, place: WorkPlace, job: RankedFit, *, wait_s: float, tell: Watch
    ) -> list[Any]:
        """Return the answers of the ranks that finished."""
        self._began = time.perf_counter()
        site = self._site(place.count)
        try:
            for attempt in range(self.requested.restarts + 1):
                gang = RankGang(site, job, wait_s=wait_s)
                self._now = site, gang
                try:
                    found = gang.answers(self._heard)
                except RankLost:
                    self._lost(site)
                    if attempt == self.requested.restarts:
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
        if self._open is None:  # injected by nobody, and counted all the same
            step = self.beats[-1][1] if self.beats else 0
            self._open = WorkerFault("rank lost by itself", step, now)
            self.faults.append(self._open)
        self._open.seen_s = max(now - self._open.at_s, 1e-3)
        if isinstance(site, NamespacedSite):
            site.repair()


def _record(
    requested: DrillSpec,
    plain: Mapping[str, Any],
    fit: Mapping[str, Any],
    faults: FaultyRanks,
    data: str,
) -> dict[str, Any]:
    same = fit["lineage"]["weights"] == plain["lineage"]["weights"]
    loss, other = (r["curve"]["held_out"][-1] for r in (fit, plain))
    against = [] if same and loss == other else ["the fit under faults is not the undisturbed one"]
    against += [] if faults.met else ["not every fault was met, or none was seen of one"]
    down = sum(f.recovered_s for f in faults.faults)
    return {
        "title": requested.title,
        "problem": requested.spec.problem,
        "layout": fit["layout"],
        "workers": requested.workers,
        "steps": requested.steps,
        "faults": [asdict(f) for f in faults.faults],
        "notes": faults.notes,
        "loss": loss,
        "undisturbed_loss": other,
        "same_weights": same,
        "spec": asdict(requested),
        **Judgement.of({}, (), against=against).record,
        "curves": {"under faults": fit["curve"], "undisturbed": plain["curve"]},
        "wall_s": faults.wall_s,
        "availability": 1 - down / faults.wall_s,
        "mean_time_to_recover_s": down / len(faults.faults) if faults.faults else 0.0,
        "beats": faults.beats,
        "data": data,
        "weights": fit["lineage"]["weights"],
        "lineage": fit["lineage"],
    }


def _sums(record: Mapping[str, Any]) -> Table:
    return [
        ("", ""),
        ("held-out loss under faults", f"{record['loss']:.8g}"),
        ("undisturbed", f"{record['undisturbed_loss']:.8g}"),
        ("mean time to recover", f"{record['mean_time_to_recover_s']:.1f} s"),
        ("availability of training", f"{record['availability']:.1%}"),
        ("electricity", f"{1e3 * record['energy']['kwh']:.3g} Wh"),
        ("data", record["data"]),
        ("weights", record["weights"]),
        ("ledger", record["ledger"]),
    ]
