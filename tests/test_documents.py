"""Documents: links are valid, and the specs they show can be read."""

import ast
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from ingenium.core.spec import Spec, parse
from ingenium.domains import load, own, problem_class
from ingenium.infer.spec import InferSpec
from plugged import outside, plugged

ROOT = Path(__file__).parents[1]
READMES = [ROOT / "src" / "ingenium" / "domains" / name / "README.md" for name in own()]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), *READMES]
HEADS = [
    "Problem",
    "Variables",
    "Measurements and units",
    "Engine",
    "Data and licence",
    "Baselines",
    "Results",
    "References",
]


@pytest.fixture
def building(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The hooks of the site."""
    monkeypatch.syspath_prepend(str(ROOT / "tools" / "docs"))
    return import_module("building")


@pytest.mark.usefixtures("thin_films")
@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.stem)
def test_links_of_a_page_lead_to_files_and_its_specs_can_be_read(path: Path) -> None:
    links_lead_to_files(path)
    specs_can_be_read(path)


def links_lead_to_files(path: Path) -> None:
    words = re.sub(r"^```.*?^```|`[^`\n]+`", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
    for link in re.findall(r"\]\(([^)\s]+)\)", words):  # a formula in code may look like one
        if not link.startswith(("http", "#", "book/")):  # pages of the book are made for the site
            assert (path.parent / link.partition("#")[0]).exists(), link


@pytest.fixture(scope="module")
def thin_films(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The package that a page explains how to write."""
    with plugged(outside(tmp_path_factory.mktemp("site"))):
        yield


def specs_can_be_read(path: Path) -> None:
    for text in re.findall(r"```toml[^\n]*\n(.*?)```", path.read_text(), flags=re.DOTALL):
        table = tomllib.loads(text)
        if "problem" in table:
            requested = InferSpec if "truths" in table else Spec  # of a posterior
            found = parse(table, requested, path.name)
            kind = problem_class(found.problem)
            parse(found.setup, kind.Settings, f"setup in {path.name}")


@pytest.mark.parametrize("name", own())
def test_a_domain_says_what_it_holds(name: str) -> None:
    """A README has the common headings, with a command and a spec of each problem."""
    text = (ROOT / "src" / "ingenium" / "domains" / name / "README.md").read_text()
    sections = [part.partition("\n") for part in text.split("\n## ")[1:]]
    assert [head for head, _, body in sections if body.strip()] == HEADS
    given = dict(
        re.findall(r"^ingenium (?:propose|infer) (\S+)(?: --spec (\S+))?", text, re.MULTILINE)
    )
    assert set(given) == {f"{name}.{key}" for key in load(name).problems}
    for problem, spec in given.items():
        if spec:
            assert tomllib.loads((ROOT / spec).read_text())["problem"] == problem


def test_each_problem_stands_in_the_documents_with_a_command() -> None:
    pages = (ROOT / "docs" / "problems.md").read_text()
    given = re.findall(r"^\| .* \| `ingenium (?:propose|infer) (\S+) ", pages, re.MULTILINE)
    every = [f"{name}.{key}" for name in own() for key in load(name).problems]
    assert sorted(set(given)) == sorted(every)


def test_listed_commands_ended_well_when_they_were_timed(building: Any) -> None:
    """A command that exports nothing, or fails, does not introduce a problem."""
    retained = json.loads((ROOT / "benchmarks" / "results" / "first_runs.json").read_text())
    answered = import_module("first_runs").answered
    assert [row["command"] for row in retained["rows"] if not answered(row)] == []
    nothing, unsure = ("ingenium propose a.b", 1), ("ingenium infer a.b", 1)
    ends = [answered({"command": c, "exit code": n}) for c, n in (nothing, unsure, (unsure[0], 3))]
    assert ends == [False, True, False]


def test_links_become_those_of_the_site(building: Any) -> None:
    text = "[a](docs/how-to/audit.md#x) [b](src/ingenium/runs/loop.py) [c](https://x.y) [d](#here)"
    assert building.led(text, "CONTRIBUTING.md") == (
        "[a](how-to/audit.md#x) [b](files/src/ingenium/runs/loop.py.md) [c](https://x.y) [d](#here)"
    )
    code = "```\n[a](docs/how-to/audit.md)\n```\n"
    assert building.led(code, "CONTRIBUTING.md") == code
    assert building.led("[up](../../README.md)", "docs/how-to/audit.md") == "[up](../index.md)"
    assert building.outside("[a](x.md) [b](../src/a.py)", "docs/y.md") == {"src/a.py"}


def test_a_status_becomes_a_mark(building: Any) -> None:
    mark = '<span class="status not-built">not built</span>'
    assert building.marked("**not built**\nnot built") == f"{mark}\nnot built"
    row = "| [9.1](9.md#row-9-1) | not built told | **not built** |"
    assert building.marked(row) == row.replace("**not built**", mark)
    as_by = '<span class="status confirmed-as-by">confirmed, as by a GAN</span>'
    assert building.marked("**confirmed, as by a GAN**") == as_by
    gaps = '<span class="status works-with-gaps">works with gaps</span>'
    assert building.marked("**works with gaps**") == gaps
    heads = "| Chapter | Claims | not built |"
    assert building.marked(heads) == heads


def test_pages_that_fetch_are_found(building: Any, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<a href="https://x.y">said</a><img src="own.png">')
    (tmp_path / "a.css").write_text("a { background: url(data:image/png;base64,xx) }")
    assert building.fetched(tmp_path) == []
    (tmp_path / "b.html").write_text('<script src="https://x.y/z.js"></script>')
    (tmp_path / "b.css").write_text("@font-face { src: url('//x.y/z.woff2') }")
    assert building.fetched(tmp_path) == ["b.html: https://x.y/z.js", "b.css: //x.y/z.woff2"]


def test_pages_that_a_site_lacks_are_found(building: Any, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<h2 id="here">x</h2>')
    assert building.unknown(tmp_path, {"a", "a#here"}) == []
    assert building.unknown(tmp_path, {"a#gone", "b"}) == ["a#gone", "b"]


def test_code_in_docstrings_is_fenced(building: Any) -> None:
    """Unfenced code would be shown as prose, with its lines merged."""
    for path in sorted((ROOT / "docs" / "reference" / "python").glob("*.md")):
        for name in re.findall(r"(?m)^::: (\S+)", path.read_text()):
            kind, _, last = name.rpartition(".")
            spec = find_spec(name) if last.islower() else find_spec(kind)
            assert spec is not None
            assert spec.origin is not None
            prose: list[str] = []
            text = ast.get_docstring(ast.parse(Path(spec.origin).read_text())) or ""
            building.outside_code(lambda part, to=prose: to.append(part) or part, text)
            assert not re.search(
                r"(?m)^(import |from \S+ import |\w+ = |print\()", "".join(prose)
            ), name


def test_blocks_are_replaced_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools" / "docs"))
    import blocks

    sys.modules.pop("blocks")
    text = "a\n<!-- x:one -->\nold\n<!-- /x -->\nb\n<!-- y:two -->\nstays\n<!-- /y -->\n"
    made = blocks.filled(text, {"x": lambda name: f"new {name}"})
    assert made == text.replace("old", "new one")
    assert blocks.filled(made, {"x": lambda name: f"new {name}"}) == made
