"""Sources as lines of words, and texts made of pieces of them.

A text has its lines, then a list of pieces: `- 1: name 12:3-6` says that the next words of line 1
are words 3 to 6 of line 12 of a source.
"""

import re
from dataclasses import dataclass

from ingenium.core.errors import InputError

WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")
HEAD = re.compile(r"(?m)^=== (?P<name>[a-z0-9][a-z0-9_-]{0,39})[ ]*\n")
MARK = "\n\n## Sources\n\n"
PIECE = re.compile(
    r"- (?P<at>[1-9]\d{0,3}): (?P<name>[a-z0-9][a-z0-9_-]*) (?P<line>[1-9]\d{0,6}):"
    r"(?P<first>[1-9]\d{0,3})-(?P<last>[1-9]\d{0,3})"
)
DEFAULT = """=== tide
The water comes back by the way it went, without a word to the stones.
Whoever lent the sea a boat has learned what lending is.
A rope remembers every hand, and lets go of the last one first.
Low tide: the harbour shows its pockets, and they are empty.
We have counted the nights by their lamps and come out one lamp short.
=== ledger
Carried forward, eleven hundred, in a hand that is not mine.
Paid to the chandler: four brass cocks, and the string to tie them.
A nought in one stroke is a door left open.
Interest accrues on what is not said, from the first day.
Balance as of tonight: three chairs, two bowls, and the wind.
=== forecast
Northerly, six to seven, backing, and later good.
Visibility moderate, becoming poor in what we used to call spring.
The outlook for the coast is the coast.
Rain at times, and at other times the memory of rain.
"""


@dataclass(frozen=True)
class SourcePiece:
    """Words of one line of a source; numbers are from 1 on."""

    name: str
    line: int
    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.name} {self.line}:{self.first}-{self.last}"


@dataclass(frozen=True)
class Sources:
    """Words of each line of each source."""

    lines: dict[str, tuple[tuple[str, ...], ...]]

    @classmethod
    def of(cls, text: str) -> "Sources":
        """Read sources, each below a line `=== name`; a text without any is one source.

        Raises:
            InputError: for sources of one name, or too few words to cut.
        """
        heads = list(HEAD.finditer(text))
        if not heads:
            text = f"=== source\n{text}"
            heads = list(HEAD.finditer(text))
        names = [m["name"] for m in heads]
        if len(set(names)) < len(names) or text[: heads[0].start()].strip():
            raise InputError("sources below lines `=== name`, each name once", ", ".join(names))
        ends = [m.start() for m in heads[1:]] + [len(text)]
        found = {
            m["name"]: tuple(tuple(WORD.findall(x)) for x in text[m.end() : e].split("\n"))
            for m, e in zip(heads, ends, strict=True)
        }
        if sum(len(w) > 1 for lines in found.values() for w in lines) < 4:
            raise InputError("sources of at least four lines with words", "fewer")
        return cls(found)

    def words(self, piece: SourcePiece) -> tuple[str, ...] | None:
        """Return the words of a piece; None where there are none."""
        lines = self.lines.get(piece.name, ())
        if not 1 <= piece.line <= len(lines) or piece.first > piece.last:
            return None
        own = lines[piece.line - 1]
        return own[piece.first - 1 : piece.last] if piece.last <= len(own) else None

    @property
    def usable(self) -> list[tuple[str, int]]:
        """Lines of at least two words, by source and number."""
        return [
            (n, i) for n, lines in self.lines.items() for i, w in enumerate(lines, 1) if len(w) > 1
        ]


def written(lines: list[list[SourcePiece]], sources: Sources) -> str:
    """Return the text of pieces, line by line, with its list of pieces."""
    shown = [" ".join(w for p in line for w in sources.words(p) or ()) for line in lines]
    listed = [f"- {i}: {p}" for i, line in enumerate(lines, 1) for p in line]
    return "\n".join(shown) + MARK + "\n".join(listed) + "\n"


def read_cut(text: str) -> tuple[list[list[str]], list[list[SourcePiece]]] | None:
    """Return the words of each line, and the pieces of each; None for a text of another form."""
    body, mark, rest = text.partition(MARK)
    if not mark or not rest.endswith("\n"):
        return None
    rows = [PIECE.fullmatch(x) for x in rest[:-1].split("\n")]
    lines = body.split("\n")
    numbers = [int(m["at"]) for m in rows if m]
    if (
        None in rows
        or numbers != sorted(numbers)
        or not set(numbers) <= set(range(1, len(lines) + 1))
    ):
        return None
    pieces: list[list[SourcePiece]] = [[] for _ in lines]
    for m in rows:
        if m:
            made = SourcePiece(m["name"], int(m["line"]), int(m["first"]), int(m["last"]))
            pieces[int(m["at"]) - 1].append(made)
    return [x.split(" ") for x in lines], pieces
