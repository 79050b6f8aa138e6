"""Commands called in this process, for the tests of the command line."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from ingenium.cli.app import app

SPEC = """
problem = "toy.cantilever"
title = "A beam"
[setup]
pause_s = {pause}
[conditions]
duty = "heavy"
[[limits]]
quantity = "deflection_m"
at_most = {most}
unit = "mm"
"""


def spec(files: Path, name: str = "met") -> tuple[str, str]:
    return "--spec", str(files / f"{name}.toml")


def call(*words: object) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command in this process."""
    done = CliRunner().invoke(app, [str(w) for w in words])
    return done.exit_code, done.stdout, done.stderr


def answer(*words: object) -> Any:
    """The JSON of a command that ends well."""
    code, text, _ = call(*words, "--json")
    assert code == 0, text
    return json.loads(text)
