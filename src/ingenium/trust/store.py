"""What the ledger asks of a database; the dialects differ and are kept apart behind this."""

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
        """The place, as it may be shown: without a password."""
        ...

    @property
    def login(self) -> str | None:
        """As whom the database knows this user; none if it knows nobody."""
        ...

    def append(self, seal: Seal) -> Entry:
        """Add the entry that `seal` makes from the last sequence and hash, and sync."""
        ...

    def select(self, tail: str, values: Sequence[str | int]) -> list[Entry]:
        """Entries by the rest of a query after `FROM`, with `?` for each value."""
        ...

    def faults(self) -> list[str]:
        """What is wrong with the store itself: damage, or guards that are gone."""
        ...

    def access(self) -> list[PartyAccess]:
        """Who may read, append and alter."""
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...
