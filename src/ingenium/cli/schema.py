"""`schema`: what files and answers look like, for other programs."""

import json as jsons
from importlib.resources import files
from typing import Annotated, Any

import typer

from ingenium.cli.ending import guarded
from ingenium.cli.output import AsJson, print_json, results
from ingenium.core.errors import choose

# Commands that answer with an artifact: one schema for all of them.
ARTIFACT, MAKERS = "artifact", ("drill", "edge-fit", "infer", "model", "monitor-fit", "operate")
VERSIONS = {  # grow when what was valid is so no more
    **dict.fromkeys(("spec", "evidence", "summary", "propose", "search", "ask", "edge lend"), 2),
    **{ARTIFACT: 2, "fit": 3, "replay": 3, "show": 3},
}
DRAFT = "https://json-schema.org/draft/2020-12/schema"
PLACE = "ingenium.cli", "schemas"  # of the files
Name = Annotated[
    str | None,
    typer.Argument(
        metavar="[NAME]",
        help="Schema to print: spec, evidence, or the name of a command (default: list all).",
    ),
]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(guarded(schema))


def schema(name: Name = None, json: AsJson = False) -> None:
    """Print the JSON schema of a file or of a command's output with `--json`."""
    known = sorted(path.name.removesuffix(".json") for path in _folder().iterdir())
    if name is not None:
        file = ARTIFACT if name in MAKERS else choose(name, [*known, *MAKERS], "schema")
        typer.echo(_folder().joinpath(f"{file}.json").read_text(), nl=False)
    elif json:
        print_json({"schemas": known})
    else:
        for one in known:
            results().print(one, highlight=False)


def _folder() -> Any:
    package, folder = PLACE
    return files(package).joinpath(folder)


def made() -> dict[str, str]:
    """All schemas as they follow from the code, by name, as the files hold them."""
    from ingenium.cli.answers import ANSWERS, FILES

    found = {name: _made(name, kind) for name, kind in FILES.items()}
    found["summary"]["properties"]["seconds"] = {"type": "number"}  # of the file alone
    found |= {name.replace(" ", "-"): _made(name, kind) for name, kind in ANSWERS.items()}
    return {name: jsons.dumps(one, indent=1) + "\n" for name, one in found.items()}


def _made(name: str, kind: Any) -> dict[str, Any]:
    """The schema of a type, in which nothing is allowed that is not named."""
    from pydantic import TypeAdapter

    version = VERSIONS.get(name, 1)
    one = TypeAdapter(kind).json_schema(mode="validation")
    reported = f"urn:ingenium:schema:{name.replace(' ', '-')}:{version}"
    head = {"$schema": DRAFT, "$id": reported, "version": version}
    for part in (one, *one.get("$defs", {}).values()):
        if part.get("type") == "object" and "properties" in part:
            part.setdefault("additionalProperties", False)
    return head | one
