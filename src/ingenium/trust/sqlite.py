"""The embedded ledger: one SQLite file, no server.

The file must be on a local disk: the write-ahead log of SQLite does not work over a network.
"""

import errno
import grp
import os
import pwd
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ingenium.core.errors import CorruptError, InputError, StorageError
from ingenium.core.folders import full_disk, make_folder, storing
from ingenium.trust.access import ALTER, APPEND, READ, PartyAccess
from ingenium.trust.records import COLUMNS, GENESIS, Entry
from ingenium.trust.store import Seal

APPLICATION = 0x696E6765  # "inge", in the header of the file
WAIT_S = 30.0  # how long to wait for other writers
REMEDY = "Restore it from a copy, or move it away to start a new one; nothing was changed."
# The statements are fixed, so a plain error (no such column) means that the tables are damaged
DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
SCHEMA = """
CREATE TABLE entries (
    sequence INTEGER PRIMARY KEY,
    time TEXT NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    body TEXT NOT NULL,
    body_digest TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE
);
CREATE INDEX entries_by_kind ON entries (kind, sequence);
"""
GUARDS = {
    "no_update": """BEFORE UPDATE ON entries
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
    "no_delete": """BEFORE DELETE ON entries
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
    # OR REPLACE deletes without the trigger above, so an insert must be the next in the chain
    "in_chain": f"""BEFORE INSERT ON entries
        WHEN NEW.sequence != (SELECT COALESCE(MAX(sequence), 0) + 1 FROM entries)
        OR NEW.previous != COALESCE(
            (SELECT hash FROM entries ORDER BY sequence DESC LIMIT 1), '{GENESIS}')
        OR EXISTS (SELECT 1 FROM entries WHERE hash = NEW.hash)
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
}
# A blob or nothing in place of a text must be readable to be detected
TEXTS = [f"COALESCE(CAST({name} AS TEXT), '')" for name in COLUMNS[1:]]
SELECT = f"SELECT COALESCE(sequence, 0), {', '.join(TEXTS)} FROM entries "
INSERT = f"INSERT INTO entries ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"


class SqliteStore:
    """Entries in a SQLite file: write-ahead log, synced at each append."""

    def __init__(self, path: Path, *, create: bool = True) -> None:
        """Open the file, or create it.

        Raises:
            InputError: if it is the database of something else, or absent and not to be created.
            CorruptError: if it is not a whole database.
            StorageError: if it cannot be opened or created.
        """
        self.path = path
        self._turn = threading.Lock()
        if os.path.isdir(path) or not (create or os.path.exists(path)):  # noqa: PTH110, PTH112 - of a name that is too long they say no, and raise nothing
            raise InputError("a ledger", f"{path}, where there is none", "Name its file.")
        with storing(path):
            make_folder(path.parent)
        with self._errors():
            self._db = sqlite3.connect(
                path, timeout=WAIT_S, isolation_level=None, check_same_thread=False
            )
        self._db.text_factory = lambda text: text.decode("utf-8", "replace")
        try:
            with self._errors():
                self._prepare(create)
        except BaseException:
            self._db.close()
            raise

    @property
    def where(self) -> str:
        """The path of the file."""
        return str(self.path)

    @property
    def login(self) -> None:
        """None: a file has no logins."""
        return

    def append(self, seal: Seal) -> Entry:
        """Add the entry that `seal` computes from the last sequence and hash."""
        with self._turn, self._errors(), self._transaction():
            last = self._db.execute(
                "SELECT sequence, hash FROM entries ORDER BY sequence DESC LIMIT 1"
            ).fetchone()
            entry = seal(last or (0, GENESIS))
            self._db.execute(INSERT, entry.row())
        return entry

    def select(self, tail: str, values: Sequence[str | int]) -> list[Entry]:
        """Select entries by the rest of a query after `FROM`."""
        with self._turn, self._errors():
            return [Entry(*row) for row in self._db.execute(SELECT + tail, values)]

    def faults(self) -> list[str]:
        """Damage that SQLite finds in the file, and missing guards."""
        with self._turn, self._errors():
            found = [row[0] for row in self._db.execute("PRAGMA integrity_check")]
            rows = self._db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            guards = dict(rows.fetchall())
        faults = [f"the file is damaged: {text}" for text in found if text != "ok"]
        for name, text in GUARDS.items():
            if guards.get(name) != _guard(name, text):
                faults.append(f"the guard {name} is gone: someone may have altered entries")
        return faults

    def access(self) -> list[PartyAccess]:
        """Rights by the mode of the file; anybody who may write it may write all of it."""
        about = self.path.stat()
        parties = (
            (f"user {_name(pwd.getpwuid, about.st_uid)}", stat.S_IRUSR, stat.S_IWUSR),
            (f"group {_name(grp.getgrgid, about.st_gid)}", stat.S_IRGRP, stat.S_IWGRP),
            ("everybody else", stat.S_IROTH, stat.S_IWOTH),
        )
        mode = f"mode {stat.filemode(about.st_mode)}"
        found = [PartyAccess("root", (READ, APPEND, ALTER), "it may do everything")]
        for who, read, write in parties:
            may = ((READ,) if about.st_mode & read else ()) + (
                (APPEND, ALTER) if about.st_mode & write else ()
            )
            found.append(PartyAccess(who, may, mode))
        return found

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _prepare(self, create: bool) -> None:
        """Set up the connection, and the tables if the file is new."""
        made = self._is_made()
        if not made and not create:
            raise InputError("a ledger", f"{self.path}, an empty file", "Name its file.")
        self._log_ahead()
        self._db.execute("PRAGMA synchronous = FULL")
        if not made:
            self._make()
        self._db.execute(SELECT + "ORDER BY sequence DESC LIMIT 1").fetchone()

    def _make(self) -> None:
        """Create the tables, unless another process has done so meanwhile."""
        with self._transaction():
            if self._is_made():
                return
            for statement in SCHEMA.split(";"):
                self._db.execute(statement)
            for name, text in GUARDS.items():
                self._db.execute(_guard(name, text))
            self._db.execute(f"PRAGMA application_id = {APPLICATION}")

    def _is_made(self) -> bool:
        """True if the tables exist; raises for a file of another kind."""
        application = self._db.execute("PRAGMA application_id").fetchone()[0]
        tables = self._db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
        if application != APPLICATION and (application or tables):
            raise InputError("a ledger", f"{self.path}, a database of something else")
        return bool(tables)

    def _log_ahead(self) -> None:
        """Switch to the write-ahead log, with retries: SQLite itself does not wait here."""
        until = time.monotonic() + WAIT_S
        while True:
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
                time.sleep(0.01)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Lock the file: all of the block is written, or nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn the errors of SQLite into this package's."""
        try:
            yield
        except sqlite3.ProgrammingError as error:
            raise InputError("an open ledger", f"{self.path}: {error}", "Open it again.") from error
        except sqlite3.DatabaseError as error:
            code = _code(error)
            if code in DAMAGE:
                raise CorruptError(self.where, f"is damaged ({error})", REMEDY) from error
            if code == sqlite3.SQLITE_FULL:
                raise StorageError(errno.ENOSPC, full_disk(self.path), self.where) from error
            raise StorageError(errno.EIO, str(error), self.where) from error
        except UnicodeDecodeError as error:  # names and messages of SQLite that quote damaged bytes
            raise CorruptError(self.where, "is damaged (its schema is no text)", REMEDY) from error


def _name(of: Callable[[int], Any], number: int) -> str:
    """The name of a user or group, or its number where it has none."""
    try:
        return str(of(number)[0])
    except KeyError:
        return str(number)


def _guard(name: str, text: str) -> str:
    return f"CREATE TRIGGER {name} {text}"


def _code(error: sqlite3.Error) -> int:
    """The primary result code of an error: its low byte."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
