"""Propose designs that satisfy a spec, verify all of them, and export what is accepted."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from ingenium import report
from ingenium.core.counts import check_count
from ingenium.core.energy import Meter
from ingenium.core.problem import Watch, silent, write_as
from ingenium.core.spec import Spec, load
from ingenium.domains import open_problem, problem_class
from ingenium.runs import loop
from ingenium.runs.loop import Elsewhere
from ingenium.runs.outcome import Clock, Finish, Run
from ingenium.scale.place import LOCAL, WorkPlace
from ingenium.trust.ledger import Ledger, ledger_or_own

SpecLike = Spec | str | Path | Mapping[str, Any]  # a spec, its file, its entries, or a problem
_PROBLEM = re.compile(r"(?!.*\.toml$)[a-z_][a-z_0-9]*\.[a-z_][a-z_0-9]*")


def propose(
    spec: SpecLike,
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
    """Propose `n` designs, verify them all, and save accepted ones with their evidence in `out`.

    The default folder is `out/PROBLEM`. Workers `on` other processes give the same bits; a script
    that uses them needs the guard `if __name__ == "__main__"`. `model` is the folder of a fit over
    workers, whose weights propose. `form` names the format of the files, the problem's first if
    none. `clock` may hold the seconds spent before the call, such as on imports.

    Raises:
        InputError: if the spec asks for something that the problem lacks, or `n` is below 1.
        EngineError: if the engine fails on all designs.
        StorageError: if `out` cannot be written, or another run is writing there.

    Examples:
        >>> import ingenium
        >>> spec = {
        ...     "problem": "structures.roof",
        ...     "limits": [{"quantity": "mass", "at_most": 2500.0, "unit": "kg"}],
        ... }
        >>> run = ingenium.propose(spec, n=8, seed=1, out="roof")
        >>> run.summary.proposed
        8
        >>> run.summary.accepted == int((run.verdicts["verdict"] == "accepted").sum())
        True
    """
    check_count(n, seed)
    clock, spec = clock or Clock(), as_spec(spec)
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
            finish=finish(meter),
            clock=clock,
            elsewhere=Elsewhere(WorkPlace.parse(on), partial(open_problem, spec, problem.given)),
            model=None if model is None else Path(model),
        )


def as_spec(spec: SpecLike) -> Spec:
    """Return a spec as it is, or load it from its file or its entries.

    The name of a problem, where no file has it, is that problem with its own limits.

    Examples:
        >>> as_spec("structures.roof").problem
        'structures.roof'
    """
    if isinstance(spec, str) and _PROBLEM.fullmatch(spec) and not Path(spec).exists():
        problem_class(spec)
        return Spec(spec)
    return spec if isinstance(spec, Spec) else load(spec)


def finish(meter: Meter) -> Finish:
    """Return the last step of a run: it records the resources used, and writes the report."""

    def finish(run: Run, folder: Path) -> None:
        run.record["energy"] = asdict(meter.read())
        report.write(run, folder)

    return finish
