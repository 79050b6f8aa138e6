"""The verb `ask` in Python: from words to a spec of any installed problem."""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import TypeAdapter

from ingenium.core.errors import IngeniumError, InputError
from ingenium.core.folders import cache_folder, write_atomic
from ingenium.core.quantity import Quantity
from ingenium.core.spec import Spec, parse
from ingenium.domains import load, names, open_problem, problem_class
from ingenium.words.adjectives import vocabulary
from ingenium.words.contract import Contract
from ingenium.words.languages import foreign
from ingenium.words.pointing import RULES
from ingenium.words.reader import RequestReader
from ingenium.words.reading import OpenQuestion, RequestReading, checked
from ingenium.words.routing import ProblemRoute, Router
from ingenium.words.specs import Worded, worded
from ingenium.words.tokens import Request

if TYPE_CHECKING:
    from ingenium.core.problem import Watch

CONTRACTS = "contracts.json"  # in the folder of a domain, of all its problems
SHOWN = 3  # problems that a question names
_KEPT = TypeAdapter(tuple[Contract, ...])


@dataclass(frozen=True)
class WordedWish:
    """A request in words, its reading, and the spec that follows."""

    reading: RequestReading
    contract: Contract | None = None
    made: Worded | None = None

    @property
    def whole(self) -> bool:
        """True if a spec follows and no question is open."""
        return self.made is not None and self.reading.whole


def contract_of(name: str) -> Contract:
    """Open a problem and return its contract."""
    from ingenium.core.asking import resolve

    problem = open_problem(Spec(name))
    problem.limits = resolve(Spec(name), problem).limits  # with their units
    more: dict[str, Quantity] = {}
    for adds in dict.fromkeys(problem.absent.values()):
        setup = tomllib.loads(adds.partition(" (")[0])  # as the refusal of the quantity states it
        more |= {q.name: q for q in open_problem(Spec(name, setup=setup)).quantities}
    return Contract.of(problem, load(name.partition(".")[0]).summary, more)


def contracts(watch: "Watch | None" = None) -> tuple[Contract, ...]:
    """Return the contracts of all installed problems; a domain that fails to load is skipped.

    A domain's own `contracts.json` is used if it covers all its problems; otherwise its problems
    are opened once, and the result is cached until the domain's source changes.
    """
    found: list[Contract] = []
    fields = names()
    for i, field in enumerate(fields):
        if watch is not None:
            watch("read contracts", i, len(fields))
        try:
            found += _of_domain(field)
        except IngeniumError:
            continue
    return tuple(found)


@cache
def _of_domain(field: str) -> tuple[Contract, ...]:
    domain = load(field)
    wanted = {f"{field}.{key}" for key in domain.problems}
    shipped = _read(_beside(domain.package))
    if shipped is not None and {c.problem for c in shipped} == wanted:
        return () if domain.missing() else shipped
    from ingenium.core.provenance import source_digest  # which imports PyTorch

    kept = cache_folder() / "contracts" / f"{source_digest(domain.package)[7:19]}.json"
    made = _read(kept)
    if made is None:
        made = tuple(contract_of(name) for name in sorted(wanted))
        write_atomic(kept, as_json(made))
    return made


def _beside(package: str) -> Path:
    spec = find_spec(package)
    return Path(spec.origin if spec and spec.origin else package).parent / CONTRACTS


def _read(path: Path) -> tuple[Contract, ...] | None:
    try:
        return _KEPT.validate_json(path.read_bytes())
    except (OSError, ValueError):
        return None


def as_json(made: Iterable[Contract]) -> str:
    """Serialise contracts as JSON."""
    return _KEPT.dump_json(tuple(made), indent=1, exclude_defaults=True).decode() + "\n"


def ask(
    text: str | bytes,
    known: Sequence[Contract] | None = None,
    *,
    problem: str | None = None,
    weights: Sequence[float] | np.ndarray = RULES,
) -> WordedWish:
    """Read a request, for the problem that fits it best or for the one named.

    Raises:
        InputError: if it cannot be a request.
    """
    said = checked(text)
    language = foreign(said)
    if language is not None:
        told = f"The request seems to be in {language}; only English is read."
        return WordedWish(
            RequestReading(said, None, (), (OpenQuestion("language", "language", told),))
        )
    known = contracts() if known is None else known
    words = _vocabulary(known)
    request = Request(said, vocabulary=words)
    named = [c for c in known if c.problem == problem]
    route = Router(named or known).route(request)
    if route.outside and not named:
        return WordedWish(RequestReading(said, None, (), (_outside(route),), title=route.words))
    near = [route.scores[0][0], *(() if named else route.rivals)]
    read = [RequestReader(c, weights).read(said, words) for c in known if c.problem in near]
    chosen = _telling(read)
    if chosen is None:
        return WordedWish(RequestReading(said, None, (), (_which(route),), title=route.words))
    reading = replace(chosen, title=route.words)
    contract = next(c for c in known if c.problem == reading.problem)
    if not reading.found and not named and route.stranger:
        return WordedWish(RequestReading(said, None, (), (_outside(route),), title=route.words))
    try:
        return WordedWish(reading, contract, _made(reading, contract))
    except InputError as error:  # of a value that the problem does not take
        asked = OpenQuestion("setup", "open", str(error))
        return WordedWish(replace(reading, questions=(*reading.questions, asked)), contract)


def _telling(read: Sequence[RequestReading]) -> RequestReading | None:
    """Return the reading that covers most of a request, among equally good ones; None if tied."""

    def told(reading: RequestReading) -> int:
        return len(reading.found) + sum(
            q.kind in ("contradiction", "missing") for q in reading.questions
        )

    ranked = sorted(read, key=told, reverse=True)
    alone = len(ranked) == 1 or told(ranked[0]) > told(ranked[1])
    return ranked[0] if alone else None


def _vocabulary(known: Sequence[Contract]) -> tuple[str, ...]:
    parts = (f"{c.problem} {c.summary} {e.name} {e.text}" for c in known for e in c.entries)
    return vocabulary(part.replace("_", " ") for part in parts)


def _made(reading: RequestReading, contract: Contract) -> Worded:
    """Build the spec and check its setup against the problem's settings."""
    made = worded(reading, contract)
    if made.spec.setup:
        kind = problem_class(contract.problem)
        parse(made.spec.setup, kind.Settings, "what was read", under=("setup",))
    return made


def _outside(route: ProblemRoute) -> OpenQuestion:
    near = ", ".join(name for name, score in route.scores[:SHOWN] if score > 0)
    text = "No problem that is installed is meant by it"
    return OpenQuestion(
        "problem", "outside", f"{text}; the nearest are {near}." if near else f"{text}."
    )


def _which(route: ProblemRoute) -> OpenQuestion:
    listed = [route.scores[0][0], *route.rivals][:SHOWN]
    text = f"Which problem is meant: {' or '.join(listed)}?"
    return OpenQuestion("problem", "open", text, route.words)
