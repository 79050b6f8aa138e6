"""The packages of molecules, imported on first use."""

import importlib
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ingenium.core.errors import MissingExtra

EXTRA = "molecules"


def package(name: str) -> Any:
    """Import one module of the extra `molecules`.

    Raises:
        MissingExtra: with the line that installs it.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise MissingExtra(EXTRA, error.name or name) from error


def release_of(name: str) -> str:
    """The version of a package of the extra, without importing it.

    Raises:
        MissingExtra: with the line that installs it.
    """
    try:
        return version(name)
    except PackageNotFoundError as error:
        raise MissingExtra(EXTRA, name) from error
