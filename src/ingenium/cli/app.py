"""The command `ingenium` and its groups of commands."""

from importlib.metadata import entry_points
from typing import Annotated

import typer

from ingenium import __version__
from ingenium.cli import (
    artifacts,
    ask,
    browse,
    check,
    compare,
    docs,
    doctor,
    draft,
    edge,
    examples,
    governance,
    infer,
    ledger,
    make,
    model,
    monitor,
    operate,
    scale,
    schema,
    search,
    serve,
)
from ingenium.cli.ending import DEBUG
from ingenium.cli.output import JSON

GROUP = "ingenium.commands"  # of the entry points by which packages add commands
app = typer.Typer(
    name="ingenium",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Propose designs, verify each with the exact engine of its field, keep the evidence.",
)
for commands in (
    browse,
    artifacts,
    ask,
    examples,
    make,
    search,
    infer,
    model,
    monitor,
    operate,
    edge,
    scale,
    check,
    compare,
    ledger,
    governance,
    doctor,
    docs,
    schema,
    draft,
    serve,
):
    commands.add_to(app)
for entry in sorted(entry_points(group=GROUP), key=lambda one: one.name):
    entry.load()(app)


def _version(asked: bool) -> bool:
    if asked:
        typer.echo(f"ingenium {__version__}")
        raise typer.Exit
    return asked


@app.callback()
def root(
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error came from.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Options of every command."""
    DEBUG.set(debug)
    JSON.set(False)
