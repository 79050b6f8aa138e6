"""The contract on sketches."""

from collections.abc import Mapping
from functools import partial
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
        frame = {
            "without ink": ('stroke="black"', 'stroke="none"'),
            "in white": ('stroke="black"', 'stroke="#ffffff"'),
            "filled": ('fill="none"', 'fill="black"'),
            "of no width": ('width="240"', 'width="0"'),
            "stretched": ('height="240"', 'height="2400" preserveAspectRatio="none"'),
            "with a pen of another end": ('linecap="round"', 'linecap="square"'),
            "of another kind of XML": ("www.w3.org/2000/svg", "example.org/no-svg"),
            "with a sheet of style": ("<svg ", '<?xml-stylesheet href="a.css"?>\n<svg '),
            "with a document type": ("<svg ", '<!DOCTYPE svg SYSTEM "a.dtd">\n<svg '),
            "hidden": ("<path ", '<path visibility="hidden" '),
            "with a comma behind a letter": ('d="M', 'd="M,'),
            "with a comma behind each letter": ("L", "L,"),
            "with a no-break space": ('d="M', 'd="M&#160;'),
            "in a title": ("<title>", "<title><path d='M1 1L9 9'/>"),
        }
        return {
            "svg": {
                "that means another word": _title,
                "with a line more": _line,
                **{what: partial(_other, *how) for what, how in frame.items()},
            }
        }
