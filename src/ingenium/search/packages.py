"""The packages of searching, imported on first use."""

import importlib
from typing import Any

from ingenium.core.errors import MissingExtra

EXTRA = "search"


def package(name: str) -> Any:
    """Import one module of the extra `search`.

    Raises:
        MissingExtra: with the line that installs it.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise MissingExtra(EXTRA, error.name or name) from error
