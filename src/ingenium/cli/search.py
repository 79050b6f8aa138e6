"""`search`: propose, verify and learn until a budget is spent or enough holds."""

import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from ingenium.cli.browse import ProblemName, SpecFile
from ingenium.cli.ending import UNMET, guarded
from ingenium.cli.output import AsJson, errors, print_json, results, table
from ingenium.cli.progress import EVERY_S, Stages
from ingenium.search.named import LATENT, listed

if TYPE_CHECKING:
    import xarray as xr

    from ingenium.search.conflicts import Unmet
    from ingenium.search.course import Round
    from ingenium.search.running import Found
    from ingenium.search.screening import Audit

SHOWN = 10  # designs
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
Processes = Annotated[int, typer.Option(help="That measure at once, while more is proposed.")]
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
WHY = {
    "calls": "the budget of engine calls is spent",
    "seconds": "the seconds are spent",
    "accepted": "enough designs hold every limit",
    "stagnation": "nothing became better for as many calls as were allowed",
    "idle": "nothing new was proposed any more",
    "cost": "the cost is spent",
    "designs": "the strategy has no more designs",
}


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
    batch: Annotated[int, typer.Option(help="Designs of a round.")] = 64,
    seed: Annotated[int, typer.Option(help="The same seed gives the same search.")] = 0,
    screen: ScreenName = None,
    keep: Keep = None,
    audit: AuditShare = None,
    doubt: Doubt = None,
    cheap: Cheap = "",
    price: Price = None,
    cost: Cost = None,
    processes: Processes = 1,
    follow: Follow = None,
    out: Folder = None,
    overwrite: Overwrite = False,
    json: AsJson = False,
) -> None:
    """Search for designs that hold a spec and are best; a stopped search goes on where it was."""
    from ingenium.cli.asking import asked

    wanted = asked(problem, spec)  # before what takes seconds to import
    from ingenium import api
    from ingenium.cli import screen_options
    from ingenium.domains import problem_class
    from ingenium.search.plan import Plan
    from ingenium.search.stopping import Stop

    strategy = problem_class(problem).default_strategy if strategy is None else strategy
    folder = Path("out") / f"{problem}-{strategy}" if out is None else out
    options = {"keep": keep, "audit": audit, "doubt": doubt, "price": price, "cost": cost}
    screened = screen_options.plan(strategy, screen, options | {"cheap": cheap or None})
    rounds = Rounds()
    with rounds:
        found = api.search(
            wanted,
            Plan(strategy, seed, batch, screened),
            Stop(budget, seconds, enough, stagnation, cost=cost),
            folder,
            watch=rounds,
            heard=rounds.heard,
            processes=processes,
            follow=follow,
            overwrite=overwrite,
        )
    if json:
        print_json(_described(found))
    else:
        _show(results(), found)
    if not found.summary.accepted:
        errors().print("No design held every limit.", style="bold")
        raise typer.Exit(UNMET)


class Rounds(Stages):
    """Progress that also says how far the search has come."""

    def __init__(self) -> None:
        super().__init__()
        self._heard = 0.0

    def heard(self, last: "Round") -> None:
        """Show the state after a round."""
        text = _state(last)
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=f"search: {text}")
        elif time.monotonic() - self._heard > EVERY_S:
            errors().print(f"  {last.calls} verified: {text}", highlight=False)
            self._heard = time.monotonic()


def _state(last: "Round") -> str:
    """A round in words."""
    parts = [f"{100 * last.acceptance:.3g} % accepted"]
    if last.best is not None:
        parts.append(f"best {last.best:.6g}")
    elif last.violation:
        parts.append(f"least violation {last.violation:.3g}")
    if last.front > 1:  # of several objectives
        parts += [f"front of {last.front}", f"hypervolume {last.hypervolume:.4g}"]
    if last.audit is not None:
        parts.append(f"{last.screened} screened out, {_lost(last.audit)}")
    if last.cost is not None:
        parts.append(f"{last.cheap_calls} by the cheap tier, cost {last.cost:.5g}")
    parts += [f"{name} {value:.4g}" for name, value in last.own.items()]
    return ", ".join(parts)


def _lost(audit: "Audit") -> str:
    """The false-reject rate in words."""
    if audit.rate is None:
        return "false rejects unknown"
    low, high = audit.interval
    return f"false rejects {100 * audit.rate:.3g} % ({100 * low:.3g} to {100 * high:.3g} %)"


def _show(console: Console, found: "Found") -> None:
    """Print the outcome for the one who asked."""
    from ingenium.report.search_page import kept

    s, last = found.summary, found.rounds[-1]
    console.print()
    title = escape(found.spec.title or found.problem.summary)
    console.print(f"[bold]{title}[/] ({found.problem.name}, {found.plan.strategy})")
    console.print(f"It ended since {WHY[found.why]}.", highlight=False)
    console.print(
        f"[bold]{s.accepted}[/] of {s.proposed} verified designs held every limit; "
        f"{s.rejected} broke one, to {s.failed} the engine had no answer.",
        highlight=False,
    )
    console.print(f"{_state(last)[:1].upper()}{_state(last)[1:]}.", highlight=False)
    if last.audit is not None:
        _screened(console, last, last.audit)
    if found.measured is not None and found.measured.sizes["design"]:
        console.print()
        _best(console, found, found.measured)
    if found.unmet is not None:
        console.print()
        _unmet(console, found, found.unmet)
    console.print()
    console.print(f"Kept: {kept(found)}.", highlight=False, markup=False, soft_wrap=True)
    folder = shlex.quote(str(found.folder))
    console.print(f"{_count(found)} kept in {folder}/result, {last.seconds:.1f} s", highlight=False)


def _screened(console: Console, last: "Round", audit: "Audit") -> None:
    """Who was kept from the engine, and what the random share says of that."""
    console.print(
        f"{last.screened} designs were screened out: nothing is known of them.", highlight=False
    )
    low, high = audit.wrong_interval
    console.print(
        f"{audit.audited} were measured whatever the screen said, and {audit.held} of these held "
        f"every limit. It would have kept out {audit.lost} of them, {audit.wrong} as hopeless "
        f"(share of these: 95 % interval {100 * low:.3g} to {100 * high:.3g} %).",
        highlight=False,
        soft_wrap=True,
    )


def _count(found: "Found") -> int:
    return 0 if found.designs is None else found.designs.sizes["design"]


def _best(console: Console, found: "Found", measured: "xr.Dataset") -> None:
    """The first of the designs that were handed over, with what was asked of them."""
    asked = [o.quantity for o in found.spec.objectives] + [x.quantity for x in found.spec.limits]
    names = list(dict.fromkeys(asked))
    shown = table("", "Call", *names)
    for i, call in enumerate(measured["design"].to_numpy().tolist()[:SHOWN]):
        values = [f"{float(measured[n].to_numpy()[i]):.5g}" for n in names]
        shown.add_row(str(call), *values)
    console.print(shown, highlight=False)


def _unmet(console: Console, found: "Found", unmet: "Unmet") -> None:
    """Which limits no design held together, and the nearest designs."""
    console.print("[bold]No design held these limits together:[/]", highlight=False)
    for conflict in unmet.conflicts:
        console.print(f"  {' and '.join(conflict.limits)}", highlight=False, markup=False)
    names = [limit.quantity for limit in found.spec.limits]
    shown = table("The nearest", "Call", *dict.fromkeys(names), "Breaks")
    for one in unmet.front:
        values = [f"{one.values[n]:.5g}" for n in dict.fromkeys(names)]
        shown.add_row(str(one.design), *values, escape("; ".join(one.broken)))
    console.print()
    console.print(shown, highlight=False)


def _described(found: "Found") -> dict[str, Any]:
    """The outcome for machines."""
    audit = found.rounds[-1].audit
    return {
        "problem": found.problem.name,
        "strategy": found.plan.strategy,
        "folder": str(found.folder),
        "why": found.why,
        "summary": found.summary,
        "unmet": found.unmet,
        "last": found.rounds[-1],
        "screen": None if audit is None else audit.told(),
        "kept": [] if found.designs is None else found.designs["design"].to_numpy().tolist(),
    }
