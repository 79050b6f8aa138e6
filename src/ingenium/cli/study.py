"""`study list|show|run|check|report`: the evidence book, claim by claim."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingenium.cli.ending import FAULT, guarded
from ingenium.cli.output import AsJson, print_json, results, table
from ingenium.cli.progress import Stages
from ingenium.core.folders import write_atomic

if TYPE_CHECKING:
    from ingenium.evaluate.intervals import Interval
    from ingenium.studies.book.entries import Entry
    from ingenium.studies.rules import Part
    from ingenium.studies.study import Result, Study

Row = Annotated[str, typer.Argument(metavar="ROW", help="Of the evidence book, e.g. 27.1.")]
COLOURS = {
    "reproduced": "green",
    "partly": "yellow",
    "refuted": "red",
    "holds": "green",
    "contradicted": "red",
}


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(
        help="Published claims, each with the experiment that tests it.", no_args_is_help=True
    )
    group.command("list")(guarded(list_studies))
    group.command()(guarded(show))
    group.command()(guarded(run))
    group.command()(guarded(check))
    group.command()(guarded(report))
    app.add_typer(group, name="study")


def list_studies(
    chapter: Annotated[int | None, typer.Option(help="Only of this one, e.g. 27.")] = None,
    domain: Annotated[str | None, typer.Option(help="Only of this one, e.g. grid.")] = None,
    status: Annotated[
        str | None, typer.Option(help="Only with this one, e.g. refuted or 'not yet'.")
    ] = None,
    stale: Annotated[bool, typer.Option("--stale", help="Only what is to be run again.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Rows without a study too.")] = False,
    json: AsJson = False,
) -> None:
    """Claims with what became of them: those with a study, or all that a filter leaves."""
    from ingenium.core.errors import choose
    from ingenium.studies.book.entries import chosen, counts
    from ingenium.studies.results import results_folder
    from ingenium.studies.rules import Status

    wanted = None if status is None else Status(choose(status, map(str, Status), "status"))
    book = chosen(_book(), chapter=chapter, domain=domain, status=wanted, stale=stale)
    if json:
        rows = [_summary(entry) for entry in book]
        print_json({"folder": str(results_folder()), "counts": counts(book), "rows": rows})
        return
    filtered = everything or stale or any(x is not None for x in (chapter, domain, status))
    _print_rows(book if filtered else [e for e in book if e.study], len(book))
    results().print(f"\n{_counted(counts(book))}", highlight=False)
    results().print("`ingenium study show ROW` says more.", style="dim")


def _print_rows(shown: "list[Entry] | tuple[Entry, ...]", of: int) -> None:
    """Rows with a result first, then those with a study, then the rest, each in order."""
    order = sorted(shown, key=lambda e: (e.result is None, e.study is None))
    columns = ("Row", "Claim", "Status", "Main parts", "Measured", "95 % interval", "Run", "State")
    rows = table("", *columns)
    for entry in order:
        part, value = entry.headline, entry.value
        unit = part.unit if part else "1"
        rows.add_row(
            entry.claim.row,
            entry.study.title if entry.study else entry.claim.title,
            _coloured(entry.status.value),
            entry.main,
            _number(value.value, unit) if value else "",
            _ends(value, unit) if value else "",
            entry.run or ("to run" if entry.study else ""),
            "[yellow]stale[/]" if entry.stale else "",
        )
    results().print(rows, highlight=False)
    if len(order) < of:
        more = f"{of - len(order)} rows have no study yet; --all, --chapter, --domain or --status"
        results().print(f"\n{more} shows them.", highlight=False)


def _counted(found: dict[str, int]) -> str:
    """Counts in words, without those of which there are none."""
    first = f"{found['rows']} rows, {found['with a study']} with a study: "
    rest = {k: v for k, v in found.items() if k not in ("rows", "with a study") and v}
    return first + ", ".join(f"{v} {k}" for k, v in rest.items())


def show(row: Row, json: AsJson = False) -> None:
    """A claim, how it is tested, and what came out."""
    from ingenium.studies.book.claims import find

    row = find(row).row
    _tell(next(entry for entry in _book() if entry.claim.row == row), json)


def run(
    row: Row,
    quick: Annotated[bool, typer.Option("--quick", help="A look, in less than a minute.")] = False,
    seeds: Annotated[int | None, typer.Option(min=1, help="How many; at least 5 in full.")] = None,
    json: AsJson = False,
) -> None:
    """Do the experiment again and keep its result.

    A quick result is never written over a full one.
    """
    from dataclasses import replace

    from ingenium.cli.output import errors
    from ingenium.studies.registry import find
    from ingenium.studies.results import keep, parts_folder, results_folder

    study = find(row)
    chosen = study.seeds(seeds, quick=quick)
    with Stages() as stages:
        result = study.run(chosen, quick=quick, folder=parts_folder() / row, watch=stages)
    folder = results_folder()
    if not keep(result, folder):
        errors().print(f"The full result in {folder} stays; this quick one is only shown.")
    entry = next(entry for entry in _book() if entry.claim.row == row)
    _tell(replace(entry, result=result, stale=False), json)


def check(json: AsJson = False) -> None:
    """Check that every status comes from a result that a study wrote and that follows from it.

    Ends with 3 if one does not.
    """
    from ingenium.studies.book import claims
    from ingenium.studies.book.audit import faults
    from ingenium.studies.registry import STUDIES
    from ingenium.studies.results import results_folder

    folder, rows = results_folder(), claims.claims()
    found = faults(folder, {study.row: study for study in STUDIES}, rows)
    checked = len(list(folder.glob("*.json"))) if folder.is_dir() else 0
    if json:
        print_json({"folder": str(folder), "checked": checked, "faults": found})
    else:
        for fault in found:
            results().print(f"[red]{fault}[/]", highlight=False, soft_wrap=True)
        results().print(f"{checked} results of {len(rows)} rows, {len(found)} faults.")
    if found:
        raise typer.Exit(FAULT)


def report(
    out: Annotated[Path, typer.Option(help="Folder to write into.")] = Path("out/evidence_book"),
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Pages for a site instead of HTML.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Write the evidence book: an index and a page for each chapter."""
    from ingenium.report.book import markdown as plain
    from ingenium.report.book import pages

    made = (plain if markdown else pages).pages(_book())
    for name, text in made.items():
        write_atomic(out / name, text)
    index = out / next(iter(made))
    if json:
        print_json({"folder": str(out), "index": str(index), "pages": len(made)})
        return
    results().print(f"{len(made)} pages: {index}", highlight=False, soft_wrap=True)


def _book() -> "tuple[Entry, ...]":
    from ingenium.studies.book import claims
    from ingenium.studies.book.entries import entries
    from ingenium.studies.registry import STUDIES
    from ingenium.studies.results import results_folder

    return entries(results_folder(), STUDIES, claims.chapters())


def _tell(entry: "Entry", json: bool) -> None:
    if json:
        print_json(_all(entry))
        return
    console = results()
    chapter, claim = entry.chapter, entry.claim
    title = entry.study.title if entry.study else claim.title
    console.print(
        f"[bold]{claim.row} {title}[/] ({chapter.chapter} {chapter.title})\n", highlight=False
    )
    for name, text in _texts(entry).items():
        console.print(f"[bold]{name}[/]: {text}", highlight=False, soft_wrap=True)
    if entry.study is None:
        console.print("\nNo study yet.", highlight=False)
        return
    _print_parts(entry.study, entry.result)
    if entry.result is None:
        console.print(f"\nNo result yet: ingenium study run {claim.row}", highlight=False)
        return
    _print_result(entry, entry.study, entry.result)


def _texts(entry: "Entry") -> dict[str, str]:
    """What is said of a row before its result, without what there is nothing to say of."""
    claim, study = entry.claim, entry.study
    by = "as the chapter prints it" if claim.stated == "chapter" else "a check set for the row"
    texts = {
        "Claim": study.claim if study else claim.claim,
        "Claimed": f"{study.claimed if study else claim.claimed} ({by})",
        "Caution": claim.caution,
        "Caution on the chapter": entry.chapter.caution,
        "Note": claim.note,
        "Not here": f"{claim.beyond.kind}: {claim.beyond.why}" if claim.beyond else "",
        "Domain": claim.domain,
    }
    if study:
        texts |= {"Protocol": study.protocol, "Budget": study.budget, "Rule": _rule()}
    return {k: v for k, v in texts.items() if v}


def _print_result(entry: "Entry", study: "Study", result: "Result") -> None:
    from ingenium.studies.results import moved

    console = results()
    kind = "quick" if result.quick else "full"
    seeds = f"{len(result.seeds)} seed{'s' if len(result.seeds) > 1 else ''}"
    console.print(
        f"\n[bold]Status[/]: {_coloured(str(result.status))} ({kind}, {seeds}, "
        f"{result.seconds:.0f} s, {result.time})",
        highlight=False,
    )
    for note in result.notes:
        console.print(f"[bold]Note[/]: {note}", highlight=False, soft_wrap=True)
    if entry.stale:
        console.print("[yellow]Stale[/]: its source or data changed since; run it again.")
    for package, (then, now) in moved(study, result).items():
        console.print(f"[bold]Measured with[/] {package} {then}; here is {now}.", highlight=False)
    console.print(f"Repeat: {result.command}", highlight=False)


def _print_parts(study: "Study", result: "Result | None") -> None:
    console = results()
    shown = table("", "Part of the claim", "Bound", "Measured", "95 % interval", "Outcome")
    for part in study.parts:
        found = result.values.get(part.name) if result else None
        shown.add_row(
            part.text,
            part.bound,
            _number(found.value, part.unit) if found else "",
            _ends(found, part.unit) if found else "",
            _coloured(str(result.outcomes[part.name])) if result and found else "",
        )
    console.print()
    console.print(shown, highlight=False)
    if result and result.beside:
        console.print()
        beside = table("", "Beside", "Measured", "95 % interval")
        for name, value in result.beside.items():
            beside.add_row(name, _number(value.value), _ends(value))
        console.print(beside, highlight=False)


def _summary(entry: "Entry") -> dict[str, Any]:
    """What a list says of a row."""
    claim, part = entry.claim, entry.headline
    return {
        "row": claim.row,
        "chapter": entry.chapter.chapter,
        "domain": claim.domain,
        "title": entry.study.title if entry.study else claim.title,
        "claim": claim.claim,
        "claimed": claim.claimed,
        "stated": claim.stated,
        "caution": claim.caution,
        "beyond": claim.beyond,
        "study": entry.study is not None,
        "status": entry.status.value,
        "main_parts": entry.main,
        "headline": part.name if part else "",
        "unit": part.unit if part else "1",
        "value": entry.value,
        "run": entry.run,
        "stale": entry.stale,
    }


def _all(entry: "Entry") -> dict[str, Any]:
    """All that is known of a row."""
    study = entry.study
    told: dict[str, Any] = {"study": None, "parts": []}
    if study:
        names = ("title", "claim", "claimed", "protocol", "budget", "untestable")
        told = {
            "study": {name: getattr(study, name) for name in names} | {"rule": _rule()},
            "parts": [_part(part) for part in study.parts],
        }
    return _summary(entry) | told | {"result": entry.result}


def _part(part: "Part") -> dict[str, Any]:
    return {"name": part.name, "claim": part.text, "bound": part.bound, "unit": part.unit} | {
        "main": part.main
    }


def _rule() -> str:
    from ingenium.studies import rules

    return rules.RULE


def _coloured(text: str) -> str:
    colour = COLOURS.get(text)
    return f"[{colour}]{text}[/]" if colour else text


def _number(value: float, unit: str = "1") -> str:
    return f"{value:.4g}{'' if unit == '1' else f' {unit}'}" if math.isfinite(value) else "-"


def _ends(value: "Interval", unit: str = "1") -> str:
    if not (math.isfinite(value.low) and math.isfinite(value.high)):
        return "none"
    return f"{_number(value.low)} to {_number(value.high, unit)}"
