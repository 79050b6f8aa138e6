"""Commands called within this process, in a folder of their own, for checks of systems."""

import contextvars
import json
import shlex
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typer

from ingenium_book.findings import Done


class Within:
    """Runs commands and records them; their ledger is not the user's."""

    def __init__(self, app: typer.Typer, folder: Path) -> None:
        self.app, self.folder = app, folder
        self.ran: list[str] = []

    def __call__(self, *words: object) -> Done:
        """Run a command with `--json`."""
        from typer.testing import CliRunner

        reported = [str(word) for word in words]
        here = [
            word.removeprefix(f"{self.folder}/") for word in reported
        ]  # as a user writes it there
        self.ran.append(shlex.join(["ingenium", *here]))
        runner = CliRunner(env={"INGENIUM_LEDGER": str(self.folder / ".ledger.db")})
        own = contextvars.copy_context()  # so that its options are not taken for those around it
        ended = own.run(runner.invoke, self.app, [*reported, "--json"])
        return Done(ended.exit_code, _answer(ended.stdout), ended.output)


@contextmanager
def within(app: typer.Typer) -> Iterator[Within]:
    """Commands of an app in a temporary folder, where relative paths begin."""
    with TemporaryDirectory() as name, chdir(name):
        yield Within(app, Path(name))


def _answer(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
