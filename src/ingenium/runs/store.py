"""Every step of a search on disk, written immediately and never altered.

One SQLite file contains, in this order for each round, the proposals, the measurements part by
part, and the end of the round. Everything that a killed search had written is there when it is
opened again; unfinished measurements are repeated. Designs are identified by the digest of their
content, which the file contains once, so that none is verified twice. A hash chain covers
everything (`links`), from the first session that supports it. If the machine crashes and not just
the process, at most the last second is lost, and the rest is consistent.
"""

import io
import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from jaxtyping import Float

from ingenium.core.digest import content_digest, digest
from ingenium.core.errors import CorruptError, InputError, StorageError
from ingenium.core.folders import make_folder, storing
from ingenium.runs import links
from ingenium.trust.records import GENESIS

FILE = "search.sqlite"  # of a folder
APPLICATION = 0x73726368  # "srch", in the header of the file
WAIT_S = 30.0
SYNC_S = 1.0  # between two waits for the disk
SCHEMA = (
    "CREATE TABLE about (entry TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE sessions (session INTEGER PRIMARY KEY, time REAL NOT NULL, body TEXT NOT NULL)",
    "CREATE TABLE proposals (round INTEGER PRIMARY KEY, designs BLOB NOT NULL)",
    """CREATE TABLE measurements (
        round INTEGER NOT NULL, part INTEGER NOT NULL, session INTEGER NOT NULL,
        first INTEGER NOT NULL, measured BLOB NOT NULL, PRIMARY KEY (round, part))""",
    "CREATE TABLE verified (digest TEXT PRIMARY KEY, call INTEGER NOT NULL UNIQUE) WITHOUT ROWID",
    "CREATE TABLE rounds (round INTEGER PRIMARY KEY, body TEXT NOT NULL, chain TEXT NOT NULL)",
)
TABLES = ("about", "sessions", "proposals", "measurements", "verified", "rounds")
_GUARD = """CREATE TRIGGER no_{verb}_{table} BEFORE {verb} ON {table}
    BEGIN SELECT RAISE(ABORT, 'a search only grows'); END"""

Arrays = Mapping[str, np.ndarray]


class Store:
    """File of one search, which one process at a time writes."""

    def __init__(self, path: Path) -> None:
        """Open the file, or create it.

        Raises:
            InputError: if it is the database of something else.
            CorruptError: if it is damaged.
            StorageError: if it cannot be opened or created.
        """
        self.path = path
        with storing(path):
            make_folder(path.parent)
        self.session, self._synced = -1, -SYNC_S
        self._waits: bool | None = None  # whether writes wait for the disk; None before it is set
        with self._errors():
            self._db = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None)
            self._prepare()

    def under(self, about: Mapping[str, str]) -> dict[str, tuple[str, str]]:
        """Store the identity of the search; return its differences from earlier sessions."""
        with self._errors(), self._transaction():
            self._adopt()
            known = dict(self._db.execute("SELECT entry, value FROM about"))
            if not known:
                self._db.executemany("INSERT INTO about VALUES (?, ?)", about.items())
                links.add(self._db, links.ABOUT, len(about))
        earlier = known or dict(about)
        return {k: (earlier.get(k, ""), v) for k, v in about.items() if earlier.get(k, "") != v}

    def about(self) -> dict[str, str]:
        """Return the identity of the search, as stored by the first session."""
        with self._errors():
            return dict(self._db.execute("SELECT entry, value FROM about"))

    def sit(self, body: Mapping[str, Any]) -> int:
        """Begin a session; `body` describes its machine and versions."""
        with self._errors(), self._transaction():
            self._adopt()
            values = (time.time(), json.dumps(body))
            cursor = self._db.execute("INSERT INTO sessions (time, body) VALUES (?, ?)", values)
            self.session = int(cursor.lastrowid or 0)
            links.add(self._db, links.SESSION, self.session)
        return self.session

    def propose(self, round: int, designs: Arrays) -> None:
        """Store the designs to be verified in a round."""
        with self._errors(), self._transaction():
            self._db.execute("INSERT INTO proposals VALUES (?, ?)", (round, _packed(designs)))
            links.add(self._db, links.PROPOSAL, round)

    def measure(
        self,
        round: int,
        part: int,
        first: int,
        measured: Float[np.ndarray, "n k"],
        digests: list[str],
    ) -> None:
        """Store the measurements of some designs of a round, the engine's calls from `first` on.

        Raises:
            CorruptError: if one of them was verified before; nothing is stored then.
        """
        row = (round, part, self.session, first, _packed({"measured": measured}))
        calls = zip(digests, range(first, first + len(digests)), strict=True)
        with self._errors(), self._transaction():
            self._db.execute("INSERT INTO measurements VALUES (?, ?, ?, ?, ?)", row)
            self._db.executemany("INSERT INTO verified VALUES (?, ?)", calls)
            links.add(self._db, links.MEASUREMENT, round, part, len(digests))

    def close_round(self, place: int, body: Mapping[str, Any]) -> str:
        """Store the end of a round; return the head of the chain.

        `place` counts the ends of rounds from 0 on. The entry `round` of the body is the number of
        the round, where several were measured concurrently; without it, rounds ended in order of
        proposal.
        """
        row = (place, json.dumps(body), self.head())
        with self._errors(), self._transaction():
            self._db.execute("INSERT INTO rounds VALUES (?, ?, ?)", row)
            links.add(self._db, links.ROUND, place)
        return self.head()

    def verified(self) -> dict[str, int]:
        """Return the call in which each design was verified, by digest."""
        with self._errors():
            return dict(self._db.execute("SELECT digest, call FROM verified ORDER BY call"))

    def measured(self) -> list[Float[np.ndarray, "n k"]]:
        """Return all measurements, in the order of the calls."""
        with self._errors():
            rows = self._db.execute("SELECT measured FROM measurements ORDER BY first")
            return [self._unpacked(row[0])["measured"] for row in rows]

    def parts(self) -> list[tuple[int, int]]:
        """Return round and part of all measurements, in the order of the calls."""
        with self._errors():
            rows = self._db.execute("SELECT round, part FROM measurements ORDER BY first")
            return [(int(round), int(part)) for round, part in rows]

    def begun(self) -> list[int]:
        """Return the rounds with proposals."""
        with self._errors():
            rows = self._db.execute("SELECT round FROM proposals ORDER BY round")
            return [int(row[0]) for row in rows]

    def proposed(self, round: int) -> dict[str, np.ndarray] | None:
        """Return the proposals of a round; None if it has none yet."""
        with self._errors():
            found = self._db.execute("SELECT designs FROM proposals WHERE round = ?", (round,))
            row = found.fetchone()
        return None if row is None else self._unpacked(row[0])

    def rounds(self) -> list[dict[str, Any]]:
        """Return the ends of finished rounds, in their order."""
        with self._errors():
            rows = self._db.execute("SELECT body FROM rounds ORDER BY round")
            return [json.loads(row[0]) for row in rows]

    def sessions(self) -> dict[int, dict[str, Any]]:
        """Return the descriptions of the sessions."""
        with self._errors():
            rows = self._db.execute("SELECT session, body FROM sessions ORDER BY session")
            return {int(number): json.loads(body) for number, body in rows}

    def head(self) -> str:
        """Return the end of the chain, which changes with any alteration or omission."""
        with self._errors():
            if links.there(self._db):
                return links.head(self._db)
            row = self._db.execute("SELECT chain FROM rounds ORDER BY round DESC LIMIT 1")
            return str((row.fetchone() or [GENESIS])[0])

    def first(self) -> str:
        """Return the link of the first session that has one, which is unique to a search."""
        with self._errors():
            if not links.there(self._db):
                return ""
            query = f"SELECT link FROM {links.TABLE} WHERE entry LIKE ? ORDER BY number LIMIT 1"
            row = self._db.execute(query, (f'["{links.SESSION}"%',)).fetchone()
            return "" if row is None else str(row[0])

    def contains(self, head: str) -> bool:
        """Return whether `head` is the present or an earlier head of the chain."""
        with self._errors():
            found = self._db.execute("SELECT 1 FROM rounds WHERE chain = ?", (head,)).fetchone()
            if found is None and links.there(self._db):
                query = f"SELECT 1 FROM {links.TABLE} WHERE link = ?"
                found = self._db.execute(query, (head,)).fetchone()
        return found is not None or head == GENESIS

    def check(self) -> list[str]:
        """List the faults of the file: damage, or content that does not belong to the chain."""
        with self._errors():
            found = [row[0] for row in self._db.execute("PRAGMA integrity_check")]
            faults = [f"the file is damaged: {text}" for text in found if text != "ok"]
            chained = links.there(self._db)
            faults += links.faults(self._db) if chained else self._earlier()
            return list(dict.fromkeys(faults))

    def _earlier(self) -> Iterator[str]:
        """Yield faults in the rounds of a file of a version without links."""
        last = GENESIS
        rows = self._db.execute("SELECT round, body, chain FROM rounds ORDER BY round")
        for place, text, chain in rows.fetchall():
            round = json.loads(text).get("round", place)
            query = "SELECT designs FROM proposals WHERE round = ?"
            blobs = [row[0] for row in self._db.execute(query, (round,))]
            query = "SELECT measured FROM measurements WHERE round = ? ORDER BY part"
            blobs += [row[0] for row in self._db.execute(query, (round,))]
            if digest([last, place, text, [content_digest(blob) for blob in blobs]]) != chain:
                yield f"round {round} is not what was written"
            last = chain

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _adopt(self) -> None:
        """Bind the contents of a file without a chain, within a transaction."""
        if not links.there(self._db):
            self._chain()
            links.begin(self._db)

    def _chain(self) -> None:
        self._db.execute(links.SCHEMA)
        self._guard(links.TABLE)

    def _guard(self, table: str) -> None:
        for verb in ("UPDATE", "DELETE"):
            self._db.execute(_GUARD.format(verb=verb, table=table))

    def _prepare(self) -> None:
        application = self._db.execute("PRAGMA application_id").fetchone()[0]
        tables = self._db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
        if application != APPLICATION and (application or tables):
            raise InputError("the file of a search", f"{self.path}, a database of something else")
        self._db.execute("PRAGMA journal_mode = WAL")
        if not tables:
            with self._transaction():
                for statement in SCHEMA:
                    self._db.execute(statement)
                for table in TABLES:
                    self._guard(table)
                self._chain()
                self._db.execute(f"PRAGMA application_id = {APPLICATION}")

    def _unpacked(self, blob: bytes) -> dict[str, np.ndarray]:
        try:
            with np.load(io.BytesIO(blob), allow_pickle=False) as stored:
                return dict(stored)
        except (OSError, ValueError, EOFError, BadZipFile) as error:
            raise CorruptError(str(self.path), "holds no arrays", "Begin a new search.") from error

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Write everything of the block, or nothing."""
        wait = time.monotonic() - self._synced >= SYNC_S
        if wait != self._waits:
            self._db.execute(f"PRAGMA synchronous = {'FULL' if wait else 'NORMAL'}")
            self._waits = wait
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
            self._synced = time.monotonic() if wait else self._synced
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn the errors of SQLite into this package's."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise StorageError(5, str(error), str(self.path)) from error
        except sqlite3.DatabaseError as error:
            what, instead = f"does not hold together ({error})", "Begin a new search elsewhere."
            raise CorruptError(str(self.path), what, instead) from error


def _packed(arrays: Arrays) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()
