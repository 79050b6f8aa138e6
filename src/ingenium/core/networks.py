"""Where the larger weights of trained generators lie, which are a distribution of their own."""

from importlib.util import find_spec
from pathlib import Path

PACKAGE = "ingenium_networks"


def network_file(name: str) -> Path:
    """The file of some weights; one that is not there if they are not installed."""
    found = find_spec(PACKAGE)
    places = found.submodule_search_locations if found is not None else None
    return Path(next(iter(places)) if places else PACKAGE) / name
