"""The page about verbs of one's own: its code runs unchanged."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from ingenium.core.errors import CorruptError

ROOT = Path(__file__).parents[1]


def test_the_page_about_verbs_does_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs" / "how-to" / "own_verb.md").read_text()
    verb, use = re.findall("```python\n(.*?)```", page, re.DOTALL)
    (tmp_path / "twins.py").write_text(verb)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    names: dict[str, Any] = {}
    exec(use, names)
    found = names["found"]
    assert found.verdict in ("accepted", "rejected")
    assert found.values["twins"].limits[0].at_most == 0
    assert found.replay().reproduced
    assert "Twins" in (tmp_path / "out" / "twins" / "report.html").read_text()
    (tmp_path / "out" / "twins" / "twins.csv").write_text("")
    with pytest.raises(CorruptError, match=r"twins\.csv"):
        type(found).open(tmp_path / "out" / "twins")
    del sys.modules["twins"]
