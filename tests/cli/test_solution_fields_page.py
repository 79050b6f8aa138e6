"""The small example of the how-to on solution fields, unchanged."""

import re
from pathlib import Path

import pytest
from calling import call

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "solution_fields.md"


def test_the_small_example_is_done_as_the_page_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = PAGE.read_text()
    (spec,) = re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)
    command = re.findall(r"^ingenium (propose .*small\.toml.*)$", text, re.MULTILINE)[0]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.toml").write_text(spec)
    code, said, errors = call(*command.split())
    assert code in (0, 1), errors
    assert "8 designs" in said
    page = (tmp_path / "out/small/report.html").read_text()
    assert page.index("The solver at the same error") < page.index("Fields and their error")
    assert "use the solver" in page
