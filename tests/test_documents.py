"""Documents: links lead somewhere, and the specs they show can be read."""

import re
import sys
import tomllib
from pathlib import Path

import pytest

from ingenium.core.spec import Spec, parse
from ingenium.domains import problem_class

ROOT = Path(__file__).parents[1]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.stem)
def test_links_lead_to_files(path: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
        if not link.startswith(("http", "#")):
            assert (path.parent / link.partition("#")[0]).exists(), link


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.stem)
def test_specs_can_be_read(path: Path) -> None:
    for text in re.findall(r"```toml\n(.*?)```", path.read_text(), flags=re.DOTALL):
        table = tomllib.loads(text)
        if "problem" in table:
            found = parse(table, Spec, path.name)
            kind = problem_class(found.problem)
            parse(found.setup, kind.Settings, f"setup in {path.name}")


def test_blocks_are_replaced_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    import blocks

    sys.modules.pop("blocks")
    text = "a\n<!-- x:one -->\nold\n<!-- /x -->\nb\n<!-- y:two -->\nstays\n<!-- /y -->\n"
    made = blocks.filled(text, {"x": lambda name: f"new {name}"})
    assert made == text.replace("old", "new one")
    assert blocks.filled(made, {"x": lambda name: f"new {name}"}) == made
