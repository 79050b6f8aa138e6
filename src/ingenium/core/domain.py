"""A field of work: its problems and studies, declared without importing what they need.

A domain's `__init__` holds a `DOMAIN` and imports nothing heavy; the class of a problem is imported
when it is opened. So every domain can be listed, and its studies found, where its packages are
absent.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ingenium.core.errors import EngineError, IngeniumError, InputError, MissingExtra, choose

if TYPE_CHECKING:
    from ingenium.core.problem import Problem

# A function of paths, or of other inputs of the field; returns a text, and points to check in it.
Drafter = Callable[..., tuple[str, tuple[str, ...]]]
GROUP = "ingenium.domains"  # of the entry points by which packages add domains
# Exceptions that the import of a third party's module may raise, short of ending the process.
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


@dataclass(frozen=True)
class Offer:
    """Declaration of one problem of a domain, before its class is imported."""

    at: str  # its class, as "module:Class"
    summary: str  # that of the class


@dataclass(frozen=True)
class Domain:
    """Declaration of a field of work: its problems, drafts, studies and dependencies."""

    name: str
    summary: str
    package: str  # that it lives in: `__name__` of the module that makes it
    problems: Mapping[str, Offer] = field(default_factory=dict)  # by their names in the domain
    extra: str | None = None  # of the distribution that is named as the package is
    needs: tuple[str, ...] = ()  # import names of the packages of the extra
    drafts: Mapping[str, str] = field(default_factory=dict)  # drafts by name; "module:function"
    studies: str = ""  # package of its studies, which need not exist; `studies` in its own

    def __post_init__(self) -> None:
        if not self.studies:
            object.__setattr__(self, "studies", f"{self.package}.studies")
        for key, offer in self.problems.items():
            if not (isinstance(offer, Offer) and all(offer.at.partition(":"))):
                raise InputError(
                    f"the problem {self.name}.{key} as an Offer",
                    offer,
                    'Write Offer("module:Class", "what it asks for").',
                )

    def missing(self) -> MissingExtra | None:
        """Return the error with the line that installs missing packages; None if all are there."""
        absent = [name for name in self.needs if find_spec(name) is None]
        return self._extra(absent[0]) if absent else None

    def problem(self, key: str) -> "type[Problem]":
        """Import and return the class of one of its problems.

        Raises:
            InputError: if there is none of this name, with the nearest.
            MissingExtra: if a package that it needs is not installed.
            EngineError: if the class does not load, or its name differs from that of its offer.
        """
        full = choose(f"{self.name}.{key}", [f"{self.name}.{k}" for k in self.problems], "problem")
        what = f"the problem {full} of the package {self.package} does not load"
        entry = EntryPoint(full, self.problems[key].at, GROUP)
        try:
            found: type[Problem] = loaded(entry, what)
        except EngineError as error:
            cause = error.__cause__
            absent = cause.name if isinstance(cause, ModuleNotFoundError) else None
            if absent is None or absent.partition(".")[0] not in self.needs:
                raise
            raise self._extra(absent) from cause
        own = getattr(found, "name", None)
        if own != full:  # evidence and ledger would name a problem that cannot be opened
            raise EngineError(
                f'{what}: the name of {entry.value} is {own!r}; write name = "{full}" in the class'
            )
        return found

    def draft(self, what: str) -> Drafter:
        """Return the function that drafts a file of this kind from files of a user.

        Raises:
            EngineError: if it does not load.
        """
        entry = EntryPoint(what, self.drafts[what], GROUP)
        found: Drafter = loaded(entry, f"the draft {what} of {self.package} does not load")
        return found

    def _extra(self, absent: str) -> MissingExtra:
        return MissingExtra(self.extra or "", absent, self.package.partition(".")[0])


def loaded(entry: EntryPoint, what: str) -> Any:
    """Load the object of an entry point; its own faults are reported under the name `what`.

    Raises:
        EngineError: if it does not load; other errors of this package pass.
    """
    try:
        return entry.load()
    except InputError as error:  # a fault of the plug-in's author, not of the user
        raise EngineError(f"{what}: {error}") from error
    except IngeniumError:
        raise
    except _FAULTS as error:
        raise EngineError(f"{what}: {type(error).__name__}: {error}") from error
