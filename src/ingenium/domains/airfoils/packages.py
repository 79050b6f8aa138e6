"""The packages of airfoils, found or imported on first use."""

from importlib.util import find_spec
from pathlib import Path

from ingenium.core.errors import MissingExtra
from ingenium.core.packages import Extra

EXTRA = Extra("airfoils")
package, release_of = EXTRA.package, EXTRA.release_of


def folder_of(name: str) -> Path:
    """Where a package of the extra lies, without importing it and what it imports.

    Raises:
        MissingExtra: with the line that installs it.
    """
    found = find_spec(name)
    if found is None or found.origin is None:
        raise MissingExtra(EXTRA.name, name)
    return Path(found.origin).parent
