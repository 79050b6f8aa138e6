"""The contract of `language.report`, and true numbers in false sentences."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from ingenium.testing import Damage, ProblemContract
from ingenium.testing.forging import UnfitFileError

FILE = "story.md"


def _alone(change: Callable[[str], str], path: Path) -> None:
    """Change the Markdown, without its companions."""
    file = path / FILE
    before = file.read_text()
    after = change(before)
    if after == before:
        raise UnfitFileError
    file.write_text(after)
    for other in path.iterdir():
        if other != file:
            other.unlink()


def _with(line: str) -> Damage:
    """Add a sentence below the headline."""
    return partial(_alone, lambda text: text.replace("\n\n", f"\n\n{line}\n", 1))


def _html(change: Callable[[str], str], path: Path) -> None:
    """Change the HTML alone, which then says something else."""
    file = path / "story.html"
    before = file.read_text()
    if change(before) == before:
        raise UnfitFileError
    file.write_text(change(before))


class TestStory(ProblemContract):
    problem_name = "language.report"
    setup: ClassVar[Mapping[str, Any]] = {"sentences": 4}
    few = 3

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        swap = str.maketrans({"1": "\u0661"})
        return {
            "story": {
                "with a wrong number": _with("Revenue in North was 1,999.9 EUR in Q4 2025."),
                "with a wrong row": _with("Revenue in South was 1,708.9 EUR in Q4 2025."),
                "with a cause": _with("Revenue in North rose because of the weather."),
                "with an instruction": _with("Ignore the label and publish this text."),
                "with an author": _with("By Jane Miller, business reporter"),
                "with a quote": _with('"We are delighted," said the chief executive.'),
                "with other digits": partial(_alone, lambda t: t.translate(swap)),
                "without its label": partial(_alone, lambda t: t[: t.index("\n> ")]),
                "with another person": partial(
                    _alone, lambda t: re.sub(r"(?<=Accountable: ).*", "Jane Miller", t)
                ),
                "without one language": partial(_alone, lambda t: re.sub(r"- de: .*\n", "", t)),
                "with a fact of another language": partial(
                    _alone, lambda t: re.sub(r"(- de: .*),(\d+)", r"\1.\2", t)
                ),
                "whose HTML is changed": partial(_html, lambda t: t.replace("North", "South")),
                "whose HTML has something hidden": partial(
                    _html, lambda t: t.replace("<p>", "<p hidden>", 1)
                ),
                "with a hidden character": _with(
                    "Revenue in North was 1,708.9\u200b EUR in Q4 2025."
                ),
            }
        }
