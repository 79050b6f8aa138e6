"""Numbers in the names of records, shared by files of molecules, conformers and routes."""

from collections.abc import Sequence


def numbers(names: Sequence[str], prefix: str) -> list[int]:
    """Return the numbers in our own names of designs if all have a distinct one; else the order."""
    own = [name.strip().removeprefix(prefix) for name in names if name.strip().startswith(prefix)]
    if len(own) == len(names) and all(x.isascii() and x.isdecimal() for x in own):
        found = [int(x) for x in own]
        if len(set(found)) == len(found):
            return found
    return list(range(len(names)))
