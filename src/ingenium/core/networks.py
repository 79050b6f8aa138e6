"""Where the larger weights of trained generators lie, which are a distribution of their own."""

from importlib.util import find_spec
from pathlib import Path

from ingenium.core.errors import MissingDistribution

PACKAGE = "ingenium_networks"


def network_file(name: str, folder: Path, home: Path) -> Path:
    """The file of weights that belongs to the facts in a folder.

    Beside those of the package, in `home`, are none: it is a file of the distribution, or one that
    is not there where that is not installed.
    """
    if folder != home:
        return folder / name
    found = find_spec(PACKAGE)
    places = found.submodule_search_locations if found is not None else None
    return Path(next(iter(places)) if places else PACKAGE) / name


def installed(file: Path) -> Path:
    """The file, if it is there.

    Raises:
        MissingDistribution: if not.
    """
    if not file.is_file():
        raise MissingDistribution(file.name, "networks")
    return file
