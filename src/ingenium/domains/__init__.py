"""Registry of domains: those shipped with the engine and those of other packages.

Each folder next to this file is a domain; another package declares one in its metadata::

    [project.entry-points."ingenium.domains"]
    beams = "my_package:DOMAIN"

Both become entry points here and are loaded, listed and refused in the same way. Our own are read
from the folders rather than from our metadata, which in a checkout is as old as its last
installation.

No module of a domain is imported before it is needed.
"""

import sys
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

from ingenium.core.domain import GROUP, Domain, loaded
from ingenium.core.errors import NEAR, EngineError, IngeniumError, InputError, choose

if TYPE_CHECKING:
    from ingenium.core.given import Given
    from ingenium.core.problem import Problem
    from ingenium.core.spec import Spec


@dataclass(frozen=True)
class Listing:
    """Entry of a domain in a listing; `fault` says why it cannot be used, or what to install."""

    name: str
    summary: str
    extra: str | None
    problems: tuple[tuple[str, str], ...]  # full name, summary
    fault: str | None = None


def own() -> tuple[str, ...]:
    """Return the names of the domains shipped with the engine.

    Examples:
        >>> "structures" in own()
        True
    """
    return tuple(sorted(module.name for module in iter_modules(__path__) if module.ispkg))


def names() -> tuple[str, ...]:
    """Return the names of all domains, including those that fail to load; ours first.

    Examples:
        >>> set(own()) <= set(names())
        True
    """
    return tuple(_entries())


@cache
def load(name: str) -> Domain:
    """Load a domain by its name.

    Raises:
        InputError: for an unknown name, with the nearest known ones.
        EngineError: if it does not load, or if several packages claim its name.
    """
    entries = _entries()
    entry, *others = entries[choose(name, entries, "domain")]
    if others and entry.dist is not None:  # a name of ours stays ours
        several = " and ".join(sorted(map(_owner, (entry, *others))))
        raise EngineError(f"the domain {name} is claimed by {several}; uninstall all but one")
    what = f"the domain {name} of {_owner(entry)} does not load"
    found = loaded(entry, what)
    if not isinstance(found, Domain) or found.name != name:
        raise EngineError(f"{what}: {entry.value} is no Domain with the name {name}")
    return found


def listing() -> tuple[Listing, ...]:
    """Return an entry for every domain; one that cannot be used says why.

    Examples:
        >>> next(one.name for one in listing() if one.name == "grid")
        'grid'
    """
    shown = []
    for name, (entry, *others) in _entries().items():
        shown.append(_listed(name))
        if entry.dist is None:
            shown += [_passed_over(name, other) for other in others]
    return tuple(shown)


def problem_class(name: str) -> "type[Problem]":
    """Return the class of a problem such as `grid.feeder_day`.

    Raises:
        InputError: for an unknown domain or problem, with the nearest known names.
        MissingExtra: if the packages of the domain are not installed.
        EngineError: if it does not load.

    Examples:
        >>> problem_class("structures.roof").name
        'structures.roof'
    """
    field, _, short = name.partition(".")
    if not short:
        raise _no_problem(name)
    return load(field).problem(short)


def _no_problem(name: str) -> InputError:
    """The error on a name without a domain, with the problems that are called like it."""
    known = [problem for domain in listing() for problem, _ in domain.problems]
    short = {problem.partition(".")[2]: problem for problem in known}
    near = [short[x] for x in get_close_matches(name, short, n=3, cutoff=NEAR)]
    near += [problem for problem in known if problem.startswith(f"{name}.")]
    reported = f"{' or '.join(near)}, or run" if near else "such a name; run"
    return InputError(
        expected="a problem as DOMAIN.NAME",
        got=f'"{name}"',
        instead=f"Write {reported} `ingenium list` to see all.",
    )


def open_problem(spec: "Spec", given: "Given | None" = None) -> "Problem":
    """Open the problem that a spec names, with the spec's `setup` and inputs.

    A stochastic engine, which samples scenarios, decides the limits of the spec.

    `given` holds the inputs if they were read before.

    Raises:
        InputError: for an unknown problem, setup or input, or an input that is not as declared.
        MissingExtra: if the packages of the domain are not installed.

    Examples:
        >>> from ingenium.core.spec import Spec
        >>> problem = open_problem(Spec("structures.roof"))
        >>> [q.name for q in problem.tiers[-1].quantities][:2]
        ['mass', 'cost']
    """
    from ingenium.core.resolving import resolve
    from ingenium.core.scenarios import Undecided

    ahead = None if spec.setup or spec.given or given else _AHEAD.pop(spec.problem, None)
    opened = ahead or _open(spec, given)
    if isinstance(opened.verifier, Undecided):
        decides = opened.verifier.until(resolve(spec, opened).limits)
        opened.tiers = (*opened.tiers[:-1], decides)
    return opened


def open_ahead(spec: "Spec") -> None:
    """Open a problem for the next call of `open_problem` that names it with the same defaults.

    A server does so before it forks: the one who opens it then has it for itself.

    Examples:
        >>> from ingenium.core.spec import Spec
        >>> open_ahead(Spec("structures.roof"))
        >>> open_problem(Spec("structures.roof")).name
        'structures.roof'
    """
    _AHEAD[spec.problem] = _open(spec, None)


def _open(spec: "Spec", given: "Given | None") -> "Problem":
    from ingenium.core.given import read_given
    from ingenium.core.spec import parse

    kind = problem_class(spec.problem)
    where = f"a spec of {spec.problem}"
    for declared in kind.inputs:
        if declared.name in spec.setup:
            raise InputError(
                f"{declared.name} under [given] in {where}",
                f"{declared.name} under [setup]",
                f"Write [given] above it: {declared.name} = ... .",
            )
    found = read_given(kind.inputs, spec.given, where) if given is None else given
    settings: Any = parse(spec.setup, kind.Settings, where, under=("setup",))
    return kind(settings, found) if kind.inputs else kind(settings)  # type: ignore[call-arg]


_AHEAD: "dict[str, Problem]" = {}


def _entries() -> dict[str, tuple[EntryPoint, ...]]:
    """Return the entry points by name: our folders first, then other packages."""
    found: dict[str, tuple[EntryPoint, ...]] = {
        name: (EntryPoint(name, f"{__name__}.{name}:DOMAIN", GROUP),) for name in own()
    }
    for entry in _claims(tuple(sys.path)):
        found[entry.name] = (*found.get(entry.name, ()), entry)
    return found


@cache
def _claims(places: tuple[str, ...]) -> tuple[EntryPoint, ...]:
    """Return the entry points of other packages by name; reads all installed metadata once."""
    return tuple(sorted(entry_points(group=GROUP), key=lambda e: e.name))


def _owner(entry: EntryPoint) -> str:
    """Return the distribution that declares an entry point."""
    return entry.dist.name if entry.dist else entry.module.partition(".")[0]


def _listed(name: str) -> Listing:
    try:
        domain = load(name)
    except IngeniumError as error:
        return Listing(name, "", None, (), str(error))
    missing = domain.missing()
    problems = tuple((f"{name}.{key}", offer.summary) for key, offer in domain.problems.items())
    return Listing(
        name, domain.summary, domain.extra, problems, None if missing is None else str(missing)
    )


def _passed_over(name: str, entry: EntryPoint) -> Listing:
    why = f"{_owner(entry)} claims the name of a domain of ingenium; it needs another one"
    return Listing(name, "", None, (), why)
