"""Contract of the ledger's database, behind which the dialects differ."""

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from ingenium.trust.access import PartyAccess
from ingenium.trust.records import Entry

Seal = Callable[[tuple[int, str]], Entry]


@runtime_checkable
class EntryStore(Protocol):
    """Rows of entries in a database that lets one writer in at a time."""

    @property
    def where(self) -> str:
        """The place for display: without a password."""
        ...

    @property
    def login(self) -> str | None:
        """Name of this user on the database; None if it has no users."""
        ...

    def append(self, seal: Seal) -> Entry:
        """Add the entry that `seal` computes from the last sequence and hash, and sync."""
        ...

    def select(self, tail: str, values: Sequence[str | int]) -> list[Entry]:
        """Select entries by the rest of a query after `FROM`, with `?` for each value."""
        ...

    def faults(self) -> list[str]:
        """Faults of the store itself: damage, or missing guards."""
        ...

    def access(self) -> list[PartyAccess]:
        """Rights to read, append and alter."""
        ...

    def close(self) -> None:
        """Release the database."""
        ...
