"""The contract on sketches."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from ingenium.testing import Damage, ProblemContract


def _other(old: str, new: str, path: Path) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def _title(path: Path) -> None:
    text = path.read_text()
    start, end = text.index("<title>"), text.index("</title>")
    word = "<title>phone" if "phone" not in text[start:end] else "<title>mail"
    path.write_text(text[:start] + word + text[end:])


def _line(path: Path) -> None:
    _other("</svg>", '<path d="M2 2L22 2"/>\n</svg>', path)


class TestSubjects(ProblemContract):
    problem_name = "edge.doodle"
    no_answer: ClassVar[str] = "<heart>"

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {"svg": {"that means another word": _title, "with a line more": _line}}
