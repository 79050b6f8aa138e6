"""Paths of printed parts: their moves, and forged files."""

from collections.abc import Mapping
from typing import Any

from ingenium_book.findings import Commands

HEAD = "; column rings "  # of a printed column, then its numbers


def moves(commands: Commands, values: Mapping[str, Any]) -> list[int]:
    """Count moves that deposit material in each path."""
    return [text.count("\nG1") for text in values["paths"]]


def halved(commands: Commands, values: Mapping[str, Any]) -> bool:
    """Cut the first path of the run `way` in half."""
    path = next(commands.folder.glob("way/designs/*/part.gcode"), None)
    if path is not None:
        text = path.read_text()
        path.write_text(text[: len(text) // 2])
    return path is not None


def altered(commands: Commands, values: Mapping[str, Any]) -> bool:
    """Write the first path with the head of another column."""
    text = values["paths"][0]
    (commands.folder / "altered.gcode").write_text(text.replace(HEAD, f"{HEAD}1", 1))
    return HEAD in text
