"""The table with which `propose` and `search` end: what met the limits, where, how likely."""

import shlex

from rich.console import Console
from rich.markup import escape

from ingenium.cli.output import table
from ingenium.core.resolving import removed
from ingenium.evaluate.nearest import Nearest
from ingenium.report import words
from ingenium.runs.conflicts import Unmet
from ingenium.runs.display import shown
from ingenium.runs.edges import edges
from ingenium.runs.outcome import Run
from ingenium.runs.rounds import Round, ScreenAudit
from ingenium.runs.session import SearchSession

LONGEST = 5  # stages whose seconds are shown
BEST = 10  # designs of a search that are shown


def show(console: Console, run: Run) -> None:
    """Print the outcome of a run for the one who asked, in the units that the spec wrote."""
    run = shown(run)
    s, session = run.summary, run.session
    console.print()
    _counts(console, run)
    if session is not None:
        _progress(console, session)
    if run.spec.limits:
        console.print()
        _limits(console, run)
    if session is not None and len(run.selected):
        console.print()
        _best(console, run)
    if session is not None and session.unmet is not None:
        console.print()
        _unmet(console, run, session.unmet)
    elif s.nearest is not None:
        console.print()
        _nearest(console, s.nearest)
    console.print()
    _files(console, run)


def _counts(console: Console, run: Run) -> None:
    """Print how many designs satisfy every limit, with remarks on them."""
    s, session = run.summary, run.session
    title = escape(run.spec.title or run.problem.summary)
    by = "" if session is None else f", {session.plan.strategy}"
    console.print(f"[bold]{title}[/] ({run.problem.name}{by})")
    interval = f"95 % interval {words.percent(s.acceptance_low)} to "
    interval += words.percent(s.acceptance_high)
    console.print(
        f"[bold]{s.accepted}[/] of {s.proposed} {'verified ' if session else ''}designs "
        f"meet every limit: "
        f"{words.percent(s.acceptance)} ({interval}).",
        highlight=False,
        soft_wrap=True,
    )
    if different := words.distinct(s):
        console.print(different, highlight=False, soft_wrap=True)
    console.print(f"{s.rejected} violate a limit; {words.unanswered(s)}.", highlight=False)
    for reason in words.reasons(s):
        console.print(f"  {reason}", highlight=False, markup=False, soft_wrap=True)
    for sentence in removed(run.spec, run.problem):
        console.print(sentence, highlight=False, markup=False, soft_wrap=True)
    if alike := words.alike(run.record):
        console.print(alike, highlight=False, soft_wrap=True)
    if s.close:
        near = ", ".join(f"{x.quantity} {x.close}" for x in s.limits if x.close)
        console.print(
            f"{s.close} of the accepted meet a limit by less than the uncertainty of what was "
            f"measured ({near}); beyond_uncertainty = true in a limit asks for more.",
            highlight=False,
            soft_wrap=True,
        )


def state(last: Round) -> str:
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


def _lost(audit: ScreenAudit) -> str:
    """The false-reject rate in words."""
    if audit.rate is None:
        return "false rejects unknown"
    low, high = audit.interval
    return f"false rejects {100 * audit.rate:.3g} % ({100 * low:.3g} to {100 * high:.3g} %)"


def _progress(console: Console, session: SearchSession) -> None:
    """Describe why a search ended, its progress, and the designs that a screen excluded."""
    last, reported = session.last, state(session.last)
    console.print(f"Stopped: {session.reason}.", highlight=False)
    console.print(f"{reported[:1].upper()}{reported[1:]}.", highlight=False, soft_wrap=True)
    audit = last.audit
    if audit is None:
        return
    console.print(
        f"{last.screened} designs were screened out and have no verdict.", highlight=False
    )
    low, high = audit.wrong_interval
    console.print(
        f"{audit.audited} screened-out or passed designs were measured as an audit; "
        f"{audit.satisfied} of these meet "
        f"every limit. The screen would have rejected {audit.lost} of them, {audit.wrong} as "
        f"hopeless "
        f"(share of these: 95 % interval {100 * low:.3g} to {100 * high:.3g} %).",
        highlight=False,
        soft_wrap=True,
    )


def _best(console: Console, run: Run) -> None:
    """The first of the designs that were handed over, with what was asked of them."""
    requested = [o.quantity for o in run.spec.objectives] + [x.quantity for x in run.spec.limits]
    names = list(dict.fromkeys(requested))
    shown = table("", "Design", *names)
    for i in run.selected[:BEST].tolist():
        values = [f"{float(run.verdicts[n].to_numpy()[i]):.5g}" for n in names]
        shown.add_row(str(int(run.designs["design"][i])), *values)
    console.print(shown, highlight=False)


def _unmet(console: Console, run: Run, unmet: Unmet) -> None:
    """Print limits that no design satisfies together, and the nearest designs."""
    console.print("[bold]No design meets these limits together:[/]", highlight=False)
    for conflict in unmet.conflicts:
        console.print(f"  {' and '.join(conflict.limits)}", highlight=False, markup=False)
    names = list(dict.fromkeys(limit.quantity for limit in run.spec.limits))
    shown = table("Nearest designs", "Design", *names, "Violates")
    for one in unmet.front:
        values = [f"{one.values[n]:.5g}" for n in names]
        shown.add_row(str(one.design), *values, escape("; ".join(one.broken)))
    console.print()
    console.print(shown, highlight=False)


def _limits(console: Console, run: Run) -> None:
    shown = table(
        "",
        "Limit",
        "Violated by",
        "Share (95 % interval)",
        "Violated most",
        "Worst",
        "Typical",
        "Where and when most often",
    )
    for limit, row in zip(run.spec.limits, run.summary.limits, strict=True):
        span = f"{words.percent(row.low)} to {words.percent(row.high)}"
        shown.add_row(
            words.limit(limit),
            str(row.broken),
            f"{words.percent(row.share)} ({span})",
            str(row.first),
            words.number(row.worst, row.unit) if row.broken else "",
            words.number(row.typical, row.unit) if row.broken else "",
            escape(", ".join(row.where)),
        )
    console.print(shown, highlight=False)


def _nearest(console: Console, near: Nearest) -> None:
    """Print the limits that no design satisfies, and the nearest ones that some do."""
    way = ", ".join(f"{r.limit} (violated by {r.broken} of {r.verified})" for r in near.in_the_way)
    console.print("[bold]No design meets every limit.[/] In the way:", highlight=False, end=" ")
    console.print(way + ".", highlight=False, markup=False, soft_wrap=True)
    console.print()
    shown = table("", "Limit", "Nearest bound met alone", "Bounds that one design meets jointly")
    for r in near.reaches:
        shown.add_row(escape(r.limit), words.limit(r.alone), words.limit(r.together))
    console.print(shown, highlight=False)
    console.print()
    console.print(
        f"Design {near.design} meets all limits of the last column. Request those, or other "
        "conditions.",
        highlight=False,
        soft_wrap=True,
    )


def _files(console: Console, run: Run) -> None:
    folder = shlex.quote(str(run.folder))
    stored = len(run.selected)
    searched = run.session is not None
    all_distinct = stored == run.summary.distinct
    why = "" if searched or all_distinct else " as [select] specifies"
    lines = list(edges(run))
    lines += [f"Exported: {words.exported(run)}."] if searched else []
    lines.append(f"{stored} exported{why} to {folder}/designs, report in {folder}/report.html")
    if stored and not searched:
        first = int(run.designs["design"][run.selected[0]])
        lines.append(f"Replay: ingenium replay {folder} --design {first}")
    seconds: dict[str, float] = run.record["seconds"]
    longest = sorted(seconds, key=lambda stage: -seconds[stage])[:LONGEST]
    parts = ", ".join(f"{stage} {seconds[stage]:.1f}" for stage in seconds if stage in longest)
    memory = run.record["peak_memory_mb"]
    lines.append(f"{sum(seconds.values()):.1f} s ({parts}), at most {memory:.0f} MB of memory")
    took = run.record.get("energy")
    if took:
        lines.append(words.energy(took[-1] if searched else took))
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
