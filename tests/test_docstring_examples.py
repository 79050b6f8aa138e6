"""Examples in docstrings that the reference shows, run in the order of its pages."""

import doctest
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "docs" / "reference" / "python" / f"{name}.md" for name in ("api", "core", "search")
]
PAGES += sorted(set(PAGES[0].parent.glob("*.md")) - set(PAGES))
MODULE = re.compile(
    r"^::: (ingenium[.\w]*\.[a-z_]+|ingenium\.domains)$(?P<options>(\n +.*)*)", re.M
)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL


def shown() -> Iterator[doctest.DocTest]:
    """Yield the examples of each function on the pages; none where it has no example."""
    finder = doctest.DocTestFinder(exclude_empty=False, recurse=False)
    for found in (found for page in PAGES for found in MODULE.finditer(page.read_text())):
        module = importlib.import_module(found[1])
        members = re.search(r"members: \[(.*)\]", found["options"])
        for name, member in vars(module).items():
            own = inspect.isfunction(member) and member.__module__ == module.__name__
            listed = members is None or name in members[1].split(", ")
            if own and listed and not name.startswith("_"):
                yield from finder.find(member, f"{found[1]}.{name}", module)


def test_every_function_of_the_reference_has_an_example_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    tests = list(shown())
    assert len(tests) > 35
    assert [one.name for one in tests if not one.examples] == []
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    for one in tests:
        runner.run(one)
    assert runner.summarize(verbose=False).failed == 0, capsys.readouterr().out
