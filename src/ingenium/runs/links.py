"""The hash chain of a search: each link covers one stored item and the link before.

Everything in the file of a search is in a link: the identity of the search, each session, each
proposal, each measured part with the calls of its designs, and the end of each round. So nothing
can be altered, exchanged, added or left out except at the end; a copy of the head elsewhere reveals
that.
"""

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

from ingenium.core.digest import content_digest, digest
from ingenium.trust.records import GENESIS

ABOUT, SESSION, PROPOSAL, MEASUREMENT, ROUND, EARLIER = (
    "about",
    "session",
    "proposal",
    "measurement",
    "round",
    "earlier",  # everything stored before there were links
)
TABLE = "links"
SCHEMA = (
    f"CREATE TABLE {TABLE} (number INTEGER PRIMARY KEY, entry TEXT NOT NULL, link TEXT NOT NULL)"
)
_ROWS = {  # of each kind, by its key, in the order of storage
    SESSION: ("sessions", "SELECT time, body FROM sessions WHERE session = ?"),
    PROPOSAL: ("proposals", "SELECT designs FROM proposals WHERE round = ?"),
    ROUND: ("rounds", "SELECT body, chain FROM rounds WHERE round = ?"),
    MEASUREMENT: (
        "measurements",
        "SELECT session, first, measured FROM measurements WHERE round = ? AND part = ?",
    ),
}
_ALL = {
    "about": "SELECT entry, value FROM about ORDER BY entry",
    "sessions": "SELECT * FROM sessions ORDER BY session",
    "proposals": "SELECT * FROM proposals ORDER BY round",
    "measurements": "SELECT * FROM measurements ORDER BY first",
    "verified": "SELECT digest, call FROM verified ORDER BY call",
    "rounds": "SELECT * FROM rounds ORDER BY round",
}
_CALLS = "SELECT digest FROM verified WHERE call >= ? AND call < ? ORDER BY call"


def there(db: sqlite3.Connection) -> bool:
    """Return whether the file has a chain; files of early versions have none."""
    query = "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = ?"
    return bool(db.execute(query, (TABLE,)).fetchone()[0])


def head(db: sqlite3.Connection) -> str:
    """Return the last link."""
    row = db.execute(f"SELECT link FROM {TABLE} ORDER BY number DESC LIMIT 1").fetchone()
    return GENESIS if row is None else str(row[0])


def begin(db: sqlite3.Connection) -> None:
    """Bind everything that was stored before there were links, if there is any."""
    counts = _counts(db)
    if any(counts.values()):
        add(db, EARLIER, counts)


def add(db: sqlite3.Connection, *entry: Any) -> None:
    """Bind rows written in this transaction; an entry is a kind and the key of its rows."""
    link = digest([head(db), list(entry), _content(db, *entry)])
    query = f"INSERT INTO {TABLE} (entry, link) VALUES (?, ?)"
    db.execute(query, (json.dumps(entry), link))


def faults(db: sqlite3.Connection) -> Iterator[str]:
    """Yield the rows that were altered, and those that were added without a link."""
    last, bound = GENESIS, dict.fromkeys(_ALL, 0)
    rows = db.execute(f"SELECT number, entry, link FROM {TABLE} ORDER BY number").fetchall()
    for place, (number, text, link) in enumerate(rows, start=1):
        kind, *key = json.loads(text)
        if number != place or digest([last, [kind, *key], _content(db, kind, *key)]) != link:
            yield f"{_name(kind, key)} is not what was written"
        last = link
        for table, count in _bound(kind, key).items():
            bound[table] += count
    for table, count in _counts(db).items():
        if count > bound[table]:
            yield f"{count - bound[table]} rows of {table} were added by something else"


def _bound(kind: str, key: list[Any]) -> dict[str, int]:
    """Number of rows of each table that a link binds."""
    if kind == EARLIER:
        return dict(key[0])
    if kind == MEASUREMENT:
        return {"measurements": 1, "verified": key[2]}
    return {ABOUT: key[0]} if kind == ABOUT else {_ROWS[kind][0]: 1}


def _content(db: sqlite3.Connection, kind: str, *key: Any) -> Any:
    """Content of an entry in the tables now."""
    if kind == ABOUT:
        return db.execute(_ALL[ABOUT]).fetchall()
    if kind == EARLIER:
        (counts,) = key
        return [_plain(db.execute(f"{_ALL[t]} LIMIT {int(n)}")) for t, n in counts.items()]
    if kind == MEASUREMENT:
        round, part, count = key
        found = db.execute(_ROWS[kind][1], (round, part)).fetchall()
        first = found[0][1] if found else 0
        return [_plain(found), db.execute(_CALLS, (first, first + count)).fetchall()]
    return _plain(db.execute(_ROWS[kind][1], key))


def _plain(rows: Any) -> list[list[Any]]:
    """Rows with a digest for each blob."""
    return [[content_digest(x) if isinstance(x, bytes) else x for x in row] for row in rows]


def _counts(db: sqlite3.Connection) -> dict[str, int]:
    return {t: int(db.execute(f"SELECT COUNT(*) FROM {t}").fetchone()[0]) for t in _ALL}


def _name(kind: str, key: list[Any]) -> str:
    """Description of an entry in words."""
    if kind == EARLIER:
        return "what was kept before there were seals"
    if kind == ABOUT:
        return "what the search is about"
    return f"{'session' if kind == SESSION else 'round'} {key[0]}"
