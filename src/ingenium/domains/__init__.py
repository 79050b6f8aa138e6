"""Fields of work: those that come with the engine, and those of other packages.

Another package adds a domain with an entry point, and it appears everywhere::

    [project.entry-points."ingenium.domains"]
    beams = "my_package:DOMAIN"

Nothing of a field is imported before it is asked for.
"""

from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING

from ingenium.core.errors import EngineError, IngeniumError, InputError, choose

if TYPE_CHECKING:
    from ingenium.core.problem import Domain, Problem
    from ingenium.core.spec import Spec

NAMES = ("airfoils", "grid", "molecules", "structures")
GROUP = "ingenium.domains"
# What importing somebody else's module may end with, short of leaving the process.
_FAULTS = (
    ImportError,
    SyntaxError,
    NameError,
    AttributeError,
    TypeError,
    ValueError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    AssertionError,
    OSError,
)


def plugins() -> dict[str, EntryPoint]:
    """Entry points of other packages by the name of their domain; the engine's own names win."""
    return {e.name: e for e in entry_points(group=GROUP) if e.name not in NAMES}


def names() -> tuple[str, ...]:
    """All domains, whether they can be loaded or not."""
    return (*NAMES, *sorted(plugins()))


@cache
def load(name: str) -> "Domain":
    """A domain by its name.

    Raises:
        InputError: if there is none of this name, with the nearest.
        MissingExtra: if the packages it needs are not installed.
        EngineError: if another package's domain does not load.
    """
    choose(name, names(), "domain")
    if name in NAMES:
        own: Domain = import_module(f"ingenium.domains.{name}").DOMAIN
        return own
    return _plugin(plugins()[name])


def _plugin(entry: EntryPoint) -> "Domain":
    from ingenium.core.problem import Domain

    package = entry.dist.name if entry.dist else entry.value
    what = f"the domain {entry.name} of {package} does not load"
    try:
        found = entry.load()
    except InputError as error:  # of the one who wrote the domain, not of the one who asks for it
        raise EngineError(f"{what}: {error}") from error
    except IngeniumError:
        raise
    except _FAULTS as error:
        raise EngineError(f"{what}: {type(error).__name__}: {error}") from error
    if not isinstance(found, Domain) or found.name != entry.name:
        raise EngineError(f"{what}: {entry.value} is no Domain with the name {entry.name}")
    return found


def problem_class(name: str) -> "type[Problem]":
    """The class of a problem such as `grid.feeder_day`.

    Raises:
        InputError: for an unknown domain or problem, with the nearest known names.
    """
    field, _, short = name.partition(".")
    if not short:
        known = names()
        raise InputError(
            expected="a problem as DOMAIN.NAME",
            came=f'"{name}"',
            instead=f"Write `ingenium list` to see those of {', '.join(known)}.",
        )
    domain = load(field)
    full = {f"{domain.name}.{k}": v for k, v in domain.problems.items()}
    return full[choose(name, full, "problem")]


def open_problem(spec: "Spec") -> "Problem":
    """The problem that a spec names, opened with the spec's `setup`.

    Raises:
        InputError: for an unknown problem or setup.
        MissingExtra: if the packages of the domain are not installed.
    """
    from ingenium.core.spec import parse

    kind = problem_class(spec.problem)
    where = f"a spec of {spec.problem}"
    return kind(parse(spec.setup, kind.Settings, where, under=("setup",)))
