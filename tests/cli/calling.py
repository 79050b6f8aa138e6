"""Commands called in this process, for the tests of the command line."""

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
from typer.testing import CliRunner

from ingenium.cli.app import app
from ingenium.cli.schema import ARTIFACT, MAKERS

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
    if "--json" in words and done.stdout:
        check_answer(words, json.loads(done.stdout))
    return done.exit_code, done.stdout, done.stderr


def check_answer(words: Sequence[object], found: Any) -> None:
    """Check an answer of a command against its schema in this package."""
    first, second = str(words[0]), str(words[1])
    name = (
        f"{first}-{second}"
        if first in ("edge", "ledger", "models", "monitor", "posterior", "study")
        else first
    )
    name = ARTIFACT if name in MAKERS else name
    check_file("error" if isinstance(found, dict) and "error" in found else name, found)


def check_file(schema: str, found: Any) -> None:
    """Check a file against its schema in this package."""
    text = (files("ingenium.cli") / "schemas" / f"{schema}.json").read_text()
    jsonschema.Draft202012Validator(json.loads(text)).validate(found)


def answer(*words: object) -> Any:
    """The JSON of a command that ends well."""
    code, text, _ = call(*words, "--json")
    assert code == 0, text
    return json.loads(text)
