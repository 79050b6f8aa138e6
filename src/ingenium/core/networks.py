"""Location of the larger weights of pretrained generators, a distribution of their own."""

from importlib.util import find_spec
from pathlib import Path

from ingenium.core.errors import MissingDistribution

PACKAGE = "ingenium_networks"


def network_file(name: str, folder: Path, home: Path) -> Path:
    """Return the path of the weights that belong to the facts in a folder.

    In `home` the package has none: the path is in the distribution of weights, and may not exist
    where that is not installed.
    """
    if folder != home:
        return folder / name
    found = find_spec(PACKAGE)
    places = found.submodule_search_locations if found is not None else None
    return Path(next(iter(places)) if places else PACKAGE) / name


def installed(file: Path) -> Path:
    """Return the file.

    Raises:
        MissingDistribution: if it does not exist.
    """
    if not file.is_file():
        raise MissingDistribution(file.name, "networks")
    return file
