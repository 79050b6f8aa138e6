"""The verb `ask` in Python: from words to a spec or a draft of any installed problem."""

import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from ingenium.core.errors import IngeniumError
from ingenium.core.folders import cache_folder, write_atomic
from ingenium.core.quantity import Quantity
from ingenium.core.spec import Spec, parse
from ingenium.domains import load, names, open_problem, problem_class
from ingenium.words.contract import Contract
from ingenium.words.likeness import usual
from ingenium.words.replies import Reply
from ingenium.words.specs import Worded
from ingenium.words.synonyms import NAME as SYNONYMS
from ingenium.words.synonyms import with_synonyms
from ingenium.words.understanding import understand

if TYPE_CHECKING:
    from ingenium.core.problem import Watch

CONTRACTS = "contracts.json"  # in the folder of a domain, of all its problems
_STORED = TypeAdapter(tuple[Contract, ...])


def contract_of(name: str) -> Contract:
    """Open a problem and return its contract."""
    from ingenium.core.resolving import resolve

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
    pretrained = _read(_alongside(domain.package))
    phrases = _alongside(domain.package, SYNONYMS)
    if pretrained is not None and {c.problem for c in pretrained} == wanted:
        return () if domain.missing() else with_synonyms(pretrained, phrases)
    from ingenium.core.provenance import source_digest  # which imports PyTorch

    stored = cache_folder() / "contracts" / f"{source_digest(domain.package)[7:19]}.json"
    made = _read(stored)
    if made is None:
        made = tuple(contract_of(name) for name in sorted(wanted))
        write_atomic(stored, as_json(made))
    return with_synonyms(made, phrases)


def _alongside(package: str, name: str = CONTRACTS) -> Path:
    spec = find_spec(package)
    return Path(spec.origin if spec and spec.origin else package).parent / name


def _read(path: Path) -> tuple[Contract, ...] | None:
    try:
        return _STORED.validate_json(path.read_bytes())
    except (OSError, ValueError):
        return None


def as_json(made: Iterable[Contract]) -> str:
    """Serialise contracts as JSON."""
    return _STORED.dump_json(tuple(made), indent=1, exclude_defaults=True).decode() + "\n"


def ask(
    text: str | bytes,
    known: Sequence[Contract] | None = None,
    *,
    problem: str | None = None,
    verb: str | None = None,
    given: Path | None = None,
    answers: Iterable[str] = (),
    encoder: bool = True,
) -> Reply:
    """Read a request, for the problem that fits it best or for the one named.

    `given` is a table that comes with it. `answers` go to the first open question in turn: the
    number of a choice, or text. The reply is complete only if every word of the request became a
    value or belongs to one. Where the weights of the encoder are installed, it finds the problem
    by meaning as well.

    Raises:
        InputError: if it cannot be a request, or an answer cannot be one.
    """
    known = tuple(contracts() if known is None else known)
    lines = () if given is None else (str(given),)
    return understand(
        text,
        known,
        _check,
        problem=problem,
        verb=verb,
        lines=lines,
        answers=answers,
        memory=usual() if encoder else None,
    )


def _check(made: Worded) -> None:
    """Check a spec against the settings of its problem, and a task in words by opening it."""
    if any(isinstance(v, str) and len(v.split()) > 2 for v in made.spec.given.values()):
        open_problem(made.spec)
    if made.spec.setup:
        kind = problem_class(made.spec.problem)
        parse(made.spec.setup, kind.Settings, "what was read", under=("setup",))
