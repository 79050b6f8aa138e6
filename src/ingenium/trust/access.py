"""Rights of parties to a ledger, from its file system or its server."""

from dataclasses import dataclass

READ, APPEND, ALTER = "read", "append", "alter"
MAY = (READ, APPEND)  # rights that can be granted; altering is none of them


@dataclass(frozen=True)
class PartyAccess:
    """Rights of one party; `how` is their source."""

    who: str
    may: tuple[str, ...]
    how: str
