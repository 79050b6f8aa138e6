"""Output of commands: results to stdout, progress and messages to stderr, JSON for machines."""

import json
from contextvars import ContextVar
from dataclasses import asdict, is_dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from ingenium.core.errors import InputError

JSON: ContextVar[bool] = ContextVar("json", default=False)  # whether --json was given


def _remember(value: bool) -> bool:
    JSON.set(value)
    return value


AsJson = Annotated[
    bool,
    typer.Option(
        "--json", callback=_remember, help="Print one JSON document to stdout, for other programs."
    ),
]


Replace = Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")]


def check_new(path: Path, overwrite: bool) -> None:
    """Refuse to write over what is there.

    Raises:
        InputError: if something is there and nobody said that it may be replaced.
    """
    if path.is_file() and not overwrite:
        raise InputError("a new file", f"{path}, which exists", "Name another, or --overwrite.")


@cache
def errors() -> Console:
    """Stderr."""
    return Console(stderr=True, soft_wrap=True, emoji=False)


def results() -> Console:
    """Stdout, at least 100 wide where it is not a terminal."""
    console = Console(emoji=False)
    if console.is_terminal:
        return console
    return Console(width=max(console.width, 140), emoji=False)


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    typer.echo(json.dumps(plain_data(value), indent=2, allow_nan=False, ensure_ascii=False))


def plain_data(value: Any) -> Any:
    """Return a value as JSON holds it: dataclasses as mappings, no numbers that are not finite."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain_data(asdict(value))
    if isinstance(value, dict):
        return {str(k): plain_data(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain_data(v) for v in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value


def table(title: str, *columns: str) -> Table:
    """A plain table."""
    made = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    for column in columns:
        made.add_column(column, header_style="bold", overflow="fold")
    return made
