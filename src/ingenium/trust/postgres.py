"""The ledger on a PostgreSQL server, for many machines: the same entries, another dialect."""

import errno
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import SplitResult, urlsplit

from ingenium.core.errors import CorruptError, InputError, MissingExtra, StorageError
from ingenium.trust.records import COLUMNS, GENESIS, Entry
from ingenium.trust.store import Seal

MAKING = 0x696E6765  # key of the server's lock under which the table is made
# Collation C: texts compare byte by byte on every server, as in SQLite
SCHEMA = """
CREATE TABLE ledger_entries (
    sequence BIGINT PRIMARY KEY,
    time TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    actor TEXT NOT NULL,
    body TEXT NOT NULL,
    body_digest TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT COLLATE "C" NOT NULL UNIQUE
);
CREATE INDEX ledger_entries_by_kind ON ledger_entries (kind, sequence);
CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$;
CREATE TRIGGER no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
"""
SELECT = f"SELECT {', '.join(COLUMNS)} FROM ledger_entries "
INSERT = (
    f"INSERT INTO ledger_entries ({', '.join(COLUMNS)}) VALUES ({', '.join(['%s'] * len(COLUMNS))})"
)
GUARDED = """
SELECT COUNT(*) FROM pg_trigger
WHERE tgrelid = 'ledger_entries'::regclass AND tgname = 'no_change' AND tgenabled IN ('O', 'A')
"""


class PostgresStore:
    """Entries in the table `ledger_entries`; writers take turns by a lock of the table."""

    def __init__(self, url: str, *, create: bool = True) -> None:
        """Connect, and make the table if it is not there.

        Raises:
            MissingExtra: if the driver is not installed.
            InputError: if there is no table and none is to be made.
            StorageError: if the server cannot be reached.
        """
        try:
            import psycopg
        except ImportError as error:
            raise MissingExtra("postgres", "psycopg") from error
        self._driver = psycopg
        parts = _split(url)
        self._where = f"postgresql://{parts.hostname or ''}{parts.path}"
        self._secret = parts.password
        self._turn = threading.Lock()
        with self._errors():
            self._db: Any = psycopg.connect(url, autocommit=True)
        try:
            self._prepare(create)
        except BaseException:
            self._db.close()
            raise

    @property
    def where(self) -> str:
        """Server and database, without user and password."""
        return self._where

    def append(self, seal: Seal) -> Entry:
        """Add the entry that `seal` makes from the last sequence and hash."""
        with self._turn, self._errors(), self._db.transaction():
            self._db.execute("SET LOCAL synchronous_commit = on")
            self._db.execute("LOCK TABLE ledger_entries IN EXCLUSIVE MODE")
            last = self._db.execute(
                "SELECT sequence, hash FROM ledger_entries ORDER BY sequence DESC LIMIT 1"
            ).fetchone()
            entry = seal(last or (0, GENESIS))
            self._db.execute(INSERT, entry.row())
        return entry

    def select(self, tail: str, values: Sequence[str | int]) -> list[Entry]:
        """Entries by the rest of a query after `FROM`."""
        with self._turn, self._errors():
            rows = self._db.execute(SELECT + tail.replace("?", "%s"), values)
            return [Entry(*row) for row in rows]

    def faults(self) -> list[str]:
        """Guards that are gone; damage of its files is the server's own to find."""
        with self._turn, self._errors():
            guards = self._db.execute(GUARDED).fetchone()[0]
        if guards:
            return []
        return ["the guard no_change is gone: someone may have altered entries"]

    def close(self) -> None:
        """End the connection."""
        self._db.close()

    def _prepare(self, create: bool) -> None:
        """Make the table, one process at a time, unless it is there."""
        with self._errors(), self._db.transaction():
            self._db.execute("SELECT pg_advisory_xact_lock(%s)", [MAKING])
            if self._db.execute("SELECT to_regclass('ledger_entries')").fetchone()[0]:
                return
            if not create:
                raise InputError("a ledger", f"{self.where}, which holds none", "Name another.")
            self._db.execute(SCHEMA)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn the errors of the driver into this package's."""
        driver = self._driver
        try:
            yield
        except (driver.errors.DataCorrupted, driver.errors.IndexCorrupted) as error:
            remedy = "Restore the database from a copy."
            raise CorruptError(self.where, f"is damaged ({error})", remedy) from error
        except driver.Error as error:
            text = " ".join(str(error).split())
            if self._secret:
                text = text.replace(self._secret, "***")
            raise StorageError(errno.EIO, text, self.where) from None  # the cause names the secret


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise InputError("postgresql://user@host/database", "a malformed URL") from None
