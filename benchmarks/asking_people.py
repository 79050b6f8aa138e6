"""A person who knows what was meant: answers the questions of a reply, at most two of them.

The person takes a choice if it agrees with what was meant, leaves words out if nothing is missing,
and otherwise types the missing entries that the question is about, as lines of a spec.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmarks.asking_truth import Truth, missing, present, same, surplus
from ingenium.verbs.ask import ask
from ingenium.words.contract import Contract
from ingenium.words.judge import number
from ingenium.words.lines import read_lines
from ingenium.words.reading import OpenQuestion, ReadValue
from ingenium.words.replies import Reply
from ingenium.words.verbs import WHAT

ANSWERS = 2
RIGHT, REACHED, OPEN, WRONG = "right at once", "reached", "not reached", "wrong"


@dataclass(frozen=True)
class Outcome:
    """Outcome of a request."""

    kind: str
    answers: tuple[str, ...] = ()
    typed: bool = False
    why: str = ""


def outcome(
    truth: Truth, known: Sequence[Contract], text: str = "", *, encoder: bool = True
) -> Outcome:
    """Ask, answer at most two questions as the author of a request would, and compare."""
    by_name = {c.problem: c for c in known}
    contract = by_name.get(truth.problem)
    said, typed = text or truth.text, False
    answers: list[str] = []
    truth = replace(truth, want=tuple(w.replace(truth.text, said) for w in truth.want))
    reply = ask(said, known, encoder=encoder)
    while len(answers) < ANSWERS and not _over(truth, reply):
        answer, own = _answer(truth, reply, contract)
        if answer is None:
            break
        answers.append(answer)
        typed |= own
        reply = ask(said, known, answers=answers, encoder=encoder)
    return _outcome(truth, reply, contract, tuple(answers), typed)


def _over(truth: Truth, reply: Reply) -> bool:
    return reply.complete or reply.outside or not reply.questions


def _outcome(
    truth: Truth, reply: Reply, contract: Contract | None, answers: tuple[str, ...], typed: bool
) -> Outcome:
    if reply.complete:
        why = _wrong(truth, reply, contract)
        if not why and truth.ask and not answers:
            why = f"did not ask about {', '.join(truth.ask)}"
        kind = WRONG if why else REACHED if answers else RIGHT
        return Outcome(kind, answers, typed, why)
    if truth.outside and reply.outside:
        return Outcome(REACHED if answers else RIGHT, answers, typed)
    why = "; ".join(q.text for q in reply.questions)
    return Outcome(OPEN, answers, typed, f"{why} | {_wrong(truth, reply, contract)}")


def _wrong(truth: Truth, reply: Reply, contract: Contract | None) -> str:
    if truth.outside:
        return "is outside"
    if (reply.reading.problem or "") != truth.problem or reply.verb.verb != truth.verb:
        return f"{reply.verb.verb} {reply.reading.problem}"
    lacks, more = missing(truth, reply, contract), surplus(truth, reply, contract)
    return f"lacks {lacks}, has {more}" if lacks or more else ""


def _answer(truth: Truth, reply: Reply, contract: Contract | None) -> tuple[str | None, bool]:
    """The answer to the first question, and whether it was typed."""
    question = reply.questions[0]
    door = question.about in ("problem", "verb", "language")
    if door:
        return _at_the_door(truth, question)
    if truth.outside:
        return "problem none", True
    if (reply.reading.problem or "") != truth.problem:
        return f"problem {truth.problem}", True
    if reply.verb.verb != truth.verb:
        return (f"verb {truth.verb}" if truth.verb in WHAT else None), True
    if contract is None:
        return _file(truth, question)
    for place, choice in enumerate(question.choices, 1):
        if choice.says and _agrees(truth, choice.says, contract):
            return str(place), False
    lacking = missing(truth, reply, contract)
    about = lacking if question.kind == "unread" else _about(lacking, question, contract)
    lines = [_typed(line, contract) for line in about or lacking]
    if lines:
        return "; ".join(lines), True
    for place, choice in enumerate(question.choices, 1):
        if not choice.says:
            return str(place), False
    return None, False


def _at_the_door(truth: Truth, question: OpenQuestion) -> tuple[str | None, bool]:
    wanted = (
        "problem none"
        if truth.outside
        else f"{question.about} {getattr(truth, question.about, '')}"
    )
    for place, choice in enumerate(question.choices, 1):
        if choice.says == wanted:
            return str(place), False
    return (wanted, True) if wanted.split()[-1:] != [question.about] else (None, False)


def _file(truth: Truth, question: OpenQuestion) -> tuple[str | None, bool]:
    if question.about == "file":
        names = [w.removeprefix("file = ") for w in truth.want if w.startswith("file = ")]
        return (names or ["data.csv"])[0], True
    return ("1", False) if question.choices else (None, False)


def _agrees(truth: Truth, line: str, contract: Contract) -> bool:
    """True if a line gives something that was meant."""
    meant = [
        _typed(one.removeprefix("maybe "), contract)
        for entry in truth.want
        for one in entry.split(" or ")
    ]
    return any(_same_line(line, one, contract) for one in meant)


def _same_line(line: str, wanted: str, contract: Contract) -> bool:
    """True if two lines read as the same values."""
    one, two = (read_lines(said, 0, contract)[0] for said in (line, wanted))
    both = zip(one, two, strict=False)
    return bool(one) and len(one) == len(two) and all(_close(a, b) for a, b in both)


def _close(one: ReadValue, two: ReadValue) -> bool:
    if one.key != two.key or set(one.names) != set(two.names) or one.up != two.up or one.copied:
        return False
    for side, end in (("low", 0), ("high", 1), ("exact", 0)):
        a, b = getattr(one, side), getattr(two, side)
        if (a is None) != (b is None):
            return False
        if a is not None and not same(number(a, end, one.entry), number(b, end, two.entry)):
            return False
    return True


def _about(lacking: Sequence[str], question: OpenQuestion, contract: Contract) -> list[str]:
    """Missing entries on the thing of a question."""
    names = {question.about}
    for e in contract.entries:
        if e.measured == question.about or e.name == question.about:
            names |= {e.name, str(e.measured)}
    return [x for x in lacking if any(f" {n} " in f" {x} " for n in names)]


def _typed(line: str, contract: Contract) -> str:
    """An entry of `want` as a person types it."""
    first = present(line.removeprefix("maybe ").split(" or ")[0], contract)
    head, _, rest = first.partition(" ")
    if head in ("minimise", "maximise"):
        return first
    if head == "count":
        return f"n = {rest.removeprefix('= ')}"
    if head in ("file", "option"):
        return rest.removeprefix("= ")
    name, _, value = rest.partition(" ")
    if value.startswith("in "):
        return f"{head}.{name} = {value[3:].replace('|', ', ')}"
    if ".." in value and not value.startswith("= "):
        low, high = value.split("..")
        return f"{head}.{name} = {low} .. {high}"
    return f"{head}.{name} {value}"
