"""Who may do what with a ledger, as its file system or its server has it."""

from dataclasses import dataclass

READ, APPEND, ALTER = "read", "append", "alter"
MAY = (READ, APPEND)  # what can be granted; nobody is granted to alter


@dataclass(frozen=True)
class PartyAccess:
    """One party and what it may; `how` is where that follows from."""

    who: str
    may: tuple[str, ...]
    how: str
