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

Budget = Annotated[int, typer.Option(help="Designs that may be verified.")]
Seconds = Annotated[
    float | None,
    typer.Option(
        help="Time that it may take; rounds are only as large as their pace so far allows."
    ),
]
StrategyName = Annotated[
    str | None,
    typer.Option(
        help="How designs are chosen; see the list below. That of the problem if none: evolution, "
        "or reweighted for molecules and routes, which are texts."
    ),
]
Enough = Annotated[int | None, typer.Option(help="Stop when so many designs hold every limit.")]
Stagnation = Annotated[int | None, typer.Option(help="Stop when so many calls made none better.")]
Folder = Annotated[Path | None, typer.Option(help="Folder; out/PROBLEM-STRATEGY if none.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace another search.")]
ScreenName = Annotated[
    str | None, typer.Option("--screen", help="What keeps designs from the engine.")
]
Keep = Annotated[
    float | None, typer.Option(help="Share that a screen lets pass, at most; 0.5 if none.")
]
AuditShare = Annotated[
    float | None, typer.Option(help="Share that is measured whatever it says; 0.1 if none.")
]
Doubt = Annotated[
    float | None, typer.Option(help="How often a held limit lies beyond its bound; 0.1 if none.")
]
Cheap = Annotated[str, typer.Option(help="Quantities that are cheap, with commas between.")]
Price = Annotated[float | None, typer.Option(help="Of a cheap measurement over an exact one.")]
Cost = Annotated[float | None, typer.Option(help="Stop at it: calls, cheap ones at their price.")]
Follow = Annotated[Path | None, typer.Option(help="Measure in the order of the search there.")]


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
    batch: Annotated[int | None, typer.Option(help="Designs of a round; 64 for most.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same search.")] = 0,
    screen: ScreenName = None,
    keep: Keep = None,
    audit: AuditShare = None,
    doubt: Doubt = None,
    cheap: Cheap = "",
    price: Price = None,
    cost: Cost = None,
    on: On = LOCAL,
    follow: Follow = None,
    out: Folder = None,
    overwrite: Overwrite = False,
    form: FormatName = None,
    json: AsJson = False,
) -> None:
    """Search for designs that hold a spec and are best; a stopped search goes on where it was."""
    began = time.perf_counter()
    from ingenium.cli.asking import asked

    wanted = asked(problem, spec)  # before what takes seconds to import
    from ingenium.cli import screen_options
    from ingenium.domains import problem_class
    from ingenium.runs.outcome import Clock
    from ingenium.runs.search_plan import SearchPlan
    from ingenium.searches.stopping import Stop
    from ingenium.verbs.search import search as search_designs

    strategy = problem_class(problem).searches.strategy if strategy is None else strategy
    batch = problem_class(problem).searches.batch if batch is None else batch
    folder = Path("out") / f"{problem}-{strategy}" if out is None else out
    options = {"keep": keep, "audit": audit, "doubt": doubt, "price": price, "cost": cost}
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
