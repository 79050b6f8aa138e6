"""`study list|show|run|check|audit|report`: the evidence book, row by row."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ingenium.cli.ending import FAULT, guarded
from ingenium.cli.on import LOCAL, On
from ingenium.cli.output import AsJson, print_json, results
from ingenium.cli.progress import StageProgress
from ingenium.core.folders import write_atomic

Row = Annotated[str, typer.Argument(metavar="ROW", help="Row of the evidence book, such as 27.1.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(
        help="List, run and check the studies of the evidence book.",
        no_args_is_help=True,
    )
    group.command("list")(guarded(list_rows))
    group.command()(guarded(show))
    group.command()(guarded(run))
    group.command()(guarded(_check_by(app)))
    group.command()(guarded(audit))
    group.command()(guarded(report))
    app.add_typer(group, name="study")


def list_rows(
    chapter: Annotated[
        str | None, typer.Option(help="Show only this chapter, such as 27 (default: all).")
    ] = None,
    domain: Annotated[
        str | None, typer.Option(help="Show only this domain, such as grid (default: all).")
    ] = None,
    status: Annotated[
        str | None,
        typer.Option(
            help="Show only rows with this status, such as works or 'not reached here' "
            "(default: all)."
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also show rows without a check or study.")
    ] = False,
    json: AsJson = False,
) -> None:
    """List rows with their outcomes: those with a check or study, or all that match a filter."""
    from ingenium_book.answers import counted, print_rows, summary
    from ingenium_book.claims import chapters
    from ingenium_book.entries import chosen, counts, entries
    from ingenium_book.results import book_folder

    book = chosen(entries(chapters()), chapter=chapter, domain=domain, status=status)
    if json:
        rows = [summary(entry) for entry in book]
        print_json({"folder": str(book_folder()), "counts": counts(book), "rows": rows})
        return
    filtered = everything or any(x is not None for x in (chapter, domain, status))
    print_rows(book if filtered else [e for e in book if e.requested], len(book))
    results().print(f"\n{counted(counts(book))}", highlight=False)
    results().print("`ingenium study show ROW` shows one row in full.", style="dim")


def show(row: Row, json: AsJson = False) -> None:
    """Show a row: its claim, its check or study, and the outcome."""
    from ingenium_book.answers import tell
    from ingenium_book.entries import find

    tell(find(row), json)


def run(
    row: Row,
    quick: Annotated[
        bool, typer.Option("--quick", help="Run a quick version, in less than a minute.")
    ] = False,
    seeds: Annotated[
        int | None,
        typer.Option(
            min=1, max=1000, help="Number of seeds (default: 5, and more while undecided)."
        ),
    ] = None,
    on: On = LOCAL,
    json: AsJson = False,
) -> None:
    """Run the study of a number and store its result.

    Rows that share the study get their results from the same run. A quick result never replaces
    a full one.
    """
    from dataclasses import replace

    from ingenium.cli.output import errors
    from ingenium.scale.place import WorkPlace
    from ingenium_book.answers import tell
    from ingenium_book.claims import claims
    from ingenium_book.entries import find
    from ingenium_book.results import pieces_folder, results_folder, store
    from ingenium_book.study import Study

    entry = find(row)
    study, place = Study(entry.claim), WorkPlace.parse(on)
    folder = pieces_folder() / row
    with StageProgress() as stages:
        result = study.run(seeds, quick=quick, folder=folder, watch=stages, on=place)
    folder = results_folder(entry.claim.package)
    if not store(result, folder):
        errors().print(f"The full result in {folder} is unchanged; this quick one is only shown.")
    for claim in claims().values():
        if claim.study == entry.claim.study and claim.row != row:
            store(Study(claim).also(result), folder)
    tell(replace(entry, result=result), json)


def _check_by(app: typer.Typer) -> Callable[..., None]:
    """The command `check`, whose commands are those of an app."""

    def check(row: Row, json: AsJson = False) -> None:
        """Check that the system of a row works, by running its commands, and store the findings.

        The exit code is 1 if it does not.
        """
        from dataclasses import replace

        from ingenium.cli.ending import UNMET
        from ingenium_book import check as checks
        from ingenium_book.answers import tell
        from ingenium_book.entries import find
        from ingenium_book.results import CHECKS, book_folder
        from ingenium_book.verdicts import Built
        from ingenium_book.within import within

        entry = find(row)
        folder = book_folder(entry.claim.package) / CHECKS
        with within(app) as commands:
            outcome = checks.run(entry.claim, commands, folder)
        tell(replace(entry, outcome=outcome), json)
        if checks.verdict(entry.claim, outcome).status is Built.NOT:
            raise typer.Exit(UNMET)

    return check


def audit(json: AsJson = False) -> None:
    """Check every stored outcome against its row and the rule, without running anything.

    The exit code is 3 if one is inconsistent.
    """
    from ingenium_book.audit import faults, stored
    from ingenium_book.claims import claims
    from ingenium_book.results import book_folder

    rows = claims()
    folders = {book_folder(package) for package in {c.package for c in rows.values()}}
    found = [fault for folder in sorted(folders) for fault in faults(folder, rows)]
    checked = sum(len(stored(folder)) for folder in folders)
    if json:
        print_json({"folder": str(book_folder()), "checked": checked, "faults": found})
    else:
        for fault in found:
            results().print(f"[red]{fault}[/]", highlight=False, soft_wrap=True)
        results().print(f"{checked} outcomes of {len(rows)} rows, {len(found)} faults.")
    if found:
        raise typer.Exit(FAULT)


def report(
    out: Annotated[Path, typer.Option(help="Output folder.")] = Path("out/evidence_book"),
    json: AsJson = False,
) -> None:
    """Write the evidence book as Markdown: a first page, and a page for each chapter."""
    from ingenium_book.claims import chapters
    from ingenium_book.entries import entries
    from ingenium_book.pages import pages

    made = pages.pages(entries(chapters()))
    for name, text in made.items():
        write_atomic(out / name, text)
    index = out / next(iter(made))
    if json:
        print_json({"folder": str(out), "index": str(index), "pages": len(made)})
        return
    results().print(f"{len(made)} pages: {index}", highlight=False, soft_wrap=True)
