"""`ingenium make`: every named recipe exists, and takes its settings or refuses them."""

import inspect
import json
import tomllib
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from ingenium_networks import commands

ROOT = Path(__file__).parents[2]
NAMED = {
    name: EntryPoint(name, value, commands.GROUP)
    for package in ("networks", "book")
    for name, value in tomllib.loads((ROOT / package / "pyproject.toml").read_text())["project"][
        "entry-points"
    ][commands.GROUP].items()
}


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    """The command alone, with recipes as the packages name them."""
    made = typer.Typer()
    commands.add_to(made)
    toy = EntryPoint("toy", "test_making:toy", commands.GROUP)
    monkeypatch.setattr(commands, "entry_points", lambda group: [*NAMED.values(), toy])
    return made


def toy(folder: Path, *, steps: int = 3, source: str) -> None:
    """Write the given settings."""
    (folder / "toy.txt").write_text(f"{source} {steps + 1}")


def test_all_are_listed_with_what_they_make(app: typer.Typer) -> None:
    listed = json.loads(CliRunner().invoke(app, ["--json"]).stdout)
    assert len(NAMED) > 20
    assert set(NAMED) < set(listed)
    for name in NAMED:
        assert listed[name].endswith("."), name
        assert len(listed[name]) > 20, name


@pytest.mark.parametrize("name", NAMED)
def test_every_recipe_is_a_function_of_a_folder_and_of_options(name: str) -> None:
    function: Callable[..., None] = NAMED[name].load()
    takes = inspect.signature(function).parameters
    options = [p for key, p in takes.items() if key != "folder"]
    assert all(p.kind is inspect.Parameter.KEYWORD_ONLY for p in options), name


def test_a_recipe_makes_what_it_is_told(app: typer.Typer, tmp_path: Path) -> None:
    words = ["toy", str(tmp_path / "new"), "--set", "source=a", "--set", "steps=4"]
    assert CliRunner().invoke(app, words).exit_code == 0
    assert (tmp_path / "new" / "toy.txt").read_text() == "a 5"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["toi", "."], "toy"),
        (["toy", "."], "the option source"),
        (["toy", "--set", "source=a"], "ingenium make toy FOLDER"),
        (["toy", ".", "--set", "width=8"], "options of toy: steps, source"),
        (["toy", ".", "--set", "source=a", "--set", "steps=many"], "a value for steps"),
        (["toy", ".", "--set", "source"], "OPTION=VALUE"),
        (["molecules_conditional", ".", "--set", "width=8"], "steps, molecules"),
        (["cells", "."], "no folder for cells"),
    ],
)
def test_what_a_recipe_does_not_take_is_refused(
    app: typer.Typer, words: list[str], named: str
) -> None:
    ended = CliRunner().invoke(app, words)
    assert ended.exit_code == 2
    assert named in " ".join(ended.output.split())
