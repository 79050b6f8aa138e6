"""From words to a reply: the verb, the problem, the reading under its contract, and the judge."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache

from ingenium.core.errors import InputError
from ingenium.words.adjectives import vocabulary
from ingenium.words.contract import Contract
from ingenium.words.data_requests import of_data
from ingenium.words.dialogue import NONE, Dialogue
from ingenium.words.doors import door_index
from ingenium.words.judge import judged
from ingenium.words.languages import foreign
from ingenium.words.likeness import SentenceMemory
from ingenium.words.lines import answered, read_lines, taken_by
from ingenium.words.reader import RequestReader
from ingenium.words.reading import Choice, OpenQuestion, ReadValue, RequestReading, checked
from ingenium.words.replies import ProblemCandidate, Reply
from ingenium.words.routing import ProblemRoute, Router
from ingenium.words.specs import Worded, worded
from ingenium.words.tokens import Request
from ingenium.words.verbs import PROPOSE, WHAT, VerbReading, read_verb

SHOWN = 3  # problems that a question names
Check = Callable[[Worded], None]  # raises InputError for what the problem does not take


def understand(
    text: str | bytes,
    known: tuple[Contract, ...],
    check: Check,
    *,
    problem: str | None = None,
    verb: str | None = None,
    lines: Iterable[str] = (),
    answers: Iterable[str] = (),
    memory: SentenceMemory | None = None,
) -> Reply:
    """Read a request under the contract that fits it best, and settle questions by answers.

    `lines` are said along with the request, such as the name of a file; with a `memory` of
    sentences the problem is found by meaning as well as by words.

    Raises:
        InputError: if it cannot be a request, or an answer cannot be one.
    """
    said = Dialogue(checked(text), tuple(lines), problem=problem, verb=verb)
    reply = _reply(said, known, check, memory)
    for answer in answers:
        if not reply.questions:
            break
        said = _pinned(said, reply).after(reply.questions[0], answer)
        reply = _reply(said, known, check, memory)
    return reply


def _pinned(said: Dialogue, reply: Reply) -> Dialogue:
    """Return the request with the problem and the verb that were certain."""
    uncertainty = any(q.about in ("problem", "verb", "language") for q in reply.questions)
    if uncertainty or reply.reading.problem is None:
        return said
    return replace(said, problem=reply.reading.problem, verb=reply.verb.verb)


def _route(
    text: str, known: tuple[Contract, ...], words: tuple[str, ...], memory: SentenceMemory | None
) -> ProblemRoute:
    """The order of problems, by words and, where there is an encoder, by meaning."""
    route = _router(known).route(Request(text, vocabulary=words))
    return route if memory is None else door_index(known, memory).reranked(route, text)


def _reply(
    said: Dialogue, known: tuple[Contract, ...], check: Check, memory: SentenceMemory | None
) -> Reply:
    language = foreign(said.request) if said.problem is None else None
    if language is not None:
        reported = f"The request seems to be in {language}; only English is read. What is meant?"
        question = OpenQuestion("language", "language", reported, ((0, len(said.request)),))
        return Reply(RequestReading(said.text, None, (), (question,)))
    verb = read_verb(said.plain, said.verb)
    if verb.alone:
        return Reply(of_data(said.text, said.plain, verb), verb)
    words = _vocabulary(known)
    named = [c for c in known if c.problem == said.problem]
    route = _route(said.plain, tuple(named) or known, words, None if named else memory)
    candidates = _candidates(route, known)
    if said.problem == NONE or (not route.scores):
        return Reply(RequestReading(said.text, None), verb, candidates=candidates, outside=True)
    near = [route.scores[0][0], *(() if named else route.rivals)]
    read = [_under(c, said, words, verb, route) for c in known if c.problem in near]
    chosen, tied = _covering(read, near)
    contract = next(c for c in known if c.problem == chosen.problem)
    uncertainty = _uncertainty(route, chosen, named=bool(named), tied=tied)
    requested = [_door(route, known, uncertainty)] if uncertainty else []
    if verb.near and said.verb is None and uncertainty:
        requested += [_which_verb(verb)]
    reading = replace(chosen, questions=(*requested, *chosen.questions), title=route.words)
    made, more = _made(reading, contract, check)
    reading = replace(reading, questions=(*reading.questions, *more))
    return Reply(reading, verb, contract, made, candidates)


def _under(
    contract: Contract,
    said: Dialogue,
    words: tuple[str, ...],
    verb: VerbReading,
    route: ProblemRoute,
) -> RequestReading:
    """The reading under one contract, with its answers, before the judge and after."""
    lines, places = read_lines(said.text, 0, contract)
    lines = list({v.key: v for v in lines}.values()) if not _ends_of_one(lines) else lines
    plain = list(said.plain)
    taken = [*places, *verb.used] if verb.verb != PROPOSE else places
    for start, end in taken:
        plain[start:end] = " " * (end - start)
    blank = "".join(plain)
    reading = RequestReader(contract).read(blank, words)
    keys = {v.key for v in lines}
    own = {v.entry.name for v in lines}
    taken_ = taken_by(lines, reading.found, blank)
    found = (*(v for v in reading.found if v.key not in keys and v not in taken_), *lines)
    settled = [q for q in reading.questions if q.about in own or answered(q, lines, blank)]
    requested = tuple(q for q in reading.questions if q not in settled)
    used = [s for q in settled for s in q.words]
    used += [*verb.words, *verb.used] if verb.verb != PROPOSE else []
    merged = replace(reading, text=said.text, found=found, questions=requested)
    return judged(merged, contract, blank, used, lines)


def _ends_of_one(lines: Sequence[ReadValue]) -> bool:
    """True if two lines give the lowest and the highest of one thing."""
    sides = [(v.key, v.low is None) for v in lines if v.part == "limit"]
    return any((key, not side) in sides for key, side in sides)


def _covering(read: Sequence[RequestReading], near: Sequence[str]) -> tuple[RequestReading, bool]:
    """The reading that leaves least of a request over, and whether another is as good."""

    def worth(reading: RequestReading) -> float:
        reported = sum(q.kind in ("contradiction", "missing", "range") for q in reading.questions)
        return len(reading.found) + reported - 0.5 * len(reading.unread)

    ranked = sorted(read, key=lambda r: (-worth(r), near.index(str(r.problem))))
    return ranked[0], len(ranked) > 1 and worth(ranked[0]) <= worth(ranked[1])


def _uncertainty(route: ProblemRoute, chosen: RequestReading, *, named: bool, tied: bool) -> str:
    """Return why the problem is not certain; empty if it is."""
    if named:
        return ""
    if route.outside or (not chosen.found and route.stranger):
        return "outside"
    return "open" if tied else ""


def _door(route: ProblemRoute, known: Sequence[Contract], uncertainty: str) -> OpenQuestion:
    """The question which problem is meant, with the nearest."""
    summaries = {c.problem: c.summary for c in known}
    listed = [name for name, _ in route.scores[:SHOWN]]
    if uncertainty == "open":
        listed = list(dict.fromkeys([route.scores[0][0], *route.rivals, *listed]))[:SHOWN]
    choices = tuple(Choice(f"{n}: {summaries[n]}", f"problem {n}") for n in listed)
    none = Choice("none of these", f"problem {NONE}")
    if uncertainty == "outside":
        text = "No problem that is installed clearly fits; is one of the nearest meant?"
        return OpenQuestion("problem", "outside", text, route.words, (*choices, none))
    text = f"Which problem is meant: {' or '.join(listed)}?"
    return OpenQuestion("problem", "open", text, route.words, (*choices, none))


def _which_verb(verb: VerbReading) -> OpenQuestion:
    names = (verb.verb, *verb.near)[:SHOWN]
    choices = tuple(Choice(f"{name}: {WHAT[name]}", f"verb {name}") for name in names)
    return OpenQuestion("verb", "open", "What is wanted?", verb.words, choices)


def _candidates(route: ProblemRoute, known: Sequence[Contract]) -> tuple[ProblemCandidate, ...]:
    summaries = {c.problem: c.summary for c in known}
    return tuple(ProblemCandidate(name, summaries[name]) for name, _ in route.scores[:SHOWN])


@cache
def _router(known: tuple[Contract, ...]) -> Router:
    return Router(known)


@cache
def _vocabulary(known: tuple[Contract, ...]) -> tuple[str, ...]:
    parts = (f"{c.problem} {c.summary} {e.name} {e.text}" for c in known for e in c.entries)
    return vocabulary(part.replace("_", " ") for part in parts)


def _made(
    reading: RequestReading, contract: Contract, check: Check
) -> tuple[Worded | None, tuple[OpenQuestion, ...]]:
    """The spec, or what the problem refuses of it as a question."""
    try:
        made = worded(reading, contract)
        check(made)
    except InputError as error:
        return None, (OpenQuestion("setup", "open", str(error)),)
    return made, ()
