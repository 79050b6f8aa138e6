"""Families of other packages, which every problem whose designs are numbers can name.

A package declares each as an entry point: a class, or a function, of `(shape, c)`.
"""

import sys
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from ingenium.core.domain import loaded
from ingenium.core.errors import InputError
from ingenium.core.provenance import source_digest
from ingenium.generators.families import NAMES
from ingenium.generators.model import Family

GROUP = "ingenium.families"
METHODS = ("fit", "propose", "state_dict", "load_state_dict")


def names() -> dict[str, EntryPoint]:
    """Return the entry points of all families by name; a name of the engine stays the engine's."""
    return {name: entry for name, entry in _declared(tuple(sys.path)).items() if name not in NAMES}


@cache
def _declared(places: tuple[str, ...]) -> dict[str, EntryPoint]:
    """Read all installed metadata once for each search path."""
    return {e.name: e for e in sorted(entry_points(group=GROUP), key=lambda e: (e.name, e.value))}


def make(name: str, shape: tuple[int, ...], c: int) -> Family:
    """Build a family of another package.

    Raises:
        EngineError: if it does not load.
        InputError: if it is not a family of this shape under `c` features.
    """
    entry = names()[name]
    made: Family = loaded(entry, f"the family {name}")(shape, c)
    absent = [m for m in METHODS if not callable(getattr(made, m, None))]
    if absent:
        raise InputError(f"a family from {entry.value}", f"no method {', '.join(absent)}")
    if (tuple(made.shape), made.c) != (tuple(shape), c):
        raise InputError(
            f"a family {name} of shape {tuple(shape)} under {c} features",
            f"one of {tuple(made.shape)} under {made.c}",
        )
    return made


def digest_of(name: str) -> str:
    """Return the digest of the package that brings a family; keys of its fits contain it."""
    return source_digest(names()[name].module)
