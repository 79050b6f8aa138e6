"""A search in a folder: opened or resumed, run to its end, and its best designs exported.

The folder contains the search itself (`search.sqlite`, which only grows) and `result`, which is
rewritten at the end of each session: the best designs as files of the field, judged by what is read
back from them, with their evidence, and the progress of the search.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from ingenium.core import spec as specs
from ingenium.core.designs import DESIGN
from ingenium.core.digest import dataset_digest, digest
from ingenium.core.errors import CorruptError, InputError, choose
from ingenium.core.evidence import Origin, engines
from ingenium.core.failures import check_answers
from ingenium.core.folders import MARK, identity, locked, staged, write_atomic
from ingenium.core.problem import Problem, Watch, silent
from ingenium.core.provenance import code_digest, machine, package_digest, versions
from ingenium.core.resolving import held, resolve
from ingenium.core.select import pareto_rank
from ingenium.core.spec import Select, Spec
from ingenium.core.verdict import Verdict
from ingenium.core.verify import Verifier, named
from ingenium.generators import fitted
from ingenium.runs.conflicts import unmet
from ingenium.runs.loop import training
from ingenium.runs.outcome import Batch, Clock, Finish, Run, deliver, enter
from ingenium.runs.rounds import Heard, unheard
from ingenium.runs.search_plan import SearchPlan
from ingenium.runs.session import LEAST, SearchSession
from ingenium.runs.store import FILE, Store
from ingenium.searches import replay, screens
from ingenium.searches.screening import Screening
from ingenium.searches.search import Search
from ingenium.searches.stopping import Stop
from ingenium.searches.strategies import StrategyStart, Task, make, parted
from ingenium.searches.tiers import CheapScreen
from ingenium.searches.worker_choice import ALONE, WorkerChoice
from ingenium.trust.ledger import Ledger

RESULT, SEARCH, END = "result", "search", "search-end"


def run(
    problem: Problem,
    requested: Spec,
    plan: SearchPlan,
    stop: Stop,
    out: Path,
    *,
    ledger: Ledger,
    watch: Watch = silent,
    heard: Heard = unheard,
    worker_choice: WorkerChoice = ALONE,
    overwrite: bool = False,
    finish: Finish | None = None,
    clock: Clock | None = None,
) -> Run:
    """Search until `stop` holds; a search that was begun in `out` resumes.

    A finished search continues if `stop` allows more than before; the result is that of one
    session, unless a smaller budget had cut a round short, which stays as it is. `finish` and
    `clock` are as in `loop.run`. The range of a measured condition is a limit here, and is stored
    as one in the spec of the result.

    Raises:
        InputError: if the spec names something that the problem does not have, or `out` contains
            another search or something else.
        EngineError: if the engine has no answer to any design.
        StorageError: if `out` cannot be written, or another run is writing there.
    """
    clock, plain = clock or Clock(), resolve(requested, problem)
    spec = held(plain, problem)
    requested = requested if spec is plain else replace(requested, limits=spec.limits)
    with clock("data and strategy"):
        made, screening, data = _made(problem, spec, plan, watch)
    about = _about(problem, spec, plan, data, made)
    with _opened(out, about, overwrite, ledger) as store:
        on = {"versions": versions(), "machine": machine(), "code": code_digest()}
        began = {"budget": stop.calls, "before": len(store.verified())}
        session = store.sit(
            {**on, **began, "processes": worker_choice.on.count, "on": str(worker_choice.on)}
        )
        search = Search(
            problem,
            spec,
            made.strategy,
            store,
            seed=plan.seed,
            batch=plan.batch,
            screening=screening,
        )
        name = digest(about)
        request = {"requested": specs.as_table(spec), "data_licence": problem.licence}
        who = {"search": name, "engines": [*engines(problem), *map(named, _cheap(screening))]}
        at = {"head": store.head(), "session": session, "calls": search.calls}
        at |= {"first": store.first()}
        ledger.append(SEARCH, who | about | request | at)
        with clock("search"), worker_choice.begun(problem, about) as workers:
            why = search.run(stop, workers=workers, watch=watch, heard=heard)
        _check_answers(search)
        origin = replay.origin(search, about, plan, stop, out / RESULT / "spec.toml", out)
        batch = _batch(search, requested, origin, plan, why)
        return _handed(batch, search, name, out, ledger, clock=clock, watch=watch, finish=finish)


def _made(
    problem: Problem, spec: Spec, plan: SearchPlan, watch: Watch
) -> tuple[StrategyStart, Screening | None, str]:
    """Build strategy and screen of a plan, and the digest of their training designs."""
    parted(plan.strategy, problem.searches.own())  # before anything that takes time
    if plan.screen is not None:
        choose(plan.screen.by, screens.NAMES, "screen")
    fitted.check(problem, spec.generator)
    watch("data", 0, 1)
    problem.prepare(watch)
    known = training(problem)
    cost_ratio = None if plan.screen is None else plan.screen.cost_ratio
    task = Task(problem, spec, known, plan.seed, watch, cost_ratio)
    screening = None if plan.screen is None else screens.make(plan.screen, task)
    return make(plan.strategy, task), screening, dataset_digest(known)


def _cheap(screening: Screening | None) -> list[Verifier]:
    """Engine of a cheap tier that screens."""
    screens = [] if screening is None else [screening.screen]
    return [screen.tier for screen in screens if isinstance(screen, CheapScreen)]


def _check_answers(search: Search) -> None:
    """Refuse a search without any answer of the engine: the model must be wrong."""
    if not search.history or search.history[-1].failed == search.calls:
        check_answers(search.problem, search.designs(range(search.calls)), search.verdicts())


def _about(
    problem: Problem, spec: Spec, plan: SearchPlan, data: str, made: StrategyStart
) -> dict[str, str]:
    """Identity of a search."""
    engine = problem.verifier
    return {
        "problem": problem.name,
        "spec": digest(specs.as_table(spec)),
        "strategy": plan.strategy,
        "seed": str(plan.seed),
        "batch": str(plan.batch),
        "data": data,
        "model": made.model,
        "system": problem.system,
        "package": package_digest(problem),
        "engine": f"{engine.name} {engine.version}",
        "screen": plan.screened,
    }


@contextmanager
def _opened(
    out: Path, about: Mapping[str, str], overwrite: bool, ledger: Ledger
) -> Iterator[Store]:
    """Open the store of a search in a locked folder, or create it."""
    with locked(out):
        for left in out.glob(".part-*"):
            left.unlink()
        mark = identity(out)
        ours = mark is None or mark == SEARCH
        if not ours and not overwrite:
            raise InputError("a folder of a search, or a new one", f"{out}", "Name another.")
        if ours and not overwrite and (out / FILE).is_file():
            with Store(out / FILE) as store:
                check_whole(store, _heads(store, out / RESULT, ledger))
                _same(store.under(about), out)
        elif out.exists():
            _swept(out)
        write_atomic(out / MARK, SEARCH)
        with Store(out / FILE) as store:
            store.under(about)
            yield store


def _same(distance: Mapping[str, tuple[str, str]], out: Path) -> None:
    """Refuse a folder of another search."""
    if distance:
        words = ", ".join(
            f"{k} {_short(was)} and not {_short(now)}" for k, (was, now) in distance.items()
        )
        raise InputError(
            "the folder of the same search, or a new one",
            f"{out}, which holds a search with {words}",
            "Name another folder, or ask to overwrite it.",
        )


def check_whole(store: Store, heads: Mapping[str, str]) -> None:
    """Refuse to resume from a file that was altered, or has lost its end.

    `heads` are the heads recorded elsewhere, by the place of the record.
    """
    faults = store.check()
    faults += [
        f"its end, that {who} names, was cut off"
        for who, head in heads.items()
        if not store.contains(head)
    ]
    if faults:
        raise CorruptError(str(store.path), faults[0], "Begin a new search elsewhere.")


def _heads(store: Store, result: Path, ledger: Ledger) -> dict[str, str]:
    """Heads of the chain in the result of the last session and in the ledger."""
    first = store.first()
    reported = [
        (f"entry {e.sequence} of the ledger", e.table)
        for kind in (SEARCH, END)
        for e in ledger.entries(kind)
    ]
    own = {who: body for who, body in reported if first and body.get("first") == first}
    own |= {f"{result / 'search.json'}": _record(result)}
    return {who: str(body["head"]) for who, body in own.items() if "head" in body}


def _short(value: str) -> str:
    return (value[:15] if value.startswith("sha256:") else value) or "none"


def _batch(search: Search, requested: Spec, origin: Origin, plan: SearchPlan, why: str) -> Batch:
    """All verified designs until the end of a session."""
    problem, verdicts = search.problem, search.verdicts()
    designs = search.designs(range(search.calls))
    known = {DESIGN, *(c.name for c in problem.conditions), *problem.labels()}
    session = SearchSession(plan, why, tuple(search.history), unmet(verdicts, search.aim))
    return Batch(
        problem,
        requested,
        search.spec,
        origin,
        designs.drop_vars([name for name in designs.coords if name not in known]),
        verdicts,
        _choice(search, verdicts),
        _reported(session, search),
        session,
    )


def _handed(
    batch: Batch,
    search: Search,
    name: str,
    out: Path,
    ledger: Ledger,
    *,
    clock: Clock,
    watch: Watch,
    finish: Finish | None,
) -> Run:
    """Write the result of a session."""
    check_whole(search.store, {})
    head, why = search.store.head(), batch.made["why"]
    before = _energy(out / RESULT)

    def finished(run: Run, part: Path) -> None:
        if finish is not None:
            finish(run, part)
        run.record["energy"] = before + [run.record[k] for k in ("energy",) if k in run.record]

    state = digest([head, specs.as_table(batch.requested), why])
    with staged(out / RESULT, state, overwrite=True) as part:
        _swept(part)
        run = deliver(batch, part, out / RESULT, clock=clock, watch=watch, finish=finished)
        watch("store", 0, 1)
        alongside = {"search": name, "strategy": run.record["plan"]["strategy"], "head": head}
        alongside |= {"calls": search.calls, "why": why, "first": search.store.first()}
        enter(ledger, END, run, part, alongside, screens=_cheap(search.screening))
    return run


def _swept(part: Path) -> None:
    """Empty the result folder except its mark; links are removed, and not their targets."""
    for left in part.iterdir():
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        elif left.name != MARK:
            left.unlink()


def _choice(search: Search, verdicts: xr.Dataset) -> Select:
    """Selection of exported designs: without a count in the spec the front, and a least number."""
    choice, objectives = search.spec.select, search.spec.objectives
    if choice.count is not None:
        return choice
    held = np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.ACCEPTED)
    losses = search.aim.losses(verdicts)[held]
    front = int((pareto_rank(losses) == 0).sum()) if len(objectives) > 1 and len(held) else 0
    return replace(choice, count=max(front, LEAST))


def _reported(session: SearchSession, search: Search) -> dict[str, Any]:
    """Progress of the search as plain data."""
    return {
        "plan": asdict(session.plan),
        "why": session.why,
        "head": search.store.head(),
        "unmet": asdict(session.unmet) if session.unmet else None,
        "screened": session.last.screened,
        "screen": _audited(search),
        "rounds": [asdict(r) for r in session.rounds],
        "sessions": search.store.sessions(),
    }


def _energy(result: Path) -> list[dict[str, Any]]:
    """Energy of earlier finished sessions; a killed one has no record."""
    return list(_record(result).get("energy", []))


def _record(result: Path) -> dict[str, Any]:
    """Record of the last finished session; empty before there is one."""
    file = result / "search.json"
    try:
        return dict(json.loads(file.read_bytes())) if file.is_file() else {}
    except (ValueError, TypeError) as error:
        what = f"is not what the search wrote ({error})"
        raise CorruptError(str(file), what, "Remove the folder: it is made again.") from error


def _audited(search: Search) -> dict[str, Any] | None:
    """Name of the screen, and its audit."""
    screening = search.screening
    if screening is None or screening.audit is None:
        return None
    return {"name": screening.screen.name} | screening.audit.reported()
