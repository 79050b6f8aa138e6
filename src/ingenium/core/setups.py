"""Entries of a setup in words, as reports and the pages of ledgers tell what was asked."""

from collections.abc import Iterator, Mapping
from typing import Any


def in_words(name: str, found: Any) -> Iterator[str]:
    """An entry of the setup in words; of a list of tables, a line for each."""
    if isinstance(found, Mapping):
        yield f"{name}: {_pairs(found)}"
    elif isinstance(found, list | tuple) and any(isinstance(one, Mapping) for one in found):
        for i, one in enumerate(found, start=1):
            yield from in_words(f"{name} {i}", one)
    else:
        several = isinstance(found, list | tuple)
        yield f"{name} = {', '.join(map(_plain, found)) or 'none' if several else _plain(found)}"


def _pairs(found: Mapping[str, Any]) -> str:
    return ", ".join(f"{k} {_plain(v)}" for k, v in found.items())


def _plain(found: Any) -> str:
    """A value as it was asked, not rounded."""
    if isinstance(found, Mapping):
        return f"({_pairs(found)})"
    if isinstance(found, list | tuple):
        return f"({', '.join(map(_plain, found))})"
    if isinstance(found, bool):
        return str(found).lower()  # as TOML writes it
    return f"{found:.12g}" if isinstance(found, float) else str(found)
