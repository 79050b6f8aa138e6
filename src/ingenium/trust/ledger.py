"""The ledger: requests, actions and decisions, append-only and in a chain that shows tampering.

    ledger = open_ledger("out/ledger.sqlite")
    entry = ledger.append("proposal", {"problem": "grid.feeder_day", "n": 1000, "seed": 7})
    assert not ledger.check()

It starts as one SQLite file and moves to PostgreSQL by its URL.
"""

import getpass
import os
import re
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

from ingenium.core.digest import PREFIX, canonical
from ingenium.core.errors import CorruptError, InputError
from ingenium.core.folders import replacing
from ingenium.trust.place import ledger_place, remember, remembered
from ingenium.trust.postgres import PostgresStore
from ingenium.trust.records import GENESIS, Entry, Fault, check_chain, check_kind, seal, to_line
from ingenium.trust.sqlite import SqliteStore
from ingenium.trust.store import EntryStore

PAGE = 1000  # entries held in memory at once while the whole ledger is read


class Ledger:
    """Events in order; several threads and processes may append to one ledger concurrently."""

    def __init__(self, store: EntryStore, *, actor: str | None = None) -> None:
        """Store events in `store`; the default actor is its login, or this user."""
        self.store = store
        self._head: str | None = None  # since it was opened
        self.actor = _user(store.login) if actor is None else actor

    def append(self, kind: str, body: object, *, actor: str | None = None) -> Entry:
        """Add an event; once this returns, it is on the disk.

        Args:
            kind: spec, fit, proposal, verdicts, export, refusal, replay, sign-off or the like.
            body: numbers, text, lists and mappings.
            actor: the acting party, by default the ledger's own.

        Raises:
            InputError: for a body that is not plain data, or a kind that is not one word.
            StorageError: if it cannot be written.
        """
        text, kind = canonical(body), check_kind(kind)
        who = self.actor if actor is None else actor
        if not who or not who.isprintable():
            raise InputError("an actor's name", repr(who), "Write `name@host`.")
        entry = self.store.append(lambda last: seal(last, kind, who, text))
        self._head = entry.hash
        return entry

    def entries(
        self,
        kind: str | None = None,
        since: datetime | None = None,
        limit: int | None = None,
        *,
        actor: str | None = None,
        problem: str | None = None,
    ) -> list[Entry]:
        """Entries in order, of one kind, actor or problem, from one time on.

        A limit selects the newest ones.
        """
        clauses: list[str] = []
        values: list[str | int] = []
        if kind is not None:
            clauses.append("kind = ?")
            values.append(check_kind(kind))
        if since is not None:
            clauses.append("time >= ?")
            values.append(_utc(since))
        if actor is not None:
            clauses.append("actor = ?")
            values.append(actor)
        if limit is not None and limit < 0:
            raise InputError("a limit of at least 0", limit)
        tail = " ORDER BY sequence DESC"
        if limit is not None and problem is None:  # the body of an entry names its problem
            tail += " LIMIT ?"
            values.append(limit)
        where = "WHERE " + " AND ".join(clauses) if clauses else ""
        found = self.store.select(where + tail, values)
        if problem is not None:
            found = [e for e in found if about(e) == problem][:limit]
        return found[::-1]

    def get(self, hash: str) -> Entry:
        """The entry with a hash, or with the only hash that begins so (8 digits or more).

        Raises:
            InputError: if there is none or more than one.
            CorruptError: if the entry is not what was written.
        """
        digits = hash.removeprefix(PREFIX)
        if not re.fullmatch(r"[0-9a-f]{8,64}", digits):
            raise InputError("8 to 64 hexadecimal digits of a hash", hash)
        bounds = [PREFIX + digits, PREFIX + digits + "g"]  # g follows the last digit, f
        found = self.store.select("WHERE hash >= ? AND hash < ? LIMIT 2", bounds)
        if len(found) != 1:
            got = f"{hash}, which more than one has" if found else f"{hash}, which none has"
            raise InputError(f"the hash of one entry of {self.store.where}", got)
        faults = found[0].faults()
        if faults:
            what = f"holds the altered entry {found[0].sequence}: {'; '.join(faults)}"
            raise CorruptError(self.store.where, what, "Check the ledger against a copy.")
        return found[0]

    def head(self) -> str:
        """Hash of the last entry: the anchor to store elsewhere and to pass to `check` later."""
        last = self.entries(limit=1)
        return last[0].hash if last else GENESIS

    def check(self, anchor: str = GENESIS) -> list[Fault]:
        """Recompute the whole chain; return all faults.

        Args:
            anchor: an earlier `head()`, without which a truncated end cannot be detected.

        Raises:
            InputError: if the anchor is no hash.
            CorruptError: if the store itself cannot be read.
        """
        if not re.fullmatch(rf"{PREFIX}[0-9a-f]{{64}}", anchor):
            instead = "Write the head that an earlier `ledger check` printed, whole."
            raise InputError(f"an anchor: {PREFIX} and 64 hexadecimal digits", anchor, instead)
        faults = [Fault(0, text) for text in self.store.faults()]
        return faults + check_chain(self.walk(), anchor)

    def walk(self) -> Iterator[Entry]:
        """Iterate over all entries from the first on, a page at a time.

        Raises:
            CorruptError: if the store returns them out of order, as a damaged one may endlessly.
        """
        page = self.store.select(f"ORDER BY sequence LIMIT {PAGE}", [])
        while page:
            yield from page
            after = page[-1].sequence
            page = self.store.select(f"WHERE sequence > ? ORDER BY sequence LIMIT {PAGE}", [after])
            if page and page[-1].sequence <= after:
                what = f"is damaged: after entry {after} it gives entry {page[-1].sequence}"
                raise CorruptError(self.store.where, what, "Restore it from a copy.")

    def export(self, path: Path) -> int:
        """Write all entries to a file of JSON Lines, whole or not at all; return their number."""
        count = 0
        with replacing(path) as part, part.open("w", encoding="utf-8") as lines:
            for entry in self.walk():
                lines.write(to_line(entry) + "\n")
                count += 1
        return count

    def close(self) -> None:
        """Release the store; its head is remembered if it continues from the last one known."""
        if self._head is not None:
            before = remembered(self.store.where)
            if before is None or self.store.select("WHERE hash = ? LIMIT 1", [before]):
                remember(self.store.where, self._head)
        self.store.close()

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def about(entry: Entry) -> str | None:
    """The problem that an entry names, if it names one."""
    named = entry.table.get("problem")
    return named if isinstance(named, str) else None


def open_ledger(url: str | Path, *, create: bool = True, actor: str | None = None) -> Ledger:
    """Open the ledger at a place.

    Args:
        url: a path, `sqlite:///path` (`sqlite:////path` for an absolute one) or
            `postgresql://user@host/database`.
        create: create it if it does not exist; False for reading only.
        actor: author of added events; by default user@host.

    Raises:
        InputError: for a place that is not a ledger, or does not exist and may not be created.
        CorruptError: for a damaged one.
        StorageError: if it cannot be reached or created.
        MissingExtra: if the driver of PostgreSQL is not installed.
    """
    scheme = urlsplit(url).scheme if isinstance(url, str) and "://" in url else ""
    store: EntryStore
    if scheme in ("postgresql", "postgres"):
        store = PostgresStore(str(url), create=create)
    elif str(url).startswith("sqlite:///"):
        store = SqliteStore(Path(str(url).removeprefix("sqlite:///")), create=create)
    elif scheme:
        raise InputError(
            "a path, sqlite:///path or postgresql://host/name", f"{scheme}://", "Name one of these."
        )
    else:
        store = SqliteStore(Path(url), create=create)
    return Ledger(store, actor=actor)


def _user(login: str | None) -> str:
    try:
        name = getpass.getuser() if login is None else login
    except (OSError, KeyError):  # a user without a name, as in many containers
        name = f"uid-{os.getuid()}"
    return f"{name}@{socket.gethostname()}"


def _utc(time: datetime) -> str:
    if time.tzinfo is None:
        raise InputError("a time with its time zone", time, "Write datetime.now(UTC), say.")
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def ledger_or_own(given: Ledger | None) -> AbstractContextManager[Ledger]:
    """The given ledger, left open, or this user's own, closed at the end."""
    return open_ledger(ledger_place()) if given is None else nullcontext(given)
