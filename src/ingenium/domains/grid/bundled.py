"""SimBench grids that the distribution `ingenium-grid-data` contains, with their year."""

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from ingenium.core.digest import file_digest
from ingenium.core.errors import CorruptError, MissingDistribution

DEFAULT_GRID = "1-LV-rural1--0-sw"
PACKAGE, FOLDER = "ingenium_grid_data", "grid-data"


@lru_cache(maxsize=4)
def bundled(code: str) -> Mapping[str, np.ndarray] | None:
    """Return the net of a SimBench code as pandapower JSON, and its day arrays; None if absent.

    Raises:
        CorruptError: if the file differs from the one in the distribution.
    """
    folder = _folder()
    if code not in bundled_codes() or folder is None:
        return None
    path = folder / f"{code}.npz"
    if file_digest(path) != _grids(folder)[code]:
        raise CorruptError(str(path), "is not what was installed", f"Install ./{FOLDER} again.")
    with np.load(path, allow_pickle=False) as stored:
        return dict(stored)


def bundled_codes() -> tuple[str, ...]:
    """Return the codes of the available grids."""
    folder = _folder()
    return () if folder is None else tuple(_grids(folder))


def require_default(code: str) -> None:
    """Refuse the default grid where neither its distribution nor simbench is installed.

    Raises:
        MissingDistribution: with the line that installs the smaller of the two.
    """
    if code == DEFAULT_GRID and _folder() is None and find_spec("simbench") is None:
        raise MissingDistribution("ingenium-grid-data", FOLDER)


def _folder() -> Path | None:
    found = find_spec(PACKAGE)
    places = found.submodule_search_locations if found is not None else None
    return Path(next(iter(places))) if places else None


def _grids(folder: Path) -> dict[str, str]:
    """Codes, and the digest of the file of each."""
    reported: dict[str, str] = json.loads((folder / "source.json").read_text())["grids"]
    return reported
