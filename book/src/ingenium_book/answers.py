"""Rows of the evidence book on the screen, and as JSON."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ingenium.cli.output import print_json, results, table
from ingenium.evaluate.measured import Interval, Value
from ingenium_book.check import CheckOutcome
from ingenium_book.claims import Claim, ValueSource
from ingenium_book.entries import RowEntry
from ingenium_book.study import Result, Study
from ingenium_book.verdicts import (
    BUILT_RULE,
    RULE,
    AgreedItem,
    BookVerdict,
    Built,
    ClaimPart,
    Kind,
    Outcome,
    RowVerdict,
)

COLOURS = {
    Built.WORKS: "green",
    Built.GAPS: "green",
    Built.PART: "yellow",
    Built.NOT: "red",
    RowVerdict.CONFIRMED: "green",
    RowVerdict.AS_BY: "blue",
    RowVerdict.CONSISTENT: "yellow",
    RowVerdict.REFUTED: "red",
    Outcome.HOLDS: "green",
    Outcome.AGAINST: "red",
}
ASKS = {
    Kind.SYSTEM: "does the system exist?",
    Kind.NUMBER: "is the number true?",
    Kind.NOTHING: "nothing that can be tested here",
}


def print_rows(shown: Sequence[RowEntry], of: int) -> None:
    """Print rows with an outcome first, then those with a check or study, then the rest."""
    order = sorted(shown, key=lambda e: (not e.answered, not e.requested))
    columns = ("Row", "Kind", "Claim", "Status", "Measured on", "Measured", "Interval", "Run")
    rows = table("", *columns)
    for entry in order:
        claim, value = entry.claim, entry.value
        unit = claim.main.unit if claim.main else "1"
        rows.add_row(
            claim.row,
            str(claim.kind),
            claim.title,
            told(entry.decided),
            claim.measured_on,
            number(value.value, unit) if value else "",
            ends(value, unit) if value else "",
            entry.run or ("to run" if entry.requested else ""),
        )
    results().print(rows, highlight=False)
    if len(order) < of:
        more = f"{of - len(order)} rows have neither yet; --all, --chapter, --domain or --status"
        results().print(f"\n{more} shows them.", highlight=False)


def counted(found: dict[str, int]) -> str:
    """Format counts in words, without zeros."""
    first = f"{found['rows']} rows: {found['systems']} systems, {found['numbers']} numbers; "
    rest = {k: v for k, v in found.items() if k not in ("rows", "systems", "numbers") and v}
    return first + ", ".join(f"{v} {k}" for k, v in rest.items())


def tell(entry: RowEntry, json: bool) -> None:
    """Print all that is known of a row."""
    if json:
        print_json(everything(entry))
        return
    console, claim = results(), entry.claim
    title = f"{entry.chapter.chapter} {entry.chapter.title}"
    console.print(f"[bold]{claim.row} {claim.title}[/] ({title})\n", highlight=False)
    for name, text in _texts(entry).items():
        console.print(f"[bold]{name}[/]: {text}", highlight=False, soft_wrap=True)
    console.print(f"\n[bold]Status[/]: {told(entry.decided)}", highlight=False)
    if claim.check:
        _print_check(entry, entry.outcome)
    if claim.study:
        _print_parts(entry)
        _print_run(entry, entry.result)
    if not entry.requested and claim.kind is not Kind.NOTHING:
        console.print("No check and no study yet.", highlight=False)


def _texts(entry: RowEntry) -> dict[str, str]:
    """Texts on a row before its outcomes, without empty ones."""
    claim = entry.claim
    by = (
        "as the chapter prints it"
        if claim.stated is ValueSource.CHAPTER
        else "a check set for the row"
    )
    lack = f"{claim.beyond.kind}: {claim.beyond.why}" if claim.beyond else ""
    texts = {
        "Question": ASKS[claim.kind],
        "Claim": claim.claim,
        "Claimed": f"{claim.claimed} ({by})",
        "Agreed": "; ".join(map(_answered, claim.acceptance)),
        "Caution": claim.caution,
        "Caution on the chapter": entry.chapter.caution,
        "Note": claim.note,
        "Not here": lack,
        "Not tested": "; ".join(claim.not_tested),
        "Rivals": "; ".join(r.name for r in claim.rivals) or claim.no_rival,
        "Main claim": "; ".join(claim.changed),
        "Domain": claim.domain,
        "Check": claim.check and f"{claim.check}. {BUILT_RULE}",
        "Study": claim.study and f"{claim.study}. {Study(claim).protocol}",
        "Measured on": claim.study and f"{claim.measured_on} ({claim.scope})",
        "Rule": claim.study and RULE,
    }
    return {k: v for k, v in texts.items() if v}


def _answered(item: AgreedItem) -> str:
    """An item that was agreed, and whether anything answers it."""
    return f"{item.item} (untested)" if item.untested else item.item


def _print_check(entry: RowEntry, outcome: CheckOutcome | None) -> None:
    claim, console = entry.claim, results()
    if outcome is None:
        console.print(f"Not checked yet: ingenium study check {claim.row}", highlight=False)
        return
    for command in outcome.commands:
        console.print(f"  $ {command}", highlight=False, soft_wrap=True)
    for finding in outcome.findings:
        missing = "[yellow]gap[/]" if finding.gap else "[red]no[/]"
        console.print(f"  {'[green]yes[/]' if finding.holds else missing} {finding.text}")
    console.print(
        f"Checked {outcome.time} in {outcome.seconds:.0f} s, {entry.last_run}. Mutant that it was "
        f"tried against: {claim.mutant or 'none'}.",
        highlight=False,
    )


def _print_parts(entry: RowEntry) -> None:
    claim, result = entry.claim, entry.result
    shown = table("", "Claim", "Bound", "Measured", "Interval", "Outcome")
    for part in claim.parts:
        found = entry.interval(part)
        shown.add_row(
            f"[bold]{part.text}[/]" if part is claim.main else part.text,
            part.bound,
            number(found.value, part.unit) if found else "",
            ends(found, part.unit) if found else "",
            coloured(str(part.judge(found))) if found else "",
        )
    results().print()
    results().print(shown, highlight=False)
    alongside = _alongside(claim, result)
    if alongside:
        reported = table("", "Also measured", "Value", "95 % interval")
        for name, value in alongside.items():
            reported.add_row(name, number(value.interval.value), ends(value.interval))
        results().print()
        results().print(reported, highlight=False)


def _print_run(entry: RowEntry, result: Result | None) -> None:
    console = results()
    if result is None:
        console.print(f"\nNo result yet: ingenium study run {entry.claim.row}", highlight=False)
        return
    seeds = f"{len(result.seeds)} seed{'s' if len(result.seeds) > 1 else ''}"
    spent = f"{result.seconds:.0f} s"
    if result.cpu_seconds is not None:
        spent += f", {result.cpu_seconds:.0f} s of CPU time"
    console.print(
        f"\n[bold]Verdict[/]: {told(entry.verdict)} ({entry.run}, {seeds}, {spent}, "
        f"{result.time}, {entry.last_run})",
        highlight=False,
    )
    console.print(f"By seed: {entry.by_seed}", highlight=False, soft_wrap=True)
    for note in result.notes:
        console.print(f"[bold]Note[/]: {note}", highlight=False, soft_wrap=True)
    console.print(f"Repeat: {result.command}", highlight=False, soft_wrap=True)


def _alongside(claim: Claim, result: Result | None) -> dict[str, Value]:
    own = {part.name for part in claim.parts}
    return {k: v for k, v in result.values.items() if k not in own} if result else {}


def summary(entry: RowEntry) -> dict[str, Any]:
    """Entries of a row in a list."""
    claim = entry.claim
    return {
        "row": claim.row,
        "class": claim.kind,
        "chapter": entry.chapter.chapter,
        "domain": claim.domain,
        "title": claim.title,
        "claim": claim.claim,
        "claimed": claim.claimed,
        "stated": claim.stated,
        "acceptance": [asdict(item) for item in claim.acceptance],
        "caution": claim.caution,
        "beyond": claim.beyond,
        "check": str(claim.check),
        "study": claim.study,
        "measured_on": claim.measured_on,
        "scope": claim.scope,
        "untested": claim.not_tested,
        "changed": claim.changed,
        "mutant": claim.mutant,
        "status": entry.status,
        "verdict": str(entry.decided),
        "unit": claim.main.unit if claim.main else "1",
        "value": entry.value,
        "run": entry.run,
        "last_run": entry.last_run,
    }


def everything(entry: RowEntry) -> dict[str, Any]:
    """All that is known of a row."""
    claim, result = entry.claim, entry.result
    reported: dict[str, Any] = {"protocol": "", "parts": []}
    if claim.study:
        found = {p.name: entry.interval(p) for p in claim.parts}
        reported = {
            "protocol": Study(claim).protocol,
            "rule": RULE,
            "parts": [_part(p, found.get(p.name), p is claim.main) for p in claim.parts],
        }
    return summary(entry) | reported | {"result": result, "outcome": entry.outcome}


def _part(part: ClaimPart, found: Interval | None, main: bool) -> dict[str, Any]:
    outcome = part.judge(found) if found else None
    return {"name": part.name, "claim": part.text, "bound": part.bound, "unit": part.unit} | {
        "main": main,
        "outcome": outcome,
    }


def coloured(text: str) -> str:
    """Colour a status or outcome."""
    colour = {str(k): v for k, v in COLOURS.items()}.get(text)
    return f"[{colour}]{text}[/]" if colour else text


def told(verdict: BookVerdict) -> str:
    """Colour a verdict by its status."""
    colour = {str(k): v for k, v in COLOURS.items()}.get(str(verdict.status))
    return f"[{colour}]{verdict}[/]" if colour else str(verdict)


def number(value: float, unit: str = "1") -> str:
    """Format four digits, with the unit."""
    return f"{value:.4g}{'' if unit == '1' else f' {unit}'}" if math.isfinite(value) else "-"


def ends(value: Interval, unit: str = "1") -> str:
    """Format an interval; for counts and single computations, state that it is exact."""
    if not value.known:
        return "none"
    return "exact" if value.exact else f"{number(value.low)} to {number(value.high, unit)}"
