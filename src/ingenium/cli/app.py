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
    write,
)
from ingenium.cli.earlier import PresentOptions
from ingenium.cli.ending import DEBUG
from ingenium.cli.output import JSON
from ingenium.cli.panels import Panels, arrange

GROUP = "ingenium.commands"  # of the entry points by which packages add commands
app = typer.Typer(
    name="ingenium",
    cls=Panels,
    pretty_exceptions_enable=False,
    help="Generate designs, verify each with the reference solver of its field, and export "
    "them with evidence.",
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
    write,
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
for command in app.registered_commands:
    command.cls = PresentOptions
arrange(app)


def _version(requested: bool) -> bool:
    if requested:
        typer.echo(f"ingenium {__version__}")
        raise typer.Exit
    return requested


@app.callback()
def root(
    debug: Annotated[
        bool, typer.Option("--debug", help="Print the traceback of an error.")
    ] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Set the options of every command."""
    DEBUG.set(debug)
    JSON.set(False)
