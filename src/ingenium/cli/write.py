"""`write`: a document made with a person, and the author of every span."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingenium.cli.ending import guarded
from ingenium.cli.output import AsJson, print_json, results, table
from ingenium.cli.progress import StageProgress

if TYPE_CHECKING:
    from ingenium.verbs.write import FinishedSession
    from ingenium.write.script import WritingStep


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="write")(guarded(write))


def write(
    draft: Annotated[
        Path,
        typer.Argument(
            metavar="DRAFT", help="Draft as Markdown, DOCX or ODT, or an earlier export."
        ),
    ],
    script: Annotated[
        Path | None,
        typer.Option(help="Steps of the session as TOML (default: an interactive prompt)."),
    ] = None,
    writer: Annotated[
        str, typer.Option(help="Name of the writer, where no script states it.")
    ] = "the writer",
    out: Annotated[Path, typer.Option(help="Output folder.")] = Path("out/write"),
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing session in the output folder.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Write a document with problems that propose texts; the author of every span is exported.

    A step proposes, chooses, refuses, edits or verifies. The document is exported as Markdown, TEI,
    HTML and DOCX, each read back before the session ends.
    """
    from ingenium.verbs.write import write as session
    from ingenium.write.script import Script, read_script

    read = Script(draft.stem, writer, ()) if script is None else read_script(script)
    base = Path() if script is None else script.parent
    with StageProgress() as stages:
        made = session(
            draft,
            read,
            out,
            base=base,
            steps=_typed() if script is None else None,
            watch=stages,
            tell=(lambda line: None) if json else typer.echo,
            overwrite=overwrite,
        )
    _report(made, json)


def _typed() -> "Iterator[WritingStep]":
    from ingenium.write.script import HELP, spoken

    typer.echo(HELP)
    return spoken(lambda: typer.prompt("step", default="done"), typer.echo)


def _report(made: "FinishedSession", json: bool) -> None:
    document, record = made.session.document, made.session.record
    shares = {a.name: share for a, share in document.shares().items()}
    if json:
        verified = [
            {"spec": s.entries["spec"], "verdict": v.verdict} for s, v in made.session.verified
        ]
        print_json({
            "folder": str(made.folder), "title": document.title, "head": document.head,
            "session": record.head, "spans": len(document.spans), "shares": shares,
            "steps": len(record.entries), "verified": verified,
        })  # fmt: skip
        return
    rows = table("", "Author", "Share of characters")
    for name, share in shares.items():
        rows.add_row(name, f"{share:.1%}")
    results().print(rows)
    typer.echo(
        f"{len(document.spans)} spans; {len(record.entries)} steps. "
        f"Report in {made.folder / 'report.html'}"
    )
