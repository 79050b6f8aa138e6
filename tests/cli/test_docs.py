"""Documents in the terminal, and the pages that errors name."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown.extensions.toc import slugify
from typer.testing import CliRunner

from ingenium.cli import documents
from ingenium.cli.app import app
from ingenium.core import errors, spec
from ingenium.core.errors import CorruptError, IngeniumError, InputError, SpecError

SOURCES = Path(documents.__file__).parents[1]


def named() -> Iterator[str]:
    """Every page that the code names."""
    yield from documents.HELPFUL.values()
    yield from (e.page for e in vars(errors).values() if isinstance(e, type) and hasattr(e, "page"))
    for path in SOURCES.rglob("*.py"):
        yield from re.findall(r"ingenium docs ([a-z][\w/-]*(?:#[\w-]+)?)", path.read_text())


def test_pages_that_the_code_names_are_there() -> None:
    pages = set(named())
    assert len(pages) > 10
    for page in pages:
        assert documents.page(page).startswith("#"), page


def test_anchors_are_those_of_the_site() -> None:
    heads = [
        line.lstrip("#").strip()
        for path in documents.pages().values()
        for line in path.read_text().splitlines()
        if line.startswith("#") and "](" not in line
    ]
    assert len(heads) > 100
    for head in heads:
        assert documents.slug(head) == slugify(head.replace("`", ""), "-"), head


def test_sections_reach_to_the_next_of_their_level() -> None:
    text = "# A\n1\n## B\n2\n### C\n3\n```\n# no heading\n```\n## B\n4\n"
    assert documents.sections(text) == {
        "a": text,
        "b": "## B\n2\n### C\n3\n```\n# no heading\n```\n",
        "c": "### C\n3\n```\n# no heading\n```\n",
        "b_1": "## B\n4\n",
    }


def test_an_error_leads_to_the_page_of_its_module(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        spec.load(tmp_path / "absent.toml")
    assert documents.helpful(caught.value) == "reference/spec"
    assert documents.helpful(SpecError("a", "b")) == SpecError.page
    assert documents.helpful(CorruptError("a", "is odd")) == CorruptError.page
    assert documents.helpful(ValueError()) == IngeniumError.page


def test_the_command_shows_pages_and_errors_name_them() -> None:
    runner = CliRunner()
    assert "how-to/audit" in runner.invoke(app, ["docs"]).stdout
    shown = runner.invoke(app, ["docs", "how-to/audit#in-python"]).stdout
    assert shown.startswith("## In Python")
    wrong = runner.invoke(app, ["docs", "how-to/audt"])
    assert wrong.exit_code == 2
    assert '"how-to/audit"' in wrong.stderr
    found = runner.invoke(app, ["show", "grid.none"])
    assert "See: ingenium docs reference/cli#ingenium-list" in found.stderr
