"""How a command tells a record that was made again: by part, and with its exit code."""

from typing import TYPE_CHECKING

import typer

from ingenium.cli.ending import UNMET
from ingenium.cli.output import print_json, results

if TYPE_CHECKING:
    from ingenium.core.judged import JudgedReplay


def made_again(found: "JudgedReplay", json: bool, **more: str) -> None:
    """Say which parts are as recorded, and end with 1 if one is not."""
    if json:
        print_json(more | {"holds": found.holds, "same": found.same})
    else:
        for part, same in found.same.items():
            results().print(f"{part}: {'as recorded' if same else 'otherwise'}", highlight=False)
    if not found.holds:
        raise typer.Exit(UNMET)
