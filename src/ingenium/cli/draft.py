"""`draft`: a file that is tedious to write by hand, begun from what a user has."""

from pathlib import Path
from typing import Annotated

import typer

from ingenium.cli.ending import guarded
from ingenium.cli.output import AsJson, errors, print_json

What = Annotated[
    str,
    typer.Argument(
        metavar="WHAT", help="Kind of file to draft, such as feeder: the mapping of its columns."
    ),
]
Files = Annotated[
    list[str], typer.Argument(help="Input files; for a feeder: NET.json PROFILES.csv.")
]
Out = Annotated[Path | None, typer.Option(help="File to write (default: print it).")]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(guarded(draft))


def draft(
    what: What,
    files: Files,
    out: Out = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing file.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Draft an input file from your data, such as the mapping of a net to profile columns."""
    from ingenium.core.errors import InputError, choose
    from ingenium.core.folders import write_atomic
    from ingenium.domains import load, names

    if out is not None and out.exists() and not overwrite:
        raise InputError("a new file", f"{out}, which exists", "Add --overwrite to replace it.")
    known = {key: field for field in names() for key in load(field).drafts}
    text, notes = load(known[choose(what, known, "draft")]).draft(what)(*files)
    if out is not None:
        write_atomic(out, text)
    if json:
        print_json({"draft": what, "text": text, "notes": notes, "file": str(out) if out else None})
        return
    if out is None:
        typer.echo(text)
    for note in notes:
        errors().print(note, highlight=False, markup=False, soft_wrap=True)
