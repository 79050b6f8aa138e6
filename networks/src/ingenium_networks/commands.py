"""`ingenium make`: pretrained weights, known designs and data of packages, rebuilt by recipes.

A package adds recipes by entry points of the group `ingenium.recipes`: a name, and a function of a
folder (where it takes one) and of options by keyword, whose docstring's first line describes its
result.
"""

import ast
import inspect
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from ingenium.cli.ending import guarded
from ingenium.cli.output import AsJson, print_json, results
from ingenium.core.errors import InputError, choose

GROUP = "ingenium.recipes"


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(guarded(make))


def make(
    name: Annotated[
        str | None, typer.Argument(help="Recipe to run (default: list all recipes).")
    ] = None,
    folder: Annotated[
        Path | None, typer.Argument(help="Output folder (default: that of the package).")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="OPTION=VALUE", help="Option of the recipe; may be repeated."
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """Rebuild what packages contain: weights of pretrained models, known designs, data."""
    known = recipes()
    if name is None:
        listed = {key: purpose(entry) for key, entry in known.items()}
        if json:
            print_json(listed)
            return
        for key, what in listed.items():
            results().print(f"[bold]{key}[/]: {what}", highlight=False)
        return
    function = known[choose(name, known, "recipe")].load()
    given = arguments(name, function, folder, settings or ())
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    function(**given)


def recipes() -> Mapping[str, EntryPoint]:
    """Recipes of all installed packages by name, in order."""
    found = sorted(entry_points(group=GROUP), key=lambda one: one.name)
    return {entry.name: entry for entry in found}


def purpose(entry: EntryPoint) -> str:
    """Return the first line of a recipe's docstring; its module is read and not imported."""
    spec = find_spec(entry.module)
    text = Path(spec.origin).read_text(encoding="utf-8") if spec and spec.origin else ""
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name == entry.attr:
            return (ast.get_docstring(node) or "").partition("\n")[0]
    return ""


def arguments(
    name: str, function: Callable[..., None], folder: Path | None, settings: Sequence[str]
) -> dict[str, Any]:
    """Parse the arguments of a recipe from the command line.

    Raises:
        InputError: for an unknown or missing option, a value of the wrong type, and an unexpected
            or missing folder.
    """
    takes = inspect.signature(function).parameters
    options = [key for key in takes if key != "folder"]
    given: dict[str, Any] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise InputError("an option as OPTION=VALUE", f'"{setting}"')
        if key not in options:
            raise InputError(f"options of {name}: {', '.join(options) or 'none'}", f'"{key}"')
        given[key] = _typed(get_type_hints(function)[key], value, key)
    lacking = [key for key in options if takes[key].default is inspect.Parameter.empty]
    for key in lacking:
        if key not in given:
            raise InputError(f"the option {key}", "none", f"Write --set {key}=VALUE.")
    if "folder" in takes and folder is None:
        raise InputError("a folder to write into", "none", f"Write: ingenium make {name} FOLDER")
    if "folder" not in takes and folder is not None:
        raise InputError(
            f"no folder for {name}, which writes where its package has it", folder, "Leave it out."
        )
    return given | ({"folder": folder} if "folder" in takes else {})


def _typed(hint: Any, value: str, key: str) -> Any:
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(hint).validate_python(value)
    except ValidationError as error:
        raise InputError(f"a value for {key} ({error.errors()[0]['msg']})", f'"{value}"') from error
