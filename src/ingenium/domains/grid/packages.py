"""The grid packages, imported on first use."""

import importlib
import warnings
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ingenium.core.errors import MissingExtra


def package(name: str) -> Any:
    """Import one module of the extra `grid`.

    Raises:
        MissingExtra: with the line that installs it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # start-up notices about optional accelerators
            return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise MissingExtra("grid", error.name or name) from error


def release_of(name: str) -> str:
    """Name and version of a package of the extra, without importing it.

    Raises:
        MissingExtra: with the line that installs it.
    """
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError as error:
        raise MissingExtra("grid", name) from error
