"""Tutorials run, print what they show, and every command of the documents is valid."""

import json
import re
import shlex
import shutil
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer

from ingenium.cli.app import app

ROOT = Path(__file__).parents[1]
TUTORIALS = sorted(p.stem for p in (ROOT / "docs" / "tutorial").glob("first_*.md"))
BY_XFOIL = ("first_airfoil", "first_search")
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted(ROOT.glob("src/ingenium/domains/*/README.md")),
]
PAGE = """
```console
$ echo 1
1
$ echo 2 \\
>   3
```

```toml title="a.toml"
x = 1
```

```python
y = 3
print(y)
```

```text title="Output"
old
```

```sh
true
```

```json
{}
```
"""


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any]:
    """The modules that read and run tutorials."""
    monkeypatch.syspath_prepend(str(ROOT / "tools" / "docs"))
    return import_module("consoles"), import_module("run_tutorials")


def said(page: Path) -> list[str]:
    """Commands of ingenium in a page, in blocks and within lines."""
    text = re.sub(r"\\\n(> )?", " ", page.read_text())
    fences = re.findall(r"^```(\w*).*?\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    blocks = "\n".join(body for language, body in fences if language in ("", "console", "sh"))
    lines = re.findall(r"^(?:\$ |  |\w+=\S+ )?(ingenium [a-z].*)$", blocks, re.MULTILINE)
    return lines + re.findall(r"`(ingenium \w+ [^`]*--[^`]*)`", text)


def test_steps_of_a_page(tools: tuple[Any, Any]) -> None:
    consoles, _ = tools
    found = [(s.kind, s.text, s.name) for s in consoles.steps(PAGE)]
    assert found == [
        ("command", "echo 1", ""),
        ("command", "echo 2 3", ""),
        ("file", "x = 1\n", "a.toml"),
        ("python", "y = 3\nprint(y)\n", ""),
        ("command", "true", ""),
    ]
    printed = {"echo 1": "1\n", "echo 2 3": "2 3\n", "y = 3\nprint(y)\n": "3\n"}
    made = consoles.with_outputs(PAGE, printed)
    assert made == PAGE.replace(">   3\n", ">   3\n2 3\n").replace("old", "3")
    assert consoles.with_outputs(made, printed) == made
    with pytest.raises(KeyError):
        consoles.with_outputs(PAGE, {})


def test_what_a_run_took_is_not_shown(tools: tuple[Any, Any]) -> None:
    printed = (
        "\n\na  \n\n10 kept in x, 400.6 s\n6.5 s (data 1.2), at most 3 MB\n0.1 Wh (0.0 to 1)\n\n"
    )
    assert tools[1].shown(printed) == ["a", "", "10 kept in x"]


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda p: p.stem)
def test_commands_of_a_page_can_be_given(page: Path) -> None:
    for line in said(page):
        words = shlex.split(re.sub(r"\$\w+", "1", re.split(r" [|&>]|  #", line)[0]))[1:]
        command = typer.main.get_command(app)
        while hasattr(command, "commands"):
            assert words[0] in command.commands, line
            command = command.commands[words.pop(0)]
        command.make_context("x", words)
        for word in words:
            if word.startswith("examples/"):
                assert (ROOT / word).exists(), line


def test_commands_are_found() -> None:
    assert len(said(ROOT / "docs" / "problems.md")) > 50
    assert len(said(ROOT / "docs" / "tutorial" / "first_airfoil.md")) == 5


def shape(lines: list[str]) -> list[str]:
    """Output without its numbers: seconds always differ, digits on other machines."""
    return [" ".join(re.sub(r"-?\d[\d.e+-]*", "0", x).split()) for x in lines]


def stored(tools: tuple[Any, Any], name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((tools[1].RUNS / f"{name}.json").read_text())
    return found


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("xfoil") is None, reason="the program xfoil is not installed")
def test_a_file_of_the_airfoils_is_measured(tools: tuple[Any, Any], tmp_path: Path) -> None:
    """The part of a tutorial that needs no run."""
    page = (ROOT / "docs" / "tutorial" / "first_airfoil.md").read_text()
    mine = [s.text for s in tools[0].steps(page) if "naca0012.dat" in s.text]
    code, command = mine
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        exec(code, {})
        found = tools[1].command(command, tmp_path)
    assert found.returncode == 1  # as on the page
    assert "naca0012.dat" in found.stdout
    assert "rejected" in found.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", TUTORIALS)
def test_a_tutorial_runs(tools: tuple[Any, Any], name: str, tmp_path: Path) -> None:
    if name in BY_XFOIL and shutil.which("xfoil") is None:
        pytest.skip("the program xfoil is not installed")
    done = tools[1].did(name, tmp_path)
    assert done
    if not (tools[1].RUNS / f"{name}.json").is_file():
        return  # it shows no output
    for one, before in zip(done, stored(tools, name), strict=True):
        assert one["text"] == before["text"]
        assert one["code"] == before["code"]
        assert shape(one["printed"]) == shape(before["printed"])
