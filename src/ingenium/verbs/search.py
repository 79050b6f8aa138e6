"""Search for the best designs under a budget: propose, verify, and learn from the verdicts."""

from functools import partial
from pathlib import Path

from ingenium.core.energy import Meter
from ingenium.core.problem import Watch, silent, write_as
from ingenium.domains import open_problem, problem_class
from ingenium.runs.outcome import Clock, Run
from ingenium.runs.rounds import Heard, unheard
from ingenium.runs.search_plan import SearchPlan
from ingenium.scale.place import LOCAL, WorkPlace
from ingenium.searches import running
from ingenium.searches.stopping import Stop
from ingenium.searches.worker_choice import WorkerChoice
from ingenium.trust.ledger import Ledger, ledger_or_own
from ingenium.verbs.propose import SpecLike, as_spec, finish


def search(
    spec: SpecLike,
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
    """Propose, verify and learn until a stop; save the best designs in `out` with their evidence.

    Defaults: the problem's own strategy, a budget of 1,000 engine calls, and the folder
    `out/PROBLEM-STRATEGY`.

    The same call resumes a stopped search, and continues a finished one if given a larger budget.
    Workers `on` other processes (`"processes:4"`, or Ray) measure in parallel while more is
    proposed; a script that uses them needs the guard `if __name__ == "__main__"`. Proposals then
    depend on the order in which measurements end: `follow` is the folder of such a search, whose
    order one process repeats.

    Raises:
        InputError: if the spec asks for something that the problem lacks, or `out` holds another
            search or something else.
        StorageError: if `out` cannot be written, or another run is writing there.

    Examples:
        >>> import ingenium
        >>> best = ingenium.search(
        ...     {
        ...         "problem": "structures.roof",
        ...         "objectives": [{"quantity": "mass", "sense": "minimise"}],
        ...     },
        ...     ingenium.SearchPlan("random", batch=16),
        ...     ingenium.Stop(calls=32),
        ...     out="light",
        ... )
        >>> best.summary.proposed
        32
    """
    clock, spec = clock or Clock(), as_spec(spec)
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
            worker_choice=WorkerChoice(
                WorkPlace.parse(on),
                partial(open_problem, spec, problem.given),
                Path(follow) if follow else None,
            ),
            overwrite=overwrite,
            finish=finish(meter),
            clock=clock,
        )
