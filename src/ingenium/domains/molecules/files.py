"""What files of molecules, conformers and routes have in common: text, and names with numbers."""

from collections.abc import Sequence
from pathlib import Path

from ingenium.core.errors import InputError


def text_of(file: Path, what: str) -> str:
    """The text of a file.

    Raises:
        InputError: if it cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(what, f"{file}: {error}", "Name another.") from None


def numbers(names: Sequence[str], prefix: str) -> list[int]:
    """Of designs by their names, where all have one of ours and differ; else in order."""
    own = [name.strip().removeprefix(prefix) for name in names if name.strip().startswith(prefix)]
    if len(own) == len(names) == len(set(own)) and all(x.isdecimal() for x in own):
        return [int(x) for x in own]
    return list(range(len(names)))
