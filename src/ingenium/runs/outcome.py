"""The common end of proposals and searches: export, evidence, summary and report.

```
select ─► cross-check ─► export ─► verify the files ─► evidence ─► summary ─► report ─► ledger
```
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from ingenium.core import spec as specs
from ingenium.core.crosscheck import cross_check
from ingenium.core.designs import DESIGN
from ingenium.core.digest import file_digest
from ingenium.core.evidence import KEY, Export, Origin, engines, records, vouched, written
from ingenium.core.failures import counted, reasons
from ingenium.core.folders import write_atomic
from ingenium.core.problem import CrossCheck, Problem, Watch
from ingenium.core.provenance import machine, peak_memory_mb, versions
from ingenium.core.resolving import different, removed
from ingenium.core.seals import sealed
from ingenium.core.select import distinct, select
from ingenium.core.spec import Limit, Select, Spec
from ingenium.core.verify import Verifier, named
from ingenium.evaluate.limits import Summary
from ingenium.runs.export import export, store
from ingenium.runs.session import SearchSession
from ingenium.runs.summary import summary as summarised
from ingenium.runs.view import RunView
from ingenium.trust.ledger import Ledger


@dataclass(frozen=True, repr=False)
class Run(RunView):
    """A finished run: its verified designs, their verdicts, and its folder.

    `session` is the progress of a search; a proposal is a search of one round and has none.
    """

    problem: Problem
    spec: Spec  # resolved
    designs: xr.Dataset  # all that were verified
    verdicts: xr.Dataset  # on them, for exported ones from their files
    selected: np.ndarray  # positions of the exported designs, best first
    summary: Summary
    record: dict[str, Any]
    folder: Path  # with files, evidence and report
    session: SearchSession | None = None

    def _requested(self) -> Spec:
        return specs.parse(self.record["spec"], Spec, "the record of a run")

    def _judged(self) -> Sequence[Limit]:
        return self.spec.limits

    def _problem(self) -> Problem:
        return self.problem


Finish = Callable[[Run, Path], None]  # adds files to the folder of a run before it is complete


@dataclass
class Clock:
    """Wall time by stage (seconds)."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Add the duration of the block to the stage."""
        started = time.perf_counter()
        yield
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - started


@dataclass(frozen=True)
class Batch:
    """A request, and the designs that were verified for it."""

    problem: Problem
    requested: Spec
    spec: Spec  # resolved
    origin: Origin
    designs: xr.Dataset
    verdicts: xr.Dataset
    choice: Select  # selection of the exported ones
    made: Mapping[str, Any]  # for the record: description of the generator
    session: SearchSession | None = None


def deliver(
    batch: Batch, part: Path, folder: Path, *, clock: Clock, watch: Watch, finish: Finish | None
) -> Run:
    """Write everything of a run into `part`, which will be renamed to `folder`.

    Every design of a proposal has a line of evidence; for a search, whose store contains the
    others, only exported designs have one.
    """
    problem, spec = batch.problem, replace(batch.spec, select=batch.choice)
    batch = replace(batch, designs=_named(problem, batch.designs))
    with clock("cross-check"):
        watch("cross-check", 0, 1)
        cross = _checked(batch, spec)
    with clock("export and read back"):
        watch("export and read back", 0, 1)
        verdicts, selected, exported = export(
            problem,
            spec,
            batch.designs,
            batch.verdicts,
            part / "designs",
            cross_check=cross,
            watch=watch,
        )
    reported = {DESIGN: slice(None) if batch.session is None else selected}
    designs, judged = batch.designs.isel(reported), verdicts.isel(reported)
    with clock("evidence"):
        watch("evidence", 0, 1)
        why = reasons(problem, designs, judged)
        _write_evidence(batch, (designs, judged), why, exported, cross, part)
        store(part, problem, batch.requested, designs, judged)
        counts = summarised(verdicts, spec.limits, problem.quantities)
        different = distinct(problem, batch.designs, verdicts)
        summary = replace(counts, reasons=counted(why), distinct=different)
    made = (batch.spec, batch.designs, verdicts, selected)
    indices = batch.designs[DESIGN].to_numpy()[selected].tolist()
    record = _record(batch, cross, clock) | {
        KEY: vouched(part / "evidence.jsonl"),
        "exported": indices,
    }
    run = Run(problem, *made, summary, record, folder, batch.session)
    watch("report", 0, 1)
    with clock("report"):
        if finish is not None:
            finish(run, part)
    run = replace(run, record=record | _spent(clock))
    _sum_up(part, run)
    return run


def _named(problem: Problem, designs: xr.Dataset) -> xr.Dataset:
    """Add meaning and unit to the conditions of designs."""
    coords = {c.name: designs[c.name].assign_attrs(c.attrs) for c in problem.conditions}
    return designs.assign_coords(coords)


def _checked(batch: Batch, spec: Spec) -> CrossCheck | None:
    """Independent cross-check of designs before any file; for a search, of the best alone."""
    rows: Any = slice(None)
    if batch.session is not None:
        rows = select(batch.problem, spec.objectives, spec.select, batch.designs, batch.verdicts)
    designs, verdicts = batch.designs.isel({DESIGN: rows}), batch.verdicts.isel({DESIGN: rows})
    return cross_check(batch.problem, designs, verdicts, spec.limits, batch.origin.seed)


def enter(
    ledger: Ledger,
    kind: str,
    run: Run,
    part: Path,
    alongside: Mapping[str, Any],
    *,
    screens: Sequence[Verifier] = (),
) -> None:
    """Write a line in the ledger: request, inputs, engines, and digests of the outcome."""
    found = run.record["cross_check"]
    judges = engines(run.problem, CrossCheck.of(found) if found else None)
    ledger.append(
        kind,
        {
            "problem": run.problem.name,
            "requested": specs.as_table(run.spec),
            **alongside,
            "data_licence": run.problem.licence,
            "engines": [*judges, *map(named, screens)],
            **run.record["origin"],
            "evidence": file_digest(part / "evidence.jsonl"),
            "designs": file_digest(part / "designs.nc"),
            "wrote": written(part),
            **{k: getattr(run.summary, k) for k in ("proposed", "accepted", "rejected", "failed")},
        },
    )


def _record(batch: Batch, cross: CrossCheck | None, clock: Clock) -> dict[str, Any]:
    problem = batch.problem
    return {
        "problem": problem.name,
        "n": batch.designs.sizes[DESIGN],
        "spec": specs.as_table(batch.requested),
        "limits": specs.as_table(batch.spec).get("limits", []),
        "origin": asdict(batch.origin),
        "different_conditions": different(problem, batch.spec, batch.designs),
        **batch.made,
        "engine": {"name": problem.verifier.name, "version": problem.verifier.version},
        "cross_check": asdict(cross) if cross else None,
        "data_licence": problem.licence,
        "notes": _notes(batch.spec, problem),
        "versions": versions(),
        "machine": machine(),
        **_spent(clock),
    }


def _write_evidence(
    batch: Batch,
    recorded: tuple[xr.Dataset, xr.Dataset],
    why: Sequence[str],
    exported: Export,
    cross: CrossCheck | None,
    part: Path,
) -> None:
    """Write a sealed line for each recorded design with its verdict."""
    designs, verdicts = recorded
    lines = records(
        batch.problem,
        designs,
        verdicts,
        batch.origin,
        export=exported,
        cross_check=cross,
        notes=_notes(batch.spec, batch.problem),
        reasons=why,
    )
    write_atomic(part / "evidence.jsonl", "".join(sealed(lines)))


def _notes(spec: Spec, problem: Problem) -> list[str]:
    """Notes of the problem, and its limits that the spec removes."""
    return [*problem.notes, *removed(spec, problem)]


def _spent(clock: Clock) -> dict[str, Any]:
    """Seconds by stage and memory so far."""
    return {
        "seconds": {k: round(v, 3) for k, v in clock.seconds.items()},
        "peak_memory_mb": round(peak_memory_mb(), 1),
    }


def _sum_up(part: Path, run: Run) -> None:
    """Write the record and the summary of a run, with the seconds of all stages before."""
    name = "run.json" if run.session is None else "search.json"
    write_atomic(part / name, json.dumps(run.record, indent=2) + "\n")
    seconds = round(sum(run.record["seconds"].values()), 2)
    summary = asdict(run.summary) | {"seconds": seconds}
    write_atomic(part / "summary.json", json.dumps(summary, indent=2) + "\n")
