"""The engine in Python: what the command line does, as functions.

```python
import ingenium

run = ingenium.propose("examples/grid/winter_evening_peak.toml", n=1000, seed=7)
run.table  # a row a design; also run.accepted, run.evidence, run.plot("min_voltage")
again = ingenium.open_run("out/grid.feeder_day")
```

A spec is a `Spec`, the path of a TOML file, or a dictionary with the same entries.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from ingenium import __version__, report
from ingenium.core import spec as specs
from ingenium.core.asking import resolve
from ingenium.core.counts import check_count
from ingenium.core.digest import dataset_digest, digest, file_digest
from ingenium.core.energy import Meter
from ingenium.core.evidence import engines
from ingenium.core.problem import Watch, silent, write_as
from ingenium.core.spec import Spec
from ingenium.core.spec import load as load_spec
from ingenium.domains import open_problem, problem_class
from ingenium.generators import fitted
from ingenium.runs import audit, loop
from ingenium.runs import replay as replaying
from ingenium.runs.export import content_digest
from ingenium.runs.loop import Elsewhere
from ingenium.runs.opened import OpenedRun
from ingenium.runs.opened import open_run as opened
from ingenium.runs.outcome import Clock, Finish, Run
from ingenium.runs.search_plan import SearchPlan
from ingenium.scale.place import LOCAL, WorkPlace
from ingenium.searches import running
from ingenium.searches.course import Heard, unheard
from ingenium.searches.hands import Hands
from ingenium.searches.stopping import Stop
from ingenium.trust.ledger import Ledger, ledger_or_own
from ingenium.trust.place import ledger_place

__all__ = [
    "SearchPlan",
    "Spec",
    "Stop",
    "fit",
    "ledger_place",
    "load_spec",
    "open_problem",
    "open_run",
    "propose",
    "replay",
    "search",
    "verify",
]


Asked = Spec | str | Path | Mapping[str, Any]  # a spec, its file, or its entries


def propose(
    spec: Asked,
    n: int = 100,
    seed: int = 0,
    out: str | Path | None = None,
    *,
    on: str = LOCAL,
    model: str | Path | None = None,
    ledger: Ledger | None = None,
    watch: Watch = silent,
    overwrite: bool = False,
    form: str | None = None,
    clock: Clock | None = None,
) -> Run:
    """Propose `n` designs, verify them all, and keep what survives with its evidence in `out`.

    Without a folder it is `out/PROBLEM`. Workers `on` other processes give the same bits; a script
    that asks for them needs the guard `if __name__ == "__main__"`. `model` is the folder of a fit
    over workers, whose weights propose. `form` names the format of the files, the problem's first
    if none. `clock` may hold the seconds of what came before, such as imports.

    Raises:
        InputError: if the spec asks for what the problem does not have, or `n` is below 1.
        EngineError: if the engine has no answer to any design.
        StorageError: if `out` cannot be written, or another run is writing there.
    """
    check_count(n, seed)
    clock, spec = clock or Clock(), _asked(spec)
    folder = Path("out") / spec.problem if out is None else Path(out)
    with Meter() as meter, ledger_or_own(ledger) as book:
        with clock("open the problem"):
            watch("open the problem", 0, 1)
            problem = open_problem(spec)
            write_as(problem, form)
        return loop.run(
            problem,
            spec,
            n,
            seed,
            folder,
            ledger=book,
            watch=watch,
            overwrite=overwrite,
            finish=_finish(meter),
            clock=clock,
            elsewhere=Elsewhere(WorkPlace.parse(on), partial(open_problem, spec, problem.given)),
            model=None if model is None else Path(model),
        )


def search(
    spec: Asked,
    plan: SearchPlan | None = None,
    stop: Stop | None = None,
    out: str | Path | None = None,
    *,
    ledger: Ledger | None = None,
    watch: Watch = silent,
    heard: Heard = unheard,
    on: str = LOCAL,
    follow: str | Path | None = None,
    overwrite: bool = False,
    form: str | None = None,
    clock: Clock | None = None,
) -> Run:
    """Propose, verify and learn until it is enough; the best go to `out` with their evidence.

    Without a plan the strategy is that of the problem, without a stop the budget is 1,000 engine
    calls, and without a folder it is `out/PROBLEM-STRATEGY`.

    The same call goes on where a stopped one was, and with more allowed, where it had ended.
    Workers `on` other processes (`"processes:4"`, or Ray) measure at once, and meanwhile more is
    proposed; a script that asks for them needs the guard `if __name__ == "__main__"`. What is
    proposed hangs on the order in which they are done: `follow` is the folder of such a search,
    whose order is kept in one process.

    Raises:
        InputError: if the spec asks for what the problem does not have, or `out` holds another
            search or something else.
        StorageError: if `out` cannot be written, or another run is writing there.
    """
    clock, spec = clock or Clock(), _asked(spec)
    usual = problem_class(spec.problem)
    plan = plan or SearchPlan(usual.searches.strategy, batch=usual.searches.batch)
    folder = Path("out") / f"{spec.problem}-{plan.strategy}" if out is None else Path(out)
    with Meter() as meter, ledger_or_own(ledger) as book:
        with clock("open the problem"):
            watch("open the problem", 0, 1)
            problem = open_problem(spec)
            write_as(problem, form)
        return running.run(
            problem,
            spec,
            plan,
            stop or Stop(),
            folder,
            ledger=book,
            watch=watch,
            heard=heard,
            hands=Hands(
                WorkPlace.parse(on),
                partial(open_problem, spec, problem.given),
                Path(follow) if follow else None,
            ),
            overwrite=overwrite,
            finish=_finish(meter),
            clock=clock,
        )


def open_run(folder: str | Path) -> OpenedRun:
    """A finished run, or the result of a search, as it lies in its folder.

    Raises:
        InputError: if no finished run lies there.
        CorruptError: if a file of it is not what the run wrote.
    """
    return opened(Path(folder), open_problem)


def fit(spec: Asked, *, ledger: Ledger | None = None, watch: Watch = silent) -> fitted.FittedFamily:
    """Fit the generator that a spec chooses, so that proposing finds it in the cache."""
    spec = _asked(spec)
    with ledger_or_own(ledger) as book:
        watch("open the problem", 0, 1)
        problem = open_problem(spec)
        resolved = resolve(spec, problem)
        known = loop.training(problem)
        data = dataset_digest(known)
        model = fitted.fit(problem, known, resolved.generator, watch=watch)
        body = {
            "problem": problem.name,
            "spec": digest(specs.as_table(resolved)),
            "data": data,
            "family": model.name,
            "model": model.digest,
            "cached": model.cached,
            "version": __version__,
        }
        book.append("fit", body)
    return model


def verify(
    what: Spec | str, files: str | Path | Iterable[str | Path], *, ledger: Ledger | None = None
) -> audit.Audit:
    """Measure files and judge them against a spec, or against a problem's own limits.

    Args:
        what: a spec, or the name of a problem.
        files: in any of the problem's formats.
        ledger: where it is noted.
    """
    spec = Spec(problem=what) if isinstance(what, str) else what
    paths = [Path(files)] if isinstance(files, str | Path) else [Path(f) for f in files]
    with ledger_or_own(ledger) as book:
        problem = open_problem(spec)
        found = audit.audit(problem, spec, paths, book)
        body = {
            "problem": found.problem,
            "engines": engines(problem),
            "spec": digest(specs.as_table(spec)),
            "files": {str(p): content_digest(p) for p in paths},
            "verdicts": [d.verdict for d in found.designs],
            "altered": list(found.altered),
            "version": __version__,
        }
        book.append("verify", body)
    return found


def replay(out: str | Path, design: int, *, ledger: Ledger | None = None) -> replaying.Replay:
    """Propose and measure one design of a finished run again; says whether its evidence holds."""
    folder = Path(out)
    spec = replaying.recorded_spec(folder)
    with ledger_or_own(ledger) as book:
        problem = open_problem(spec)
        found = replaying.replay(problem, spec, folder, design, book)
        body = {
            "problem": found.problem,
            "engines": engines(problem),
            "design": design,
            "evidence": file_digest(folder / "evidence.jsonl"),
            "holds": found.holds,
            "broken": [c.part for c in found.checks if not c.holds],
            "version": __version__,
        }
        book.append("replay", body)
    return found


def _asked(spec: Asked) -> Spec:
    return spec if isinstance(spec, Spec) else load_spec(spec)


def _finish(meter: Meter) -> Finish:
    """What is done before a run is whole: its record says what it took, and the report is made."""

    def finish(run: Run, folder: Path) -> None:
        run.record["energy"] = asdict(meter.read())
        report.write(run, folder)

    return finish
