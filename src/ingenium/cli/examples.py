"""`examples`: the specs that ship with the package, to copy and change."""

import shutil
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from ingenium.cli.documents import folder
from ingenium.cli.ending import guarded
from ingenium.cli.output import AsJson, print_json, results
from ingenium.core.errors import InputError
from ingenium.core.folders import storing

CopyTo = Annotated[
    Path | None,
    typer.Argument(
        metavar="[COPY-TO]", help="New folder to copy all examples to (default: only list them)."
    ),
]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(guarded(examples))


def examples(copy_to: CopyTo = None, json: AsJson = False) -> None:
    """List the example specs of all fields, or copy them to a folder."""
    source = folder() / "examples"
    names = sorted(p.relative_to(source).as_posix() for p in source.rglob("*.toml"))
    if copy_to is not None:
        _copy(source, copy_to)
    if json:
        print_json({"folder": None if copy_to is None else str(copy_to), "examples": names})
        return
    for name in names:
        results().print(escape(name if copy_to is None else str(copy_to / name)), highlight=False)
    if copy_to is None:
        results().print("\n`ingenium examples COPY-TO` copies them into a folder.", style="dim")


def _copy(source: Path, to: Path) -> None:
    """Copy all files of a folder.

    Raises:
        InputError: where something lies already.
        StorageError: if they cannot be written.
    """
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise InputError("a new folder, or an empty one", f"{to}, which exists", "Name another.")
    with storing(to):
        shutil.copytree(source, to, dirs_exist_ok=True, copy_function=shutil.copyfile)
