"""Lazy imports of the packages of airfoils."""

from importlib.util import find_spec
from pathlib import Path

from ingenium.core.errors import MissingExtra
from ingenium.core.packages import Extra

EXTRA = Extra("airfoils")
package, release_of = EXTRA.package, EXTRA.release_of


def folder_of(name: str) -> Path:
    """Return the folder of a package of the extra without importing it.

    Raises:
        MissingExtra: with the line that installs it.
    """
    found = find_spec(name)
    if found is None or found.origin is None:
        raise MissingExtra(EXTRA.name, name)
    return Path(found.origin).parent
