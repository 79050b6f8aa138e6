"""Documents in the terminal, and the pages that errors name."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from markdown.extensions.toc import slugify
from typer.testing import CliRunner

from ingenium.cli import documents
from ingenium.cli.app import app
from ingenium.core import errors, spec
from ingenium.core.errors import CorruptError, IngeniumError, InputError, SpecError

SOURCES = Path(documents.__file__).parents[1]
ROOT = SOURCES.parents[1]


def named() -> Iterator[str]:
    """Yield every page that the code names."""
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
        for name, page in documents.pages().items()
        if not name.startswith(("book/", "reference/python/"))  # which have anchors of their own
        for line in page.read().splitlines()
        if line.startswith("#") and "](" not in line
    ]
    assert len(heads) > 100
    for head in heads:
        assert documents.slug(head) == slugify(head.replace("`", ""), "-"), head


def test_every_page_of_the_site_is_found() -> None:
    """Generated pages are included; a chapter of the book is written on request."""
    site = yaml.safe_load((ROOT / "mkdocs.yml").read_text())
    listed = set(re.findall(r"'([\w/-]+)\.md'", repr(site["nav"])))
    assert len(listed) > 60
    known = documents.pages()
    assert set(known) == listed
    for name, page in known.items():
        assert page.title, name
        if not name.startswith("book/"):
            assert page.read().startswith("# "), name
    assert documents.page("reference/grid").startswith("# Grid")
    assert "Apache" in documents.page("notice")


def test_a_page_of_python_shows_docstrings() -> None:
    text = documents.page("reference/python/api")
    assert "::: " not in text
    assert "## `propose`\n\n```python\ndef propose(spec: SpecLike, n: int=100, seed: int=0," in text
    assert "**Raises**\n\n- InputError: if the spec asks" in text
    assert "### `Run`\n\n```python\nclass Run(RunView):\n    problem: " in text
    assert "_ledger" not in text
    section = documents.page("reference/python/search#ingenium.searches.strategies.Task")
    assert section.startswith("### `Task`\n\n```python\nclass Task")
    assert "`Made`" not in section


def test_a_page_of_the_book_is_text() -> None:
    made = (
        "# 27 Grids\n\n!!! warning\n    No number.\n\n## 27.1 Days { #row-27-1 }\n\n"
        '<figure class="forest"><svg></svg></figure>\n\n??? note "How"\n    | a |\n    | - |\n'
    )
    text = documents.as_text(made)
    row = "## 27.1 Days { #row-27-1 }\n\n**How**\n\n| a |\n| - |\n"
    assert text == f"# 27 Grids\n\n**Warning**\n\nNo number.\n\n{row}"
    assert documents.sections(text)["row-27-1"] == row


@pytest.mark.slow
def test_a_chapter_of_the_book_is_shown() -> None:
    text = documents.page("book/27#row-27-1")
    assert text.startswith("## 27.1 ")
    assert "**Protocol**" in text
    assert not re.search(r"<svg|## 27\.2|\{ #|(?m:^(!!!|\?\?\?) )", text)


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


def test_an_error_of_a_field_leads_to_its_page(tmp_path: Path) -> None:
    from ingenium.domains.neuro.vowels.formats import SeriesFile

    with pytest.raises(InputError) as caught:
        SeriesFile(()).read(tmp_path / "absent.ts")
    assert documents.helpful(caught.value) == "reference/neuro"
    assert documents.helpful(caught.value) in documents.pages()
