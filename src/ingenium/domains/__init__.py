"""Fields of work: those that come with the engine, and those of other packages.

The folders beside this file are domains, and so is what another package names in its metadata::

    [project.entry-points."ingenium.domains"]
    beams = "my_package:DOMAIN"

Both become entry points here and are loaded, listed and refused in the same way. Our own are taken
from the folders and not from our metadata, because those of a checkout are as old as its last
installation, and a folder is there or it is not.

Nothing of a field is imported before it is asked for.
"""

import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

from ingenium.core.domain import GROUP, Domain, loaded
from ingenium.core.errors import EngineError, IngeniumError, InputError, choose

if TYPE_CHECKING:
    from ingenium.core.given import Given
    from ingenium.core.problem import Problem
    from ingenium.core.spec import Spec


@dataclass(frozen=True)
class Listing:
    """A domain as it is shown; `fault` says why it cannot be used, or what is to be installed."""

    name: str
    summary: str
    extra: str | None
    problems: tuple[tuple[str, str], ...]  # full name, summary
    fault: str | None = None


def own() -> tuple[str, ...]:
    """The domains that come with the engine."""
    return tuple(sorted(module.name for module in iter_modules(__path__) if module.ispkg))


def names() -> tuple[str, ...]:
    """All domains, whether they can be loaded or not; ours come first."""
    return tuple(_entries())


@cache
def load(name: str) -> Domain:
    """A domain by its name.

    Raises:
        InputError: if there is none of this name, with the nearest.
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
    """All domains as they are shown; one that cannot be used says why."""
    shown = []
    for name, (entry, *others) in _entries().items():
        shown.append(_listed(name))
        if entry.dist is None:
            shown += [_passed_over(name, other) for other in others]
    return tuple(shown)


def problem_class(name: str) -> "type[Problem]":
    """The class of a problem such as `grid.feeder_day`.

    Raises:
        InputError: for an unknown domain or problem, with the nearest known names.
        MissingExtra: if the packages of the domain are not installed.
        EngineError: if it does not load.
    """
    field, _, short = name.partition(".")
    if not short:
        raise InputError(
            expected="a problem as DOMAIN.NAME",
            got=f'"{name}"',
            instead=f"Write `ingenium list` to see those of {', '.join(names())}.",
        )
    return load(field).problem(short)


def open_problem(spec: "Spec", given: "Given | None" = None) -> "Problem":
    """The problem that a spec names, opened with the spec's `setup` and what it gives.

    An engine that draws scenarios decides the limits of the spec.

    `given` is that, where it was read before.

    Raises:
        InputError: for an unknown problem, setup or input, or an input that is not as declared.
        MissingExtra: if the packages of the domain are not installed.
    """
    from ingenium.core.asking import resolve
    from ingenium.core.given import read_given
    from ingenium.core.scenarios import Undecided
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
    opened = kind(settings, found) if kind.inputs else kind(settings)  # type: ignore[call-arg]
    if isinstance(opened.verifier, Undecided):
        decides = opened.verifier.until(resolve(spec, opened).limits)
        opened.tiers = (*opened.tiers[:-1], decides)
    return opened


def _entries() -> dict[str, tuple[EntryPoint, ...]]:
    """Who claims which name: our folders, then other packages."""
    found: dict[str, tuple[EntryPoint, ...]] = {
        name: (EntryPoint(name, f"{__name__}.{name}:DOMAIN", GROUP),) for name in own()
    }
    for entry in _claims(tuple(sys.path)):
        found[entry.name] = (*found.get(entry.name, ()), entry)
    return found


@cache
def _claims(places: tuple[str, ...]) -> tuple[EntryPoint, ...]:
    """Of other packages, by name; the metadata of all that is installed are read once."""
    return tuple(sorted(entry_points(group=GROUP), key=lambda e: e.name))


def _owner(entry: EntryPoint) -> str:
    """The distribution that an entry point comes from."""
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
