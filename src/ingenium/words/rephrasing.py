"""A request said again as lines of what was understood; each was tried and is complete."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ingenium.words.lines import line_of, named_line
from ingenium.words.reading import ReadValue
from ingenium.words.replies import Reply


@dataclass(frozen=True)
class Rephrased:
    """Words to type instead, with the problem that they are for."""

    problem: str
    text: str

    @property
    def command(self) -> str:
        """The whole command."""
        return f'ingenium ask "{self.text}" --problem {self.problem}'


def rephrased(reply: Reply, ask: Callable[[str, str], Reply]) -> tuple[Rephrased, ...]:
    """Requests that work and say what was understood, with each likely answer to one question.

    `ask` reads a text for a problem; what it does not call complete is not shown.
    """
    problem = reply.reading.problem
    if reply.complete or problem is None or reply.contract is None:
        return ()
    own = "; ".join(line for v in reply.reading.found for line in _lines(v, reply.reading.text))
    answers = [c.says for q in reply.questions for c in q.choices if c.says][:2]
    texts = [f"{own}; {a}" if own else a for a in answers if not a.startswith(("problem", "verb"))]
    tried = dict.fromkeys([*texts, own] if own else texts)
    made = [Rephrased(problem, text) for text in tried if ask(text, problem).complete]
    return tuple(made[:3])


def _lines(value: ReadValue, text: str) -> Iterator[str]:
    """The lines of a spec that give a value."""
    entry = value.entry
    if value.part == "count" and value.exact is not None:
        yield f"n = {value.exact.low.value:g}"
    elif value.part == "objective":
        yield f"{'maximise' if value.up else 'minimise'} {entry.name}"
    elif value.names:
        yield named_line(entry, ", ".join(value.names))
    elif value.copied:
        yield named_line(entry, ", ".join(text[a:b] for a, b in value.copied))
    elif value.exact is not None:
        yield line_of(entry, value.exact, "value")
    elif value.low is not None and value.low is value.high:
        yield line_of(entry, value.low)
    else:
        if value.low is not None:
            yield line_of(entry, value.low, "least")
        if value.high is not None:
            yield line_of(entry, value.high, "most")
