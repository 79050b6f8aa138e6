"""The table with which `propose` ends: what held, what broke, where, how bad, how likely."""

import shlex

from rich.console import Console
from rich.markup import escape

from ingenium.cli.output import table
from ingenium.evaluate.nearest import Nearest
from ingenium.loop import Run
from ingenium.report import words

LONGEST = 5  # stages whose seconds are shown


def show(console: Console, run: Run) -> None:
    """Print the outcome of a run for the one who asked."""
    s = run.summary
    console.print()
    title = escape(run.spec.title or run.problem.summary)
    console.print(f"[bold]{title}[/] ({run.problem.name})")
    interval = f"95 % interval {words.percent(s.acceptance_low)} to "
    interval += words.percent(s.acceptance_high)
    console.print(
        f"[bold]{s.accepted}[/] of {s.proposed} designs held every limit: "
        f"{words.percent(s.acceptance)} ({interval}).",
        highlight=False,
        soft_wrap=True,
    )
    console.print(
        f"{s.rejected} broke a limit; to {s.failed} the engine had no answer.", highlight=False
    )
    if s.close:
        console.print(
            f"{s.close} of the accepted hold a limit by less than the uncertainty of what was "
            "measured; beyond_uncertainty = true in a limit asks for more.",
            highlight=False,
            soft_wrap=True,
        )
    if run.spec.limits:
        console.print()
        _limits(console, run)
    if s.nearest is not None:
        console.print()
        _nearest(console, s.nearest)
    console.print()
    _files(console, run)


def _limits(console: Console, run: Run) -> None:
    closely = ["Held closely"] if any(row.close for row in run.summary.limits) else []
    shown = table(
        "",
        "Limit",
        "Broke it",
        *closely,
        "Share (95 % interval)",
        "Broken most",
        "Worst",
        "Typical",
        "Where and when most often",
    )
    for limit, row in zip(run.spec.limits, run.summary.limits, strict=True):
        span = f"{words.percent(row.low)} to {words.percent(row.high)}"
        shown.add_row(
            words.limit(limit),
            str(row.broken),
            *([str(row.close)] if closely else []),
            f"{words.percent(row.share)} ({span})",
            str(row.first),
            words.number(row.worst, row.unit) if row.broken else "",
            words.number(row.typical, row.unit) if row.broken else "",
            escape(", ".join(row.where)),
        )
    console.print(shown, highlight=False)


def _nearest(console: Console, near: Nearest) -> None:
    """Which limits are in the way, and the nearest ones that were held."""
    way = ", ".join(f"{r.limit} (broken by {r.broken} of {r.verified})" for r in near.in_the_way)
    console.print("[bold]No design held every limit.[/] In the way:", highlight=False, end=" ")
    console.print(way + ".", highlight=False, markup=False, soft_wrap=True)
    console.print()
    shown = table("", "Limit", "Nearest that a design held", "Nearest that one held together")
    for r in near.reaches:
        shown.add_row(escape(r.limit), words.limit(r.alone), words.limit(r.together))
    console.print(shown, highlight=False)
    console.print()
    console.print(
        f"Design {near.design} holds all limits of the last column. Write those, or other "
        "conditions.",
        highlight=False,
        soft_wrap=True,
    )


def _files(console: Console, run: Run) -> None:
    folder = shlex.quote(str(run.folder))
    kept = len(run.selected)
    why = "" if kept == run.summary.accepted else ", as [select] asks,"
    lines = [f"{kept} kept{why} in {folder}/designs, the report in {folder}/report.html"]
    if kept:
        first = int(run.designs["design"][run.selected[0]])
        lines.append(f"Replay: ingenium replay {folder} --design {first}")
    seconds: dict[str, float] = run.record["seconds"]
    longest = sorted(seconds, key=lambda stage: -seconds[stage])[:LONGEST]
    parts = ", ".join(f"{stage} {seconds[stage]:.1f}" for stage in seconds if stage in longest)
    memory = run.record["peak_memory_mb"]
    lines.append(f"{sum(seconds.values()):.1f} s ({parts}), at most {memory:.0f} MB of memory")
    if "energy" in run.record:
        lines.append(words.energy(run.record["energy"]))
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
