"""`search`: propose, verify and learn until a budget is spent or enough holds."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingenium.cli.browse import FormatName, ProblemName, SpecFile
from ingenium.cli.ending import guarded
from ingenium.cli.make import give
from ingenium.cli.on import LOCAL, On
from ingenium.cli.output import AsJson, errors
from ingenium.cli.progress import EVERY_S, StageProgress
from ingenium.searches.named import LATENT, listed

if TYPE_CHECKING:
    from ingenium.runs.rounds import Round

Budget = Annotated[int, typer.Option(help="Maximum number of designs to verify.")]
Seconds = Annotated[
    float | None,
    typer.Option(help="Time limit in seconds; rounds shrink to end in time (default: none)."),
]
StrategyName = Annotated[
    str | None,
    typer.Option(
        help="Search strategy, see the list below (default: the problem's own, which is "
        "evolution, or reweighted for molecules and routes)."
    ),
]
Enough = Annotated[
    int | None, typer.Option(help="Stop after this number of accepted designs (default: no stop).")
]
Stagnation = Annotated[
    int | None,
    typer.Option(
        help="Stop after this number of evaluations without improvement (default: no stop)."
    ),
]
Folder = Annotated[Path | None, typer.Option(help="Output folder (default: out/PROBLEM-STRATEGY).")]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace another search in the output folder.")
]
ScreenName = Annotated[
    str | None,
    typer.Option(
        "--screen", help="Surrogate that screens designs before full verification (default: none)."
    ),
]
PassFraction = Annotated[
    float | None,
    typer.Option(help="Largest fraction of designs that the screen passes (default: 0.5)."),
]
AuditShare = Annotated[
    float | None,
    typer.Option(
        help="Fraction of designs measured regardless of the screen, to audit it (default: 0.1)."
    ),
]
Miscoverage = Annotated[
    float | None, typer.Option(help="Miscoverage rate of the screen's bound (default: 0.1).")
]
Cheap = Annotated[
    str, typer.Option(help="Low-fidelity quantities, separated by commas (default: none).")
]
CostRatio = Annotated[
    float | None,
    typer.Option(help="Cost ratio of a low-fidelity to a full evaluation (default: measured)."),
]
Cost = Annotated[
    float | None,
    typer.Option(help="Stop at this total cost, in full evaluations (default: no stop)."),
]
Follow = Annotated[
    Path | None,
    typer.Option(
        help="Folder of a search whose designs are verified in the same order (default: none)."
    ),
]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog=_strategies())(guarded(search))


def _strategies() -> str:
    """The list below the options."""
    head = "Strategies, some with options after a colon and with commas between"
    head += f" ({LATENT}: over the latent numbers of a vae or flow):"
    return "\n\n".join([head, *listed()])


def search(
    problem: ProblemName,
    spec: SpecFile = None,
    budget: Budget = 1000,
    seconds: Seconds = None,
    strategy: StrategyName = None,
    enough: Enough = None,
    stagnation: Stagnation = None,
    batch: Annotated[
        int | None,
        typer.Option(help="Number of designs in a round (default: the problem's own, mostly 64)."),
    ] = None,
    seed: Annotated[
        int, typer.Option(help="Random seed; the same seed reproduces the same search.")
    ] = 0,
    screen: ScreenName = None,
    pass_fraction: PassFraction = None,
    audit: AuditShare = None,
    miscoverage: Miscoverage = None,
    cheap: Cheap = "",
    cost_ratio: CostRatio = None,
    cost: Cost = None,
    on: On = LOCAL,
    follow: Follow = None,
    out: Folder = None,
    overwrite: Overwrite = False,
    form: FormatName = None,
    json: AsJson = False,
) -> None:
    """Search for the best designs that satisfy a spec; a stopped search can be continued."""
    began = time.perf_counter()
    from ingenium.cli.named_spec import requested

    wanted = requested(problem, spec)  # before what takes seconds to import
    from ingenium.cli import screen_options
    from ingenium.domains import problem_class
    from ingenium.runs.outcome import Clock
    from ingenium.runs.search_plan import SearchPlan
    from ingenium.searches.stopping import Stop
    from ingenium.verbs.search import search as search_designs

    usual = problem_class(wanted.problem).searches
    strategy = usual.strategy if strategy is None else strategy
    batch = usual.batch if batch is None else batch
    folder = Path("out") / f"{wanted.problem}-{strategy}" if out is None else out
    options = {
        "pass_fraction": pass_fraction,
        "audit": audit,
        "miscoverage": miscoverage,
        "cost_ratio": cost_ratio,
        "cost": cost,
    }
    screened = screen_options.plan(strategy, screen, options | {"cheap": cheap or None})
    clock, rounds = Clock({"start": time.perf_counter() - began}), RoundProgress()
    with rounds:
        run = search_designs(
            wanted,
            SearchPlan(strategy, seed, batch, screened),
            Stop(budget, seconds, enough, stagnation, cost=cost),
            folder,
            watch=rounds,
            heard=rounds.heard,
            on=on,
            follow=follow,
            overwrite=overwrite,
            form=form,
            clock=clock,
        )
    give(run, json=json)


class RoundProgress(StageProgress):
    """Progress that also says how far the search has come."""

    def __init__(self) -> None:
        super().__init__()
        self._heard = 0.0

    def heard(self, last: "Round") -> None:
        """Show the state after a round."""
        from ingenium.cli.outcome import state

        text = state(last)
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=f"search: {text}")
        elif time.monotonic() - self._heard > EVERY_S:
            errors().print(f"  {last.calls} verified: {text}", highlight=False)
            self._heard = time.monotonic()
