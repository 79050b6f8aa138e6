"""The report of a request: its words in colours, the spec next to them, and what is open."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from ingenium.words.phrases import PhraseLine, lines
from ingenium.words.reading import Span
from ingenium.words.rephrasing import Rephrased
from ingenium.words.replies import Reply

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
SETTLED = {"complete": "Understood", "draft": "A draft: something is open", "outside": "Outside"}


@dataclass(frozen=True)
class Piece:
    """A part of a request in one colour; plain without one."""

    text: str
    colour: str = ""
    what: str = ""  # the value that it became
    requested: bool = False
    unread: bool = False

    @property
    def marks(self) -> str:
        """Classes of its style: an unread word is marked as such, even inside a question."""
        if self.unread:
            return "unread"
        return "asked" if self.requested else ""


def page(reply: Reply, shown: str, again: tuple[Rephrased, ...] = ()) -> str:
    """Return the report as HTML; `shown` is the spec or its draft as TOML."""
    listed = lines(reply.made, reply.reading.text) if reply.made else []
    said = [line for line in listed if not line.default]
    colours = _colours(said)
    status = "outside" if reply.outside else "complete" if reply.complete else "draft"
    return _template().render(
        heading=SETTLED[status],
        status=status,
        pieces=pieces(reply, said, colours),
        rows=[(line, colours.get(line.what, "")) for line in said],
        defaults=[line for line in listed if line.default],
        questions=reply.questions,
        problem=reply.reading.problem,
        verb=reply.verb.verb,
        candidates=reply.candidates,
        shown=shown.strip(),
        again=again,
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


def pieces(reply: Reply, said: list[PhraseLine], colours: dict[str, str]) -> list[Piece]:
    """Split the whole request in order; a word of two things has the colour of the first."""
    text = reply.reading.text
    owner: list[str] = [""] * len(text)
    for line in said:
        for start, end in line.spans:
            for i in range(start, end):
                owner[i] = owner[i] or line.what
    requested = _marks(len(text), [s for q in reply.questions for s in q.words])
    unread = _marks(len(text), list(reply.reading.unread))
    marks = list(zip(owner, requested, unread, strict=True))
    found: list[Piece] = []
    start = 0
    for i in range(1, len(marks) + 1):
        if i == len(marks) or marks[i] != marks[start]:
            what, open_, left = marks[start]
            found.append(Piece(text[start:i], colours.get(what, ""), what, open_, left))
            start = i
    return found


def _marks(length: int, spans: list[Span]) -> list[bool]:
    marks = [False] * length
    for start, end in spans:
        marks[start:end] = [True] * (end - start)
    return marks
