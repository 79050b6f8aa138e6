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
from ingenium.searches.hands import Hands
from ingenium.searches.stopping import Stop
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
            hands=Hands(
                WorkPlace.parse(on),
                partial(open_problem, spec, problem.given),
                Path(follow) if follow else None,
            ),
            overwrite=overwrite,
            finish=finish(meter),
            clock=clock,
        )
