"""The loop of every design: propose, verify, judge, select, export, verify the files, record."""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr

from ingenium.core import spec as specs
from ingenium.core.blocks import ArrayFiles, Blocks
from ingenium.core.counting import counting
from ingenium.core.counts import check_count, check_memory
from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.digest import dataset_digest, digest
from ingenium.core.errors import InputError
from ingenium.core.evidence import Origin, table
from ingenium.core.failures import check_answers
from ingenium.core.folders import staged
from ingenium.core.formats.rounding import rounded
from ingenium.core.problem import Problem, Watch, silent
from ingenium.core.provenance import code_digest, machine, package_digest, versions
from ingenium.core.remarks import remark
from ingenium.core.resolving import resolve
from ingenium.core.seeds import BLOCK, units
from ingenium.core.spec import Spec
from ingenium.core.verify import verdicts as judged
from ingenium.evaluate.limits import summarise
from ingenium.generators.artifact import MODEL
from ingenium.generators.fitted import FittedFamily, check, fit, load, of_fit
from ingenium.generators.generator import Generator
from ingenium.runs.export import verified
from ingenium.runs.outcome import Batch, Clock, Finish, Run, deliver, enter
from ingenium.scale.place import LOCAL, WorkPlace
from ingenium.scale.port import Answering, Make, opened
from ingenium.scale.worker_pool import PATIENCE_S, WorkerPool, spread
from ingenium.trust.ledger import Ledger

__all__ = ["Clock", "Run", "proposed", "run", "training"]


def run(
    problem: Problem,
    requested: Spec,
    n: int,
    seed: int,
    out: Path,
    *,
    ledger: Ledger,
    watch: Watch = silent,
    overwrite: bool = False,
    finish: Finish | None = None,
    clock: Clock | None = None,
    elsewhere: "Elsewhere | None" = None,
    model: Path | None = None,
) -> Run:
    """Propose `n` designs under a spec, verify all of them and export the accepted ones to `out`.

    A stopped run resumes when it is called again; `out` appears only when it is complete. `finish`
    may add files to the folder before it gets its name. `clock` may contain seconds spent before.
    `elsewhere` are workers that propose and verify, to the same bits; `model` is the folder of a
    fit to use instead of a new one.

    Raises:
        InputError: if the spec names something that the problem does not have, or `n` is below 1;
            if `model` is no fit of this problem.
        CorruptError: if the weights of `model` are not those that its record names.
        EngineError: if the engine has no answer to any design.
        StorageError: if `out` cannot be written, or another run is writing there.
    """
    check_count(n, seed)
    clock, spec = clock or Clock(), resolve(requested, problem)
    check_memory(n, problem, spec)
    check(problem, spec.generator)
    watch("data", 0, 1)
    with clock("data"):
        problem.prepare(watch)
        known = training(problem)
        data = dataset_digest(known)
    stored_fit = None if model is None else of_fit(model, problem)
    under = [problem.name, specs.as_table(spec), n, seed, data, problem.system]
    under += [] if stored_fit is None else [stored_fit.digest]
    identity = digest([*under, next(iter(problem.formats))])
    with staged(out, identity, overwrite=overwrite) as part:
        with clock("fit"):
            fitted = stored_fit or fit(problem, known, spec.generator, watch=watch)
        origin = _origin(problem, spec, data, fitted, seed, out)
        generator = Generator(problem, fitted.family, spec, known)
        stored = _stored(part, origin, problem)
        fitted.save(part / MODEL)
        pool = nullcontext(None) if elsewhere is None else elsewhere.hired(spec, part / MODEL)
        with pool as workers:
            designs, verdicts = _propose_and_verify(
                generator, n, seed, stored, clock, watch, workers=workers
            )
        made = _made(fitted, generator.steps(seed))
        batch = Batch(problem, requested, spec, origin, designs, verdicts, spec.select, made)
        done = deliver(batch, part, out, clock=clock, watch=watch, finish=finish)
        watch("store", 0, 1)  # the last moment to stop: from here on the run is whole
        stored.drop()
        enter(ledger, "proposal", done, part, {"family": fitted.name})
    return done


@dataclass(frozen=True)
class Elsewhere:
    """Workers that propose and verify units of a run."""

    on: WorkPlace
    opener: Callable[[], Problem]  # of the problem, in other processes

    def spread(self, make: Make, tasks: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        """Yield the answers to tasks with their numbers, in order of completion."""
        with opened(self.on) as site:
            yield from spread(site, make, tasks)

    @contextmanager
    def hired(self, spec: Spec, model: Path) -> Iterator[WorkerPool | None]:
        """Start a worker pool for the block; None where this process does all the work."""
        if self.on.kind == LOCAL:
            yield None
            return
        with opened(self.on) as site:
            pool = WorkerPool(site, partial(_unit_maker, self.opener, spec, model))
            try:
                yield pool
            finally:
                pool.close()


def _unit_maker(opener: Callable[[], Problem], spec: Spec, model: Path) -> Answering:
    """Build the function that answers a worker's tasks: seed, block and rows of a unit."""
    problem = opener()
    generator = Generator(problem, load(model, problem).family, spec, training(problem))

    def answer(task: tuple[int, int, range]) -> dict[str, np.ndarray]:
        return _unit(generator, *task, Clock())

    return answer


def training(problem: Problem) -> xr.Dataset:
    """Return the known designs that a generator may be trained on.

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
        given=dict(problem.given.digests),
        system=problem.system,
        data=data,
        model=fitted.digest,
        code=code_digest(),
        package=package_digest(problem),
        version=versions()["ingenium"],
        replay=f"ingenium replay {shlex.quote(str(out))} --design {{design}}",
    )


def _made(fitted: FittedFamily, steps: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """Description of the generator and of the steps of its proposals, for the record of the run."""
    own = {"family": fitted.name, "from_cache": fitted.cached, "fit": fitted.meta}
    return {"model": own | ({"steps": steps} if steps else {})}


def _stored(part: Path, origin: Origin, problem: Problem) -> Blocks:
    """Designs that an earlier attempt verified with the same code, packages and engine."""
    engine = problem.verifier
    under = [asdict(origin), versions(), machine(), engine.name, engine.version]
    stored = Blocks(part, digest(under)[7:19])
    stored.sweep()
    return stored


def _propose_and_verify(
    generator: Generator,
    n: int,
    seed: int,
    stored: Blocks,
    clock: Clock,
    watch: Watch,
    *,
    workers: WorkerPool | None,
) -> tuple[xr.Dataset, xr.Dataset]:
    """Return all designs with their verdicts; each verified unit is stored on disk immediately."""
    whole, stage, done = ArrayFiles(stored.folder), "propose and verify", 0
    watch(stage, done, n)
    todo = list(enumerate(units(n, generator.problem.batch_size)))
    if workers is not None:
        _spread(workers, seed, stored, todo, watch)
    for unit, (block, rows) in todo:
        arrays = stored.load(unit)
        if arrays is None:
            with counting(partial(_counted, watch, stage, done, n)):
                arrays = _unit(generator, seed, block, rows, clock)
            stored.store(unit, arrays)
        whole.add(arrays)
        early = done < BLOCK <= done + len(rows) < n
        done += len(rows)
        watch(stage, done, n)
        if early:
            _say_what_is_in_the_way(_judged(generator, whole.whole()), generator)
    designs, verdicts = _joined(generator, whole.whole())
    check_answers(generator.problem, designs, verdicts)
    return designs, verdicts


def _spread(
    workers: WorkerPool,
    seed: int,
    stored: Blocks,
    todo: list[tuple[int, tuple[int, range]]],
    watch: Watch,
) -> None:
    """Let workers propose and verify the units that are not stored, and store them."""
    left = {unit: rows for unit, (_, rows) in todo if stored.load(unit) is None}
    for unit, (block, rows) in todo:
        if unit in left:
            workers.submit(unit, (seed, block, rows))
    n, done = sum(map(len, left.values())), 0
    while left:
        found = workers.done(PATIENCE_S)
        if found is not None:
            stored.store(*found)
            done += len(left.pop(found[0]))
            watch(f"propose and verify on {workers.site.count} workers", done, n)


def _counted(watch: Watch, stage: str, before: int, n: int, more: int) -> None:
    watch(stage, min(before + more, n), n)


def _unit(
    generator: Generator, seed: int, block: int, rows: range, clock: Clock
) -> dict[str, np.ndarray]:
    """Designs of some rows with their conditions, and their measured values, as arrays by name."""
    problem = generator.problem
    with clock("propose"):
        designs = proposed(generator, seed, block, rows)
        designs = designs.isel({DESIGN: slice(0, len(rows))})
    with clock("verify"):
        verdicts = verified(problem, generator.spec, designs)
    both = zip(problem.variables, to_arrays(designs, problem.variables), strict=True)
    arrays = {f"designs:{v.name}": a.numpy() for v, a in both}
    arrays |= {f"designs:{c.name}": designs[c.name].to_numpy() for c in problem.conditions}
    texts = {k: v.astype(np.str_) for k, v in arrays.items() if v.dtype == object}
    return arrays | texts | {"measured": table(problem, verdicts)}


def proposed(generator: Generator, seed: int, block: int, rows: Sequence[int]) -> xr.Dataset:
    """Propose all designs of the unit of some rows of a block, however many are requested.

    They are on the grid of their files. They are repaired together, and the order of sums depends
    on shapes: a unit that is cut before the repair would give other bits.
    """
    size = generator.problem.batch_size
    first = rows[0] - rows[0] % size
    unit = generator.propose_block(seed, block, range(first, first + size), rows)
    return rounded(generator.problem, unit)


def _joined(generator: Generator, arrays: dict[str, np.ndarray]) -> tuple[xr.Dataset, xr.Dataset]:
    problem = generator.problem
    under = {c.name: (DESIGN, arrays[f"designs:{c.name}"]) for c in problem.conditions}
    designs = to_dataset(
        [torch.from_numpy(arrays[f"designs:{v.name}"]) for v in problem.variables],
        problem.variables,
        problem.labels() | under,
    )
    return designs, _judged(generator, arrays)


def _judged(generator: Generator, arrays: dict[str, np.ndarray]) -> xr.Dataset:
    measured = arrays["measured"]
    problem, limits = generator.problem, generator.spec.limits
    return judged(measured, problem.verifier, limits, index=np.arange(len(measured)))


def _say_what_is_in_the_way(verdicts: xr.Dataset, generator: Generator) -> None:
    """Remark on the violated limits if no design of the first block is accepted."""
    found = summarise(verdicts, generator.spec.limits, generator.problem.verifier.quantities)
    if found.accepted:
        return
    most = sorted(found.limits, key=lambda b: -b.broken)
    ways = [f"{b.limit} is violated by {b.broken}" for b in most if b.broken]
    ways += [f"the engine failed on {found.failed}"] if found.failed else []
    remark(f"None of the first {found.proposed} designs is accepted: {', '.join(ways)}.")
