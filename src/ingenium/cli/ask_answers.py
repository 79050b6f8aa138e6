"""Output of `ask` with `--json`, as types."""

from typing import Any, Literal

from typing_extensions import TypedDict

from ingenium.core.spec import Spec


class AskedWords(TypedDict):
    """Words of a request, and where they stand."""

    start: int
    end: int
    text: str


class AskedValue(TypedDict):
    """A value of the spec: the words that it stands on, or whose default it is."""

    place: str
    value: Any
    unit: str
    words: list[AskedWords]
    default: str


class AskedBack(TypedDict):
    """A question that a request leaves open."""

    about: str
    kind: Literal["missing", "open", "contradiction", "unread", "outside", "language"]
    text: str
    words: list[AskedWords]


class AskAnswer(TypedDict):
    """`ask`: what was understood; with `--run` it answers as `propose` does."""

    problem: str | None
    whole: bool
    spec: Spec | None
    designs: int | None
    values: list[AskedValue]
    questions: list[AskedBack]
    unread: list[AskedWords]
    file: str | None
    page: str


class QuotedAnswer(TypedDict):
    """A sentence, and the characters of the file that hold what it says."""

    text: str
    file: str
    start: int
    end: int
    quote: str
    digest: str


class SentenceHeldBack(TypedDict):
    """A sentence of a model that did not leave, and why."""

    text: str
    why: str


class DocumentsAnswer(TypedDict):
    """`ask --documents`: sentences with their quotes."""

    question: str
    sentences: list[QuotedAnswer]
    held_back: list[SentenceHeldBack]
