"""A request and the answers to its questions: what has been said so far."""

import re
from dataclasses import dataclass, replace

from ingenium.core.errors import InputError
from ingenium.words.files import named_files
from ingenium.words.reading import OpenQuestion, Span, checked

DOOR = re.compile(r"\s*(?P<what>problem|verb)\s+(?P<name>[\w.-]+)\s*", re.IGNORECASE)
NONE = "none"  # as a name of a problem: the request is outside


@dataclass(frozen=True)
class Dialogue:
    """A request, the lines that answered questions, and the words that need no more reading.

    An answer is the number of a choice, or text: a line of a spec, or a sentence that is read like
    the request itself.
    """

    request: str
    lines: tuple[str, ...] = ()
    dropped: tuple[Span, ...] = ()
    problem: str | None = None
    verb: str | None = None

    @property
    def text(self) -> str:
        """The request and the answers, a line each."""
        return "\n".join((self.request, *self.lines))

    @property
    def plain(self) -> str:
        """The same, with blanks for words that an answer has settled."""
        letters = list(self.text)
        for start, end in self.dropped:
            letters[start:end] = " " * (end - start)
        return "".join(letters)

    def after(self, question: OpenQuestion, answer: str) -> "Dialogue":
        """Return the request with an answer to a question.

        Raises:
            InputError: for the number of a choice that there is not, or an empty answer.
        """
        said = answer.strip()
        if not said:
            raise InputError(
                "an answer", "nothing", "Write the number of a choice, or what you mean."
            )
        if said.isdigit() and question.choices:
            said = self._chosen(question, int(said))
        door = DOOR.fullmatch(said)
        words = question.words
        if question.kind != "unread":  # which is about the words themselves
            files = [(f.start, f.end) for f in named_files(self.text)]
            words = tuple(w for w in words if not any(a < w[1] and w[0] < b for a, b in files))
        settled = replace(self, dropped=(*self.dropped, *words))
        if door is not None:
            retained = self if question.kind in ("open", "outside") else settled
            if door["what"].lower() == "problem":
                return replace(retained, problem=door["name"])
            return replace(retained, verb=door["name"])
        if not said:
            return settled
        return replace(settled, lines=(*self.lines, checked(said)))

    def _chosen(self, question: OpenQuestion, number: int) -> str:
        if not 1 <= number <= len(question.choices):
            raise InputError(
                f"a choice from 1 to {len(question.choices)}",
                number,
                "Write one of the numbers, or what you mean.",
            )
        return question.choices[number - 1].says
