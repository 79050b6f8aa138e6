"""The ledger on a PostgreSQL server, for many machines: the same entries, another dialect."""

import errno
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import SplitResult, urlsplit

from ingenium.core.errors import CorruptError, InputError, MissingExtra, StorageError, choose
from ingenium.trust.access import ALTER, APPEND, MAY, READ, PartyAccess
from ingenium.trust.records import COLUMNS, GENESIS, Entry
from ingenium.trust.store import Seal

MAKING = 0x696E6765  # key of the server's lock under which the table is created
TURN = MAKING + 1  # and of the one under which writers take turns, which needs no right to alter
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
CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $${refuse}$$;
CREATE OR REPLACE FUNCTION ledger_in_chain() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog AS $${in_chain}$$;
CREATE TRIGGER no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER in_chain BEFORE INSERT ON ledger_entries
    FOR EACH ROW EXECUTE FUNCTION ledger_in_chain();
"""
REFUSE = " BEGIN RAISE EXCEPTION 'the ledger is append-only'; END "
# The table is named by the trigger and not by the path of the session, which is the writer's own
IN_CHAIN = f"""
DECLARE
    last RECORD;
BEGIN
    EXECUTE format('SELECT sequence, hash FROM %I.%I ORDER BY sequence DESC LIMIT 1',
        TG_TABLE_SCHEMA, TG_TABLE_NAME) INTO last;
    IF NEW.sequence <> COALESCE(last.sequence, 0) + 1
        OR NEW.previous <> COALESCE(last.hash, '{GENESIS}') THEN
        RAISE EXCEPTION 'the ledger is append-only';
    END IF;
    IF NOT pg_has_role(session_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE')
        AND split_part(NEW.actor, '@', 1) <> session_user THEN
        RAISE EXCEPTION 'entries are written in the name of the login';
    END IF;
    RETURN NEW;
END
"""
GUARDS = {"no_change": ("ledger_refuse", REFUSE), "in_chain": ("ledger_in_chain", IN_CHAIN)}
SELECT = f"SELECT {', '.join(COLUMNS)} FROM ledger_entries "
INSERT = (
    f"INSERT INTO ledger_entries ({', '.join(COLUMNS)}) VALUES ({', '.join(['%s'] * len(COLUMNS))})"
)
GUARDED = """
SELECT t.tgname, p.proname, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
WHERE t.tgrelid = 'ledger_entries'::regclass AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
"""
OWNERS = """
SELECT r.rolname, CASE WHEN r.rolsuper THEN 'a superuser' ELSE 'the owner of the table' END
FROM pg_roles r WHERE r.rolsuper
    OR r.oid = (SELECT relowner FROM pg_class WHERE oid = 'ledger_entries'::regclass) ORDER BY 1
"""
GRANTED = """
SELECT CASE WHEN a.grantee = 0 THEN 'everybody' ELSE pg_get_userbyid(a.grantee) END,
    array_agg(a.privilege_type ORDER BY 1)
FROM pg_class c, aclexplode(c.relacl) a
WHERE c.oid = 'ledger_entries'::regclass AND a.grantee <> c.relowner GROUP BY 1 ORDER BY 1
"""
PRIVILEGES = {
    READ: ("SELECT",),
    APPEND: ("SELECT", "INSERT"),
    ALTER: ("UPDATE", "DELETE", "TRUNCATE", "TRIGGER"),
}


class PostgresStore:
    """Entries in the table `ledger_entries`; writers take turns by a lock of the server."""

    def __init__(self, url: str, *, create: bool = True) -> None:
        """Connect, and create the table if it does not exist.

        Raises:
            MissingExtra: if the driver is not installed.
            InputError: if there is no table and none is to be created.
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
    def login(self) -> str:
        """User name on the server."""
        return str(self._db.info.user)

    @property
    def where(self) -> str:
        """Server and database, without user and password."""
        return self._where

    def append(self, seal: Seal) -> Entry:
        """Add the entry that `seal` computes from the last sequence and hash."""
        with self._turn, self._errors(), self._db.transaction():
            self._db.execute("SET LOCAL synchronous_commit = on")
            self._db.execute("SELECT pg_advisory_xact_lock(%s)", [TURN])
            last = self._db.execute(
                "SELECT sequence, hash FROM ledger_entries ORDER BY sequence DESC LIMIT 1"
            ).fetchone()
            entry = seal(last or (0, GENESIS))
            self._db.execute(INSERT, entry.row())
        return entry

    def select(self, tail: str, values: Sequence[str | int]) -> list[Entry]:
        """Select entries by the rest of a query after `FROM`."""
        with self._turn, self._errors():
            rows = self._db.execute(SELECT + tail.replace("?", "%s"), values)
            return [Entry(*row) for row in rows]

    def faults(self) -> list[str]:
        """Missing guards; damage of its files is for the server to detect."""
        with self._turn, self._errors():
            rows = self._db.execute(GUARDED).fetchall()
        found = {guard: (function, " ".join(text.split())) for guard, function, text in rows}
        return [
            f"the guard {guard} is gone: someone may have altered entries"
            for guard, (function, text) in GUARDS.items()
            if found.get(guard) != (function, " ".join(text.split()))
        ]

    def access(self) -> list[PartyAccess]:
        """Rights of owner and superusers, who may do everything, and rights granted to others."""
        with self._turn, self._errors():
            owners = self._db.execute(OWNERS).fetchall()
            granted = self._db.execute(GRANTED).fetchall()
        found = [PartyAccess(name, (READ, APPEND, ALTER), how) for name, how in owners]
        for name, rights in granted:
            may = [k for k in (READ, APPEND) if set(PRIVILEGES[k]) <= set(rights)]
            may += [ALTER] if set(PRIVILEGES[ALTER]) & set(rights) else []
            found.append(PartyAccess(name, tuple(may), "granted"))
        return found

    def grant(self, login: str, may: str) -> None:
        """Grant a login to read, or to read and append in its own name; revoke all other rights.

        Raises:
            InputError: for a right other than `read` or `append`.
            StorageError: if the login does not exist, or this one may not grant.
        """
        from psycopg import sql

        choose(may, MAY, "right")
        name = sql.Identifier(login)
        table = "SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = %s::regclass"
        with self._turn, self._errors(), self._db.transaction():
            schema = sql.SQL(self._db.execute(table, ["ledger_entries"]).fetchone()[0])
            rights = sql.SQL(", ".join(PRIVILEGES[may]))
            for text in (
                "REVOKE ALL ON ledger_entries FROM PUBLIC",
                "REVOKE ALL ON ledger_entries FROM {name}",
                "GRANT USAGE ON SCHEMA {schema} TO {name}",
                "GRANT {rights} ON ledger_entries TO {name}",
            ):
                statement = sql.SQL(text).format(name=name, schema=schema, rights=rights)
                self._db.execute(statement)

    def close(self) -> None:
        """End the connection."""
        self._db.close()

    def _prepare(self, create: bool) -> None:
        """Create the table, one process at a time, unless it exists."""
        with self._errors(), self._db.transaction():
            self._db.execute("SELECT pg_advisory_xact_lock(%s)", [MAKING])
            if self._db.execute("SELECT to_regclass('ledger_entries')").fetchone()[0]:
                return
            if not create:
                raise InputError("a ledger", f"{self.where}, which holds none", "Name another.")
            self._db.execute(SCHEMA.format(refuse=REFUSE, in_chain=IN_CHAIN))

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
