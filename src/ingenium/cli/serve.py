"""`ingenium mcp`: the engine as tools for other programs."""

from pathlib import Path
from typing import Annotated

import typer

from ingenium.cli.ending import guarded

FOLDERS = (Path("out"),)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(guarded(mcp))


def mcp(
    folder: Annotated[
        list[Path] | None,
        typer.Option(help="Folder that tools may read and write; may be repeated (default: out)."),
    ] = None,
) -> None:
    """Serve the commands as tools of the Model Context Protocol, over standard input and output."""
    from ingenium.serve.server import server

    server(tuple(folder or FOLDERS)).run("stdio")
