"""Databases at hand: the installed set.mm, a small one of our own, and a user's file."""

from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

from ingenium.core.errors import MissingProgram
from ingenium.domains.mathematics.metamath import database
from ingenium.domains.mathematics.metamath.database import Database
from ingenium.domains.mathematics.metamath.index import Index, index_of
from ingenium.domains.mathematics.metamath.program import SYSTEM

SMALL, LARGE = "small", "set.mm"


@cache
def small() -> Index:
    """Return the database of this package: propositional calculus in a few dozen statements."""
    text = files(__package__).joinpath("small.mm").read_text("ascii")
    return index_of(database.read(text, "small.mm"))


@cache
def large() -> Index:
    """Return the installed set.mm; the first call parses its statements for the cache.

    Raises:
        MissingProgram: if it is not installed.
    """
    path = SYSTEM / LARGE
    if not path.is_file():
        raise MissingProgram(LARGE, "it is the database of theorems")
    return index_of(database.read(path.read_text("ascii"), LARGE))


@lru_cache(maxsize=4)
def of_user(text: str) -> Index:
    """Return the database of a user's text."""
    return index_of(database.read(text, "the database"))


def trusted(base: Database) -> bool:
    """Return True for a database whose proofs others have checked: the installed one."""
    return base.name == LARGE and (Path(SYSTEM) / LARGE).is_file()
