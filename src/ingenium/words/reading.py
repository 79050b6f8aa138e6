"""The reading of a request: values with their words, and open questions."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ingenium.core.errors import InputError
from ingenium.words.contract import ContractEntry
from ingenium.words.measures import Measure

Span = tuple[int, int]
Part = Literal["condition", "limit", "fixed", "objective", "setup", "given", "count"]
LEAVE_OUT = "leave it out"


@dataclass(frozen=True)
class ReadValue:
    """A value of a spec and the words behind it.

    A number is a `Measure` of the text, a name one of the contract's or a piece of the text: there
    is no other way to build one, so that nothing can be invented.
    """

    part: Part
    entry: ContractEntry
    words: tuple[Span, ...]  # of the value first, then of what names it
    low: Measure | None = None  # whose lower or only end is the least
    high: Measure | None = None
    exact: Measure | None = None
    names: tuple[str, ...] = ()  # choices of the contract
    copied: tuple[Span, ...] = ()  # pieces of the text
    up: bool | None = None  # of an objective: more is better

    @property
    def key(self) -> tuple[str, str]:
        """Part of the spec and entry that it fills."""
        return self.part, self.entry.name


QuestionKind = Literal[
    "missing", "open", "contradiction", "unread", "outside", "language", "range", "unit", "relative"
]


@dataclass(frozen=True)
class Choice:
    """One answer to a question, as a line that answers it."""

    text: str  # for a person
    says: str = ""  # `mass <= 0.6 kg`, `problem structures.bracket`; empty leaves the words out


@dataclass(frozen=True)
class OpenQuestion:
    """An open question of a request, with its words and its likely answers."""

    about: str  # a name of the contract, or `problem`, `n`, `words`
    kind: QuestionKind
    text: str  # the question, in fixed words
    words: tuple[Span, ...] = ()
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class RequestReading:
    """A request as it was read."""

    text: str
    problem: str | None
    found: tuple[ReadValue, ...] = ()
    questions: tuple[OpenQuestion, ...] = ()
    unread: tuple[Span, ...] = ()  # phrases of which nothing was used
    context: tuple[Span, ...] = ()  # phrases that say what it is for, and set nothing
    title: tuple[Span, ...] = ()  # words by which the problem was chosen
    rivals: tuple[str, ...] = ()  # other problems that were near

    @property
    def whole(self) -> bool:
        """True if a problem is chosen and no question is open."""
        return self.problem is not None and not self.questions

    def of(self, part: Part) -> Iterable[ReadValue]:
        """Values of a part of the spec."""
        return (found for found in self.found if found.part == part)


NO_TEXT = "a request in words, such as `a bracket under 600 g with stress below 150 MPa`"
LONGEST = 20_000  # characters of a request


def checked(text: str | bytes) -> str:
    """Return a request as text, if it is valid."""
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            where = f"bytes that are no UTF-8 from place {error.start} on"
            raise InputError(NO_TEXT, where, "Save it as UTF-8.") from None
    if not text.strip():
        raise InputError(NO_TEXT, "nothing", "Say what you want, with numbers and units.")
    if len(text) > LONGEST:
        raise InputError(
            f"a request of at most {LONGEST:,} characters",
            f"{len(text):,} characters",
            "Say what you want in a few sentences.",
        )
    odd = [c for c in text if (ord(c) < 32 and c not in "\n\t\r") or 0xD800 <= ord(c) <= 0xDFFF]
    if odd:
        raise InputError("a request without control characters", repr(odd[0]), "Leave them out.")
    return text
