"""Propose, verify, judge, select, export, verify the files, record: the way of every design."""

import json
import shlex
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from ingenium.core import spec as specs
from ingenium.core.asking import resolve
from ingenium.core.counts import check_count, check_memory
from ingenium.core.designs import DESIGN
from ingenium.core.digest import dataset_digest, digest, file_digest, folder_digest
from ingenium.core.errors import EngineError, InputError
from ingenium.core.evidence import Export, Origin, records
from ingenium.core.folders import staged, write_atomic
from ingenium.core.kept import keep, kept
from ingenium.core.netcdf import write_netcdf
from ingenium.core.problem import CrossCheck, Problem
from ingenium.core.provenance import code_digest, machine, peak_memory_mb, versions
from ingenium.core.seeds import BLOCK, blocks
from ingenium.core.select import select
from ingenium.core.spec import Spec
from ingenium.core.verify import verify
from ingenium.evaluate.limits import Summary, summarise
from ingenium.generators.fitted import FittedFamily, fit
from ingenium.generators.generator import Generator
from ingenium.trust.ledger import Ledger

Watch = Callable[[str, int, int], None]  # stage, done, total


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


def silent(stage: str, done: int, total: int) -> None:
    """Watch nothing."""


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
) -> Run:
    """Propose `n` designs under a spec, verify them all and keep what survives in `out`.

    A stopped run goes on where it was when it is called again; `out` appears only when whole.
    `finish` may add files to the folder that it is given, before that takes its name.

    Raises:
        InputError: if the spec asks for what the problem does not have, or `n` is below 1.
        EngineError: if the engine has no answer to any design.
        StorageError: if `out` cannot be written, or another run is writing there.
    """
    check_count(n, seed)
    clock, spec = Clock(), resolve(asked, problem)
    check_memory(n, problem, spec)
    watch("data", 0, 1)
    with clock("data"):
        known = training(problem)
        data = dataset_digest(known)
    identity = digest([problem.name, specs.as_table(spec), n, seed, data])
    with staged(out, identity, overwrite=overwrite) as part:
        with clock("fit"):
            fitted = fit(problem, known, spec.generator, data=data, watch=watch)
        origin = _origin(spec, data, fitted, seed, out)
        designs, verdicts = _propose_and_verify(
            Generator(problem, fitted.family),
            spec,
            known,
            n,
            origin,
            part,
            clock=clock,
            watch=watch,
        )
        with clock("cross-check"):
            watch("cross-check", 0, 1)
            cross = problem.cross_check(designs, verdicts, seed)
        selected = select(verdicts, spec.objectives, spec.select)
        with clock("export and read back"):
            watch("export and read back", 0, 1)
            verdicts, selected, export = _export(
                problem, spec, designs, verdicts, selected, part / "designs"
            )
        summary = summarise(verdicts, spec.limits, problem.quantities)
        record = _record(problem, asked, origin, fitted, clock, cross=cross, n=n)
        _write(part, problem, asked, designs, verdicts, record, summary)
        lines = records(problem, designs, verdicts, origin, export=export, cross_check=cross)
        write_atomic(part / "evidence.jsonl", "".join(json.dumps(r) + "\n" for r in lines))
        fitted.save(part / "model")
        done = Run(problem, spec, designs, verdicts, selected, summary, record, out)
        watch("report", 0, 1)
        if finish is not None:
            finish(done, part)
        shutil.rmtree(_blocks_folder(part, origin))
        watch("keep", 0, 1)  # the last moment to stop: from here on the run is whole
        _enter(ledger, part, problem, origin, summary)
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


def _origin(spec: Spec, data: str, fitted: FittedFamily, seed: int, out: Path) -> Origin:
    return Origin(
        seed=seed,
        spec=digest(specs.as_table(spec)),
        data=data,
        model=fitted.digest,
        code=code_digest(),
        version=versions()["ingenium"],
        replay=f"ingenium replay {shlex.quote(str(out))} --design {{design}}",
    )


def _propose_and_verify(
    generator: Generator,
    spec: Spec,
    known: xr.Dataset,
    n: int,
    origin: Origin,
    part: Path,
    *,
    clock: Clock,
    watch: Watch,
) -> tuple[xr.Dataset, xr.Dataset]:
    """All designs with their verdicts; each verified block is kept on disk at once."""
    problem = generator.problem
    folder = _blocks_folder(part, origin)
    names = [v.name for v in problem.variables]
    whole = []
    for block in blocks(n):
        path = folder / f"{block:06d}.nc"
        found = kept(path)
        if found is None:
            with clock("propose"):
                designs = generator.propose_block(spec, known, origin.seed, block)
                designs = designs.isel({DESIGN: slice(0, n - block * BLOCK)})
            with clock("verify"):
                verdicts = verify(
                    designs,
                    problem.verifier,
                    spec.limits,
                    variables=problem.variables,
                    sizes=problem.sizes,
                )
            found = xr.merge([designs, verdicts], combine_attrs="drop_conflicts")
            keep(path, found)
        whole.append(found)
        watch("propose and verify", min((block + 1) * BLOCK, n), n)
    merged = xr.concat(whole, dim=DESIGN, data_vars="minimal")
    rest = [v for v in merged.data_vars if v not in names]
    designs = merged[names]
    verdicts = merged[rest].drop_vars(c.name for c in problem.conditions)
    if bool((verdicts["verdict"] == 2).all()):
        raise EngineError(
            f"{problem.verifier.name} gave no answer to any of the {n} designs; "
            "check the model that the spec names with `ingenium doctor`"
        )
    return designs, verdicts


def _blocks_folder(part: Path, origin: Origin) -> Path:
    """Where verified blocks lie until the run is whole, so that a stopped one goes on."""
    return part / f"blocks-{digest(asdict(origin))[7:19]}"


def _export(
    problem: Problem,
    spec: Spec,
    designs: xr.Dataset,
    verdicts: xr.Dataset,
    selected: np.ndarray,
    folder: Path,
) -> tuple[xr.Dataset, np.ndarray, Export]:
    """Write the selected designs, read the files, measure again; what the files say counts."""
    name, form = next(iter(problem.formats.items()))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    if not len(selected):
        return verdicts, selected, Export(name, {}, {})
    paths = form.write(designs.isel({DESIGN: selected}), folder)
    order = designs[DESIGN].to_numpy()[selected]
    again = verify(
        form.read(folder).sel({DESIGN: order}),
        problem.verifier,
        spec.limits,
        variables=problem.variables,
        sizes=problem.sizes,
    )
    shift = {}
    verdicts = verdicts.copy(deep=True)
    for q in problem.quantities:
        change = again[q.name].to_numpy() - verdicts[q.name].to_numpy()[selected]
        shift[q.name] = float(np.nanmax(np.abs(change))) if np.isfinite(change).any() else 0.0
    before = verdicts["verdict"].to_numpy()[selected]
    for variable in again.data_vars:
        verdicts[variable].to_numpy()[selected] = again[variable].to_numpy()
    same = again["verdict"].to_numpy() == before
    if not same.all():  # rounding changed a verdict; formats may share one file among designs
        shutil.rmtree(folder)
        folder.mkdir()
        kept = designs.isel({DESIGN: selected[same]})
        paths = form.write(kept, folder) if same.any() else {}
    files = {
        index: (f"designs/{path.relative_to(folder)}", content_digest(path))
        for index, path in paths.items()
    }
    return verdicts, selected[same], Export(name, files, shift, frozenset(order.tolist()))


def content_digest(path: Path) -> str:
    """Digest of a file, or of a folder's files with their names."""
    return folder_digest(path) if path.is_dir() else file_digest(path)


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
        "seconds": {k: round(v, 3) for k, v in clock.seconds.items()},
        "peak_memory_mb": round(peak_memory_mb(), 1),
    }


def _write(
    part: Path,
    problem: Problem,
    asked: Spec,
    designs: xr.Dataset,
    verdicts: xr.Dataset,
    record: dict[str, Any],
    summary: Summary,
) -> None:
    write_atomic(part / "spec.toml", specs.dump(asked))
    write_atomic(part / "run.json", json.dumps(record, indent=2) + "\n")
    seconds = round(sum(record["seconds"].values()), 2)
    write_atomic(
        part / "summary.json", json.dumps(asdict(summary) | {"seconds": seconds}, indent=2) + "\n"
    )
    whole = xr.merge([designs, verdicts], combine_attrs="drop_conflicts").assign_attrs(
        title=asked.title or problem.summary,
        source=f"ingenium {record['versions']['ingenium']}, problem {problem.name}",
        license=problem.licence,
        Conventions="CF-1.11",
    )
    write_netcdf(part / "designs.nc", whole)


def _enter(ledger: Ledger, part: Path, problem: Problem, origin: Origin, summary: Summary) -> None:
    """One line in the ledger: what was asked, with what, and digests of what came out."""
    ledger.append(
        "proposal",
        {
            "problem": problem.name,
            **asdict(origin),
            "evidence": file_digest(part / "evidence.jsonl"),
            "designs": file_digest(part / "designs.nc"),
            **{k: getattr(summary, k) for k in ("proposed", "accepted", "rejected", "failed")},
        },
    )
