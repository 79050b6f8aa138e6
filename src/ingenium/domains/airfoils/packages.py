"""The packages of airfoils, found or imported on first use."""

import importlib
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ingenium.core.errors import MissingExtra

EXTRA = "airfoils"


def package(name: str) -> Any:
    """Import one module of the extra `airfoils`.

    Raises:
        MissingExtra: with the line that installs it.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise MissingExtra(EXTRA, error.name or name) from error


def folder_of(name: str) -> Path:
    """Where a package of the extra lies, without importing it and what it imports.

    Raises:
        MissingExtra: with the line that installs it.
    """
    found = find_spec(name)
    if found is None or found.origin is None:
        raise MissingExtra(EXTRA, name)
    return Path(found.origin).parent


def release_of(name: str) -> str:
    """The version of a package of the extra, without importing it.

    Raises:
        MissingExtra: with the line that installs it.
    """
    try:
        return version(name)
    except PackageNotFoundError as error:
        raise MissingExtra(EXTRA, name) from error
