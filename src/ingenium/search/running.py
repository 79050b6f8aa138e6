"""A search in a folder: opened or gone on with, brought to its end, and its best handed over.

The folder holds the search itself (`search.sqlite`, which only grows) and `result`, which is
written anew at the end of each sitting: the best designs as files of the field, measured again
after reading them back, with their evidence, and how the search went.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from ingenium.core import spec as specs
from ingenium.core.asking import resolve
from ingenium.core.designs import DESIGN
from ingenium.core.digest import dataset_digest, digest, file_digest
from ingenium.core.energy import Meter
from ingenium.core.errors import CorruptError, EngineError, InputError, choose
from ingenium.core.evidence import Origin, records, written
from ingenium.core.folders import MARK, identity, locked, staged, write_atomic
from ingenium.core.problem import Problem, Watch, engines, silent
from ingenium.core.provenance import code_digest, machine, versions
from ingenium.core.select import pareto_rank, select
from ingenium.core.spec import Select, Spec
from ingenium.core.verdict import Verdict
from ingenium.core.verify import named
from ingenium.evaluate.limits import Summary, summarise
from ingenium.exporting import export, keep
from ingenium.generators import fitted
from ingenium.loop import training
from ingenium.search import replay, screens
from ingenium.search.conflicts import Unmet, unmet
from ingenium.search.course import Heard, Round, unheard
from ingenium.search.hands import ALONE, Hands
from ingenium.search.plan import Plan
from ingenium.search.screening import Screening
from ingenium.search.search import Search
from ingenium.search.stopping import Stop
from ingenium.search.store import FILE, Store
from ingenium.search.strategies import Made, Task, make, parted
from ingenium.search.tiers import CheapScreen
from ingenium.trust.ledger import Ledger

RESULT, SEARCH = "result", "search"
LEAST = 10  # designs that are handed over where the spec does not say how many, beside the front


@dataclass(frozen=True)
class Found:
    """A search at the end of a sitting: why it ended, how it went, what came of it."""

    problem: Problem
    spec: Spec  # resolved
    plan: Plan
    why: str  # the entry of `Stop` that was reached, or `designs`: the strategy has no more
    rounds: tuple[Round, ...]
    summary: Summary
    unmet: Unmet | None
    designs: xr.Dataset | None  # that were handed over, the best first, numbered by their call
    measured: xr.Dataset | None  # verdicts on them, as their files say
    folder: Path


def run(
    problem: Problem,
    asked: Spec,
    plan: Plan,
    stop: Stop,
    out: Path,
    *,
    ledger: Ledger,
    watch: Watch = silent,
    heard: Heard = unheard,
    hands: Hands = ALONE,
    overwrite: bool = False,
) -> Found:
    """Search until it is enough; a search that was begun in `out` goes on where it was.

    It also goes on where it had ended, if `stop` allows more than it did then; what follows is as
    in one sitting unless a smaller budget had cut a round short, which stays as short as it is.

    Raises:
        InputError: if the spec asks for what the problem does not have, or `out` holds another
            search or something else.
        EngineError: if the engine has no answer to any design.
        StorageError: if `out` cannot be written, or another run is writing there.
    """
    spec = resolve(asked, problem)
    made, screening, data = _made(problem, spec, plan, watch)
    about = _about(problem, spec, plan, data, made)
    with Meter() as meter, _opened(out, about, overwrite) as store:
        on = {"versions": versions(), "machine": machine(), "code": code_digest()}
        began = {"budget": stop.calls, "before": len(store.verified())}
        sitting = store.sit({**on, **began, "processes": hands.processes})
        search = Search(
            problem,
            spec,
            made.strategy,
            store,
            seed=plan.seed,
            batch=plan.batch,
            screening=screening,
        )
        name = {"search": digest(about), "engines": _engines(problem, screening)}
        asked_for = {"asked": specs.as_table(spec), "data_licence": problem.licence}
        at = {"head": store.head(), "sitting": sitting, "calls": search.calls}
        ledger.append(SEARCH, name | about | asked_for | at)
        with hands.begun(problem, about) as workers:
            why = search.run(stop, workers=workers, watch=watch, heard=heard)
        _check_answers(search)
        origin = replay.origin(search, about, plan, stop, out / RESULT / "spec.toml", out)
        found = _handed(search, asked, plan, why, origin, out, watch=watch, meter=meter)
        entry = name | {"head": store.head(), "calls": search.calls, "why": why}
        evidence = file_digest(out / RESULT / "evidence.jsonl")
        wrote = {"evidence": evidence, "wrote": written(out / RESULT)}
        ledger.append("search-end", entry | wrote)
    return found


def _made(
    problem: Problem, spec: Spec, plan: Plan, watch: Watch
) -> tuple[Made, Screening | None, str]:
    """Strategy and screen of a plan, and the digest of the designs that they may learn from."""
    parted(plan.strategy, problem.strategies())  # before anything that takes time
    if plan.screen is not None:
        choose(plan.screen.by, screens.NAMES, "screen")
    fitted.check(problem, spec.generator)
    watch("data", 0, 1)
    problem.prepare(watch)
    known = training(problem)
    price = None if plan.screen is None else plan.screen.price
    task = Task(problem, spec, known, plan.seed, watch, price)
    screening = None if plan.screen is None else screens.make(plan.screen, task)
    return make(plan.strategy, task), screening, dataset_digest(known)


def _engines(problem: Problem, screening: Screening | None) -> list[dict[str, str]]:
    """The engine that judges, and the cheap one where it screens."""
    cheap = [] if screening is None else [screening.screen]
    tiers = [screen.tier for screen in cheap if isinstance(screen, CheapScreen)]
    return [*engines(problem), *map(named, tiers)]


def _check_answers(search: Search) -> None:
    """Refuse a search in which the engine never answered: something is wrong with the model."""
    if not search.history or search.history[-1].failed == search.calls:
        raise EngineError(
            f"{search.problem.verifier.name} gave no answer to any of the {search.calls} designs; "
            "check the model that the spec names with `ingenium doctor`"
        )


def _about(problem: Problem, spec: Spec, plan: Plan, data: str, made: Made) -> dict[str, str]:
    """What makes a search another one."""
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
        "engine": f"{engine.name} {engine.version}",
        "screen": plan.screened,
    }


@contextmanager
def _opened(out: Path, about: Mapping[str, str], overwrite: bool) -> Iterator[Store]:
    """The store of a search in a locked folder, which is made where it is absent."""
    with locked(out):
        for left in out.glob(".part-*"):
            left.unlink()
        mark = identity(out)
        ours = mark is None or mark == SEARCH
        if not ours and not overwrite:
            raise InputError("a folder of a search, or a new one", f"{out}", "Name another.")
        if ours and not overwrite and (out / FILE).is_file():
            with Store(out / FILE) as store:
                _same(store.under(about), out)
                _whole(store)
        elif out.exists():
            _swept(out)
        write_atomic(out / MARK, SEARCH)
        with Store(out / FILE) as store:
            store.under(about)
            yield store


def _same(apart: Mapping[str, tuple[str, str]], out: Path) -> None:
    """Refuse a folder in which another search was begun."""
    if apart:
        words = ", ".join(
            f"{k} {_short(was)} and not {_short(now)}" for k, (was, now) in apart.items()
        )
        raise InputError(
            "the folder of the same search, or a new one",
            f"{out}, which holds a search with {words}",
            "Name another folder, or ask to overwrite it.",
        )


def _whole(store: Store) -> None:
    """Refuse to build on a file that is not what was written."""
    if faults := store.check():
        raise CorruptError(str(store.path), faults[0], "Begin a new search elsewhere.")


def _short(value: str) -> str:
    return (value[:15] if value.startswith("sha256:") else value) or "none"


def _handed(
    search: Search,
    asked: Spec,
    plan: Plan,
    why: str,
    origin: Origin,
    out: Path,
    *,
    watch: Watch,
    meter: Meter,
) -> Found:
    """Write the result of a sitting."""
    problem, spec = search.problem, search.spec
    verdicts = search.verdicts()
    found = Found(
        problem=problem,
        spec=spec,
        plan=plan,
        why=why,
        rounds=tuple(search.history),
        summary=summarise(verdicts, spec.limits, problem.quantities),
        unmet=unmet(verdicts, search.aim),
        designs=None,
        measured=None,
        folder=out,
    )
    kept = _kept(search, verdicts)
    state = digest([search.store.head(), specs.as_table(asked), why])
    before = _energy(out / RESULT)
    with staged(out / RESULT, state, overwrite=True) as part:
        _swept(part)
        write_atomic(part / "spec.toml", specs.dump(asked))
        lines: list[dict[str, Any]] = []
        if len(kept):
            best, lines = _exported(search, kept, plan, origin, part, watch=watch)
            found = replace(found, designs=best[0], measured=best[1])
        write_atomic(part / "evidence.jsonl", "".join(json.dumps(r) + "\n" for r in lines))
        write_atomic(part / "summary.json", json.dumps(asdict(found.summary), indent=2) + "\n")
        told = _told(found, search) | {"energy": [*before, asdict(meter.read())]}
        write_atomic(part / "search.json", json.dumps(told, indent=1) + "\n")
        watch("keep", 0, 1)
    return found


def _swept(part: Path) -> None:
    """Empty a folder of ours up to its mark; a link to it stays, and what links in it name."""
    for left in part.iterdir():
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        elif left.name != MARK:
            left.unlink()


def _kept(search: Search, verdicts: xr.Dataset) -> np.ndarray:
    """Calls of the designs that are handed over, the best first."""
    choice, objectives = search.spec.select, search.spec.objectives
    if choice.count is None:
        held = np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.ACCEPTED)
        losses = search.aim.losses(verdicts)[held]
        front = int((pareto_rank(losses) == 0).sum()) if len(objectives) > 1 and len(held) else 0
        choice = replace(choice, count=max(front, LEAST))

    @cache
    def metric() -> Any:
        return search.problem.metric(search.designs(range(search.calls)))

    return select(verdicts, objectives, choice, metric)


def _exported(
    search: Search, kept: np.ndarray, plan: Plan, origin: Origin, part: Path, *, watch: Watch
) -> tuple[tuple[xr.Dataset, xr.Dataset], list[dict[str, Any]]]:
    """The best designs as files, with what measuring these gave, and their evidence."""
    problem = search.problem
    own = [c.name for c in problem.conditions]
    designs = search.designs(kept.tolist())
    extra = [n for n in designs.coords if n not in {DESIGN, *own, *problem.labels()}]
    designs, measured = designs.drop_vars(extra), search.verdicts(kept.tolist())
    watch("cross-check", 0, 1)
    cross = problem.cross_check(designs, measured, plan.seed)
    spec = replace(search.spec, select=Select(keep=search.spec.select.keep))
    verdicts, selected, exported = export(
        problem,
        spec,
        designs,
        measured,
        part / "designs",
        cross_check=cross,
        watch=watch,
    )
    best = designs.isel({DESIGN: selected}), verdicts.isel({DESIGN: selected})
    lines = list(records(problem, *best, origin, export=exported, cross_check=cross))
    keep(part, problem, search.spec, *best)
    return best, lines


def _told(found: Found, search: Search) -> dict[str, Any]:
    """How the search went, as plain data."""
    return {
        "problem": found.problem.name,
        "plan": asdict(found.plan),
        "why": found.why,
        "head": search.store.head(),
        "unmet": asdict(found.unmet) if found.unmet else None,
        "screened": found.rounds[-1].screened if found.rounds else 0,
        "screen": _audited(search),
        "rounds": [asdict(r) for r in found.rounds],
        "sittings": search.store.sittings(),
    }


def _energy(result: Path) -> list[dict[str, Any]]:
    """What earlier sittings that came to their end took; a killed one told nobody."""
    file = result / "search.json"
    told = json.loads(file.read_text()) if file.is_file() else {}
    return list(told.get("energy", []))


def _audited(search: Search) -> dict[str, Any] | None:
    """Who screened, and what that cost."""
    screening = search.screening
    if screening is None or screening.audit is None:
        return None
    return {"name": screening.screen.name} | screening.audit.told()
