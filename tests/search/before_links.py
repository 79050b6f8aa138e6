"""Files of searches from before all entries had a link."""

import json
import sqlite3
from pathlib import Path

from ingenium.core.digest import content_digest, digest
from ingenium.trust.records import GENESIS


def unlinked(path: Path) -> None:
    """Remove the links from the file of a search, and chain its rounds in the old way."""
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE IF EXISTS links")
        db.execute("DROP TRIGGER IF EXISTS no_UPDATE_rounds")
        last = GENESIS
        for place, text in db.execute("SELECT round, body FROM rounds ORDER BY round").fetchall():
            round = json.loads(text).get("round", place)
            query = "SELECT designs FROM proposals WHERE round = ?"
            blobs = [row[0] for row in db.execute(query, (round,))]
            query = "SELECT measured FROM measurements WHERE round = ? ORDER BY part"
            blobs += [row[0] for row in db.execute(query, (round,))]
            last = digest([last, place, text, [content_digest(blob) for blob in blobs]])
            db.execute("UPDATE rounds SET chain = ? WHERE round = ?", (last, place))
