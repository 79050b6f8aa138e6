"""Output of `ask` with `--json`, as types."""

from typing import Any, Literal

from typing_extensions import TypedDict

from ingenium.core.spec import Spec
from ingenium.words.reading import QuestionKind


class RequestedWords(TypedDict):
    """Words of a request, and where they stand."""

    start: int
    end: int
    text: str


class RequestedValue(TypedDict):
    """A value of the spec: the words that it stands on, or whose default it is."""

    place: str
    value: Any
    unit: str
    words: list[RequestedWords]
    default: str
    note: str


class AskedChoice(TypedDict):
    """One numbered answer to a question, and the line that it says."""

    text: str
    says: str


class RequestReturned(TypedDict):
    """A question that a request leaves open; `choices` are numbered from 1."""

    about: str
    kind: QuestionKind
    text: str
    words: list[RequestedWords]
    choices: list[AskedChoice]


class NearProblem(TypedDict):
    """A problem that a request may mean."""

    problem: str
    summary: str


class AskAnswer(TypedDict):
    """`ask`: what was understood; with `--run` it answers as `propose` does."""

    status: Literal["complete", "draft", "outside"]
    verb: str
    problem: str | None
    command: str | None
    spec: Spec | None
    designs: int | None
    files: list[str]
    options: dict[str, float]
    values: list[RequestedValue]
    questions: list[RequestReturned]
    unread: list[RequestedWords]
    candidates: list[NearProblem]
    example: str | None
    table: str | None
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


class NearestPassage(TypedDict):
    """Passage nearest to a question that nothing answers."""

    file: str
    start: int
    end: int
    text: str


class SentenceHeldBack(TypedDict):
    """A sentence of a model that did not leave, and why."""

    text: str
    why: str


class DocumentsAnswer(TypedDict):
    """`ask --documents`: sentences with their quotes."""

    question: str
    sentences: list[QuotedAnswer]
    confidence: list[float]
    nearest: list[NearestPassage]
    withheld: list[SentenceHeldBack]
