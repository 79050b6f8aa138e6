"""Data that cannot be redistributed: a user gets them from their owner, and names their folder."""

import os
from collections.abc import Sequence
from pathlib import Path

from ingenium.core.errors import InputError


def owned(variable: str, files: Sequence[str], owner: str) -> tuple[Path, ...]:
    """Return files in the folder that an environment variable names.

    Raises:
        InputError: if the variable is not set, or files are missing.
    """
    place = os.environ.get(variable)
    wanted = f"{variable}, the folder of {' and '.join(files)} from {owner}"
    if not place:
        raise InputError(wanted, "nothing", f"Write {variable}=FOLDER before the command.")
    found = tuple(Path(place) / name for name in files)
    for path in found:
        if not path.is_file():
            raise InputError(wanted, f"no {path.name} in {place}", f"Fetch it from {owner}.")
    return found
