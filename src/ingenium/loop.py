"""Propose, verify, judge, select, export, verify the files, record: the way of every design."""

import json
import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr

from ingenium.core import spec as specs
from ingenium.core.asking import resolve
from ingenium.core.blocks import Blocks
from ingenium.core.counts import check_count, check_memory
from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.digest import dataset_digest, digest, file_digest
from ingenium.core.errors import EngineError, InputError
from ingenium.core.evidence import Origin, records, table, written
from ingenium.core.folders import staged, write_atomic
from ingenium.core.problem import CrossCheck, Problem, Watch, engines, silent
from ingenium.core.provenance import code_digest, machine, peak_memory_mb, versions
from ingenium.core.seeds import BLOCK, units
from ingenium.core.spec import Spec
from ingenium.core.verdict import Verdict
from ingenium.core.verify import verdicts as judged
from ingenium.evaluate.limits import Summary
from ingenium.exporting import export, keep, verified
from ingenium.generators.fitted import FittedFamily, check, fit
from ingenium.generators.generator import Generator
from ingenium.summary import summary as summarised
from ingenium.trust.ledger import Ledger


@dataclass(frozen=True)
class Run:
    """A finished run: what was proposed, what the engine said of it, and where it lies."""

    problem: Problem
    spec: Spec
    designs: xr.Dataset
    verdicts: xr.Dataset
    selected: np.ndarray  # positions of the exported designs, best first
    summary: Summary
    record: dict[str, Any]
    folder: Path


@dataclass
class Clock:
    """Seconds by stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Add what the block takes to the stage."""
        started = time.perf_counter()
        yield
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - started


def run(
    problem: Problem,
    asked: Spec,
    n: int,
    seed: int,
    out: Path,
    *,
    ledger: Ledger,
    watch: Watch = silent,
    overwrite: bool = False,
    finish: Callable[[Run, Path], None] | None = None,
    clock: Clock | None = None,
) -> Run:
    """Propose `n` designs under a spec, verify them all and keep what survives in `out`.

    A stopped run goes on where it was when it is called again; `out` appears only when whole.
    `finish` may add files to the folder that it is given, before that takes its name. `clock` may
    hold what was spent before.

    Raises:
        InputError: if the spec asks for what the problem does not have, or `n` is below 1.
        EngineError: if the engine has no answer to any design.
        StorageError: if `out` cannot be written, or another run is writing there.
    """
    check_count(n, seed)
    clock, spec = clock or Clock(), resolve(asked, problem)
    check_memory(n, problem, spec)
    check(problem, spec.generator)
    watch("data", 0, 1)
    with clock("data"):
        problem.prepare(watch)
        known = training(problem)
        data = dataset_digest(known)
    identity = digest([problem.name, specs.as_table(spec), n, seed, data, problem.system])
    with staged(out, identity, overwrite=overwrite) as part:
        with clock("fit"):
            fitted = fit(problem, known, spec.generator, data=data, watch=watch)
        origin = _origin(problem, spec, data, fitted, seed, out)
        generator = Generator(problem, fitted.family, spec, known)
        kept = _kept(part, origin, problem)
        designs, verdicts = _propose_and_verify(generator, n, seed, kept, clock, watch)
        with clock("cross-check"):
            watch("cross-check", 0, 1)
            cross = problem.cross_check(designs, verdicts, seed)
        with clock("export and read back"):
            watch("export and read back", 0, 1)
            verdicts, selected, exported = export(
                problem,
                spec,
                designs,
                verdicts,
                part / "designs",
                cross_check=cross,
                watch=watch,
            )
        with clock("evidence"):
            watch("evidence", 0, 1)
            summary = summarised(verdicts, spec.limits, problem.quantities)
            lines = records(problem, designs, verdicts, origin, export=exported, cross_check=cross)
            write_atomic(part / "evidence.jsonl", "".join(json.dumps(r) + "\n" for r in lines))
            fitted.save(part / "model")
            keep(part, problem, asked, designs, verdicts)
        record = _record(problem, asked, origin, fitted, clock, cross=cross, n=n)
        done = Run(problem, spec, designs, verdicts, selected, summary, record, out)
        watch("report", 0, 1)
        with clock("report"):
            if finish is not None:
                finish(done, part)
        done = replace(done, record=record | _spent(clock))
        _sum_up(part, done)
        watch("keep", 0, 1)  # the last moment to stop: from here on the run is whole
        kept.drop()
        _enter(ledger, part, problem, spec, origin, fitted.name, summary, cross)
    return done


def training(problem: Problem) -> xr.Dataset:
    """The designs that a generator may learn from.

    Raises:
        InputError: if there are fewer than two.
    """
    known = problem.data()
    learned = np.flatnonzero(~known["held_out"].to_numpy())
    if len(learned) < 2:
        raise InputError(
            f"at least two known designs of {problem.name} to learn from",
            f"{len(learned)} (and {known.sizes[DESIGN] - len(learned)} held out)",
            "Write a setup that gives more of them.",
        )
    return known.isel({DESIGN: learned})


def _origin(
    problem: Problem, spec: Spec, data: str, fitted: FittedFamily, seed: int, out: Path
) -> Origin:
    return Origin(
        seed=seed,
        spec=digest(specs.as_table(spec)),
        system=problem.system,
        data=data,
        model=fitted.digest,
        code=code_digest(),
        version=versions()["ingenium"],
        replay=f"ingenium replay {shlex.quote(str(out))} --design {{design}}",
    )


def _kept(part: Path, origin: Origin, problem: Problem) -> Blocks:
    """What an earlier attempt verified with the same code, packages and engine."""
    engine = problem.verifier
    under = [asdict(origin), versions(), machine(), engine.name, engine.version]
    kept = Blocks(part, digest(under)[7:19])
    kept.sweep()
    return kept


def _propose_and_verify(
    generator: Generator, n: int, seed: int, kept: Blocks, clock: Clock, watch: Watch
) -> tuple[xr.Dataset, xr.Dataset]:
    """All designs with their verdicts; each verified unit is kept on disk at once."""
    whole, done = [], 0
    for unit, (block, rows) in enumerate(units(n, generator.problem.at_once)):
        arrays = kept.load(unit)
        if arrays is None:
            arrays = _unit(generator, seed, block, rows, clock)
            kept.keep(unit, arrays)
        whole.append(arrays)
        done += len(rows)
        watch("propose and verify", done, n)
    designs, verdicts = _joined(generator, whole)
    if bool((verdicts["verdict"] == Verdict.FAILED).all()):
        raise EngineError(
            f"{generator.problem.verifier.name} gave no answer to any of the {n} designs; "
            "check the model that the spec names with `ingenium doctor`"
        )
    return designs, verdicts


def _unit(
    generator: Generator, seed: int, block: int, rows: range, clock: Clock
) -> dict[str, np.ndarray]:
    """The designs of some rows with their conditions, and what was measured, as arrays by name."""
    problem = generator.problem
    with clock("propose"):
        designs = proposed(generator, seed, block * BLOCK + rows[0])
        designs = designs.isel({DESIGN: slice(0, len(rows))})
    with clock("verify"):
        verdicts = verified(problem, generator.spec, designs)
    both = zip(problem.variables, to_arrays(designs, problem.variables), strict=True)
    arrays = {f"designs:{v.name}": a.numpy() for v, a in both}
    arrays |= {f"designs:{c.name}": designs[c.name].to_numpy() for c in problem.conditions}
    texts = {k: v.astype(np.str_) for k, v in arrays.items() if v.dtype == object}
    return arrays | texts | {"measured": table(problem, verdicts)}


def proposed(generator: Generator, seed: int, design: int) -> xr.Dataset:
    """All designs of the unit of one design, however many are asked for.

    They are mended together, and the order of sums follows from shapes: a unit that is cut before
    it is mended would give other bits.
    """
    size = generator.problem.at_once
    block, row = divmod(design, BLOCK)
    first = row - row % size
    return generator.propose_block(seed, block, range(first, first + size))


def _joined(
    generator: Generator, whole: list[dict[str, np.ndarray]]
) -> tuple[xr.Dataset, xr.Dataset]:
    """Designs and verdicts of all units."""
    problem = generator.problem
    arrays = {name: np.concatenate([block[name] for block in whole]) for name in whole[0]}
    under = {c.name: (DESIGN, arrays[f"designs:{c.name}"]) for c in problem.conditions}
    designs = to_dataset(
        [torch.from_numpy(arrays[f"designs:{v.name}"]) for v in problem.variables],
        problem.variables,
        problem.labels() | under,
    )
    index = designs[DESIGN].to_numpy()
    limits = generator.spec.limits
    return designs, judged(arrays["measured"], problem.verifier, limits, index=index)


def _record(
    problem: Problem,
    asked: Spec,
    origin: Origin,
    fitted: FittedFamily,
    clock: Clock,
    *,
    cross: CrossCheck | None,
    n: int,
) -> dict[str, Any]:
    return {
        "problem": problem.name,
        "n": n,
        "spec": specs.as_table(asked),
        "origin": asdict(origin),
        "model": {"family": fitted.name, "from_cache": fitted.cached, "fit": fitted.meta},
        "engine": {"name": problem.verifier.name, "version": problem.verifier.version},
        "cross_check": asdict(cross) if cross else None,
        "data_licence": problem.licence,
        "notes": list(problem.notes),
        "versions": versions(),
        "machine": machine(),
        **_spent(clock),
    }


def _spent(clock: Clock) -> dict[str, Any]:
    """Seconds by stage and memory, until now."""
    return {
        "seconds": {k: round(v, 3) for k, v in clock.seconds.items()},
        "peak_memory_mb": round(peak_memory_mb(), 1),
    }


def _sum_up(part: Path, run: Run) -> None:
    """Write the record and the summary of a run, with the seconds of all that came before."""
    write_atomic(part / "run.json", json.dumps(run.record, indent=2) + "\n")
    seconds = round(sum(run.record["seconds"].values()), 2)
    summary = asdict(run.summary) | {"seconds": seconds}
    write_atomic(part / "summary.json", json.dumps(summary, indent=2) + "\n")


def _enter(
    ledger: Ledger,
    part: Path,
    problem: Problem,
    spec: Spec,
    origin: Origin,
    family: str,
    summary: Summary,
    cross: CrossCheck | None,
) -> None:
    """One line in the ledger: what was asked, with what, who judged, and digests of the outcome."""
    ledger.append(
        "proposal",
        {
            "problem": problem.name,
            "asked": specs.as_table(spec),
            "family": family,
            "data_licence": problem.licence,
            "engines": engines(problem, cross),
            **asdict(origin),
            "evidence": file_digest(part / "evidence.jsonl"),
            "designs": file_digest(part / "designs.nc"),
            "wrote": written(part),
            **{k: getattr(summary, k) for k in ("proposed", "accepted", "rejected", "failed")},
        },
    )
