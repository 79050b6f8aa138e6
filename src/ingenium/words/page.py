"""The report of a request: its words in colours, alongside the spec that follows from them."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from ingenium.words.phrases import PhraseLine, lines
from ingenium.words.reading import RequestReading, Span
from ingenium.words.specs import Worded

COLOURS = (
    "#cfe3f7",
    "#fbe3b9",
    "#d5ecd0",
    "#ecd7f2",
    "#fbd3d0",
    "#cdeeee",
    "#e9e4c4",
    "#f6d9e6",
    "#d9dcf5",
    "#e3ecc2",
)
OPEN = "#ffffff"  # of words in open questions, framed


@dataclass(frozen=True)
class Piece:
    """A part of a request in one colour; plain without one."""

    text: str
    colour: str = ""
    asked: bool = False
    unread: bool = False


def page(reading: RequestReading, made: Worded | None) -> str:
    """Return the report as HTML."""
    listed = lines(made, reading.text) if made else []
    said = [line for line in listed if not line.default]
    colours = _colours(said)
    return _template().render(
        pieces=pieces(reading, said, colours),
        rows=[(line, colours.get(line.what, "")) for line in said],
        defaults=[line for line in listed if line.default],
        questions=reading.questions,
        problem=reading.problem,
    )


@cache
def _template() -> Template:
    """Load the template with the style of reports, whose package would import the whole run."""
    here = Path(__file__).parent
    environment = Environment(
        loader=FileSystemLoader([here, here.parent / "report"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("request.html.jinja")


def _colours(said: list[PhraseLine]) -> dict[str, str]:
    """Assign colours to the names of the spec, in turn."""
    names = list(dict.fromkeys(line.what for line in said))
    return {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}


def pieces(reading: RequestReading, said: list[PhraseLine], colours: dict[str, str]) -> list[Piece]:
    """Split the whole request in order; a word of two things has the colour of the first."""
    owner: list[str] = [""] * len(reading.text)
    for line in said:
        for start, end in line.spans:
            for i in range(start, end):
                owner[i] = owner[i] or colours[line.what]
    asked = _marks(reading, [s for q in reading.questions for s in q.words])
    unread = _marks(reading, list(reading.unread))
    marks = list(zip(owner, asked, unread, strict=True))
    found: list[Piece] = []
    start = 0
    for i in range(1, len(marks) + 1):
        if i == len(marks) or marks[i] != marks[start]:
            found.append(Piece(reading.text[start:i], *marks[start]))
            start = i
    return found


def _marks(reading: RequestReading, spans: list[Span]) -> list[bool]:
    marks = [False] * len(reading.text)
    for start, end in spans:
        marks[start:end] = [True] * (end - start)
    return marks
