"""What files of molecules, conformers and routes have in common: names with numbers."""

from collections.abc import Sequence


def numbers(names: Sequence[str], prefix: str) -> list[int]:
    """Of designs by their names, where all have one of ours and differ; else in order."""
    own = [name.strip().removeprefix(prefix) for name in names if name.strip().startswith(prefix)]
    if len(own) == len(names) == len(set(own)) and all(x.isdecimal() for x in own):
        return [int(x) for x in own]
    return list(range(len(names)))
