"""Entries of the ledger, the chain that binds them, and the check of a chain.

The hash of an entry covers its sequence, time, kind, actor, the digest of its body and the hash of
the entry before it, so no entry can be altered, removed or moved without a trace. Anybody who can
rewrite the whole store can rewrite the whole chain: store a `head()` elsewhere (such as in the
evidence of a run) and pass it to the check as its anchor.

Source: Haber & Stornetta, How to time-stamp a digital document, J. Cryptology 3, 1991 (linking).
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingenium.core.digest import PREFIX, canonical, content_digest, digest
from ingenium.core.errors import CorruptError, InputError

GENESIS = PREFIX + 64 * "0"  # precedes the first entry, and is the head of an empty ledger
COLUMNS = ("sequence", "time", "kind", "actor", "body", "body_digest", "previous", "hash")


@dataclass(frozen=True)
class Entry:
    """One event, sealed; `time` is UTC in ISO 8601 and `text` the body in canonical JSON."""

    sequence: int
    time: str
    kind: str
    actor: str
    text: str
    body_digest: str
    previous: str
    hash: str

    @property
    def body(self) -> Any:
        """The body as mappings, lists, numbers and text."""
        return json.loads(self.text)

    @property
    def table(self) -> dict[str, Any]:
        """The body as a mapping; empty if it is none, or no JSON."""
        try:
            body = self.body
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}

    def row(self) -> tuple[int, str, str, str, str, str, str, str]:
        """The fields in the order of `COLUMNS`."""
        return (
            self.sequence,
            self.time,
            self.kind,
            self.actor,
            self.text,
            self.body_digest,
            self.previous,
            self.hash,
        )

    def faults(self) -> list[str]:
        """Contradictions between this entry and its own digests."""
        found = []
        if content_digest(self.text) != self.body_digest:
            found.append("its body was altered")
        if _seal(self) != self.hash:
            found.append("its hash does not belong to it: a field was altered or it was moved")
        return found


@dataclass(frozen=True)
class Fault:
    """One fault of a chain, and its entry."""

    sequence: int
    text: str

    def __str__(self) -> str:
        return f"entry {self.sequence}: {self.text}"


def seal(last: tuple[int, str], kind: str, actor: str, text: str) -> Entry:
    """The entry that follows the one with the sequence and hash `last`, at this moment."""
    time = datetime.now(UTC).isoformat(timespec="microseconds")
    open_entry = Entry(last[0] + 1, time, kind, actor, text, content_digest(text), last[1], "")
    return resealed(open_entry)


def resealed(entry: Entry) -> Entry:
    """Return an entry with the hash recomputed from its fields."""
    return Entry(*entry.row()[:-1], _seal(entry))


def check_kind(kind: str) -> str:
    """Return a kind of entry, if it is valid.

    Raises:
        InputError: if it is not a lower-case word.
    """
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,39}", kind):
        raise InputError("a kind in lower case", repr(kind), "Write `sign-off`, for instance.")
    return kind


def check_chain(entries: Iterable[Entry], anchor: str = GENESIS) -> list[Fault]:
    """Return all faults of a whole chain, in one pass; empty if it is intact.

    Args:
        entries: from the first to the last, as they are stored.
        anchor: an earlier head of this chain, stored elsewhere; without it, a chain that lost its
            last entries, or was rewritten as a whole, looks intact.
    """
    faults = []
    sequence, previous, anchored = 0, GENESIS, anchor == GENESIS
    for entry in entries:
        if entry.sequence <= sequence:
            faults.append(Fault(entry.sequence, f"comes after {sequence}: the order was changed"))
        elif entry.sequence != sequence + 1:
            missing = f"{sequence + 1} to {entry.sequence - 1}"
            faults.append(Fault(entry.sequence, f"follows {sequence}: {missing} were removed"))
        elif entry.previous != previous:
            faults.append(Fault(entry.sequence, "does not continue the entry before it"))
        faults += [Fault(entry.sequence, text) for text in entry.faults()]
        sequence, previous = entry.sequence, entry.hash
        anchored = anchored or entry.hash == anchor
    if not anchored:
        text = f"is the last, and the anchor {anchor} is nowhere: the end was cut off or rewritten"
        faults.append(Fault(sequence, text))
    return faults


def to_line(entry: Entry) -> str:
    """An entry as one line of JSON."""
    fields = dict(zip(COLUMNS, entry.row(), strict=True))
    return canonical(fields | {"body": entry.body})


def read_lines(path: Path) -> Iterator[Entry]:
    """The entries of an exported ledger, for `check_chain`.

    Raises:
        CorruptError: at a line that is not an entry.
    """
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                fields = json.loads(line)
                fields["body"] = canonical(fields["body"])
                yield Entry(*(fields[name] for name in COLUMNS))
            except (ValueError, LookupError, TypeError) as error:
                where = f"line {number} of {path}"
                raise CorruptError(where, "is no entry of a ledger", "Export it again.") from error


def _seal(entry: Entry) -> str:
    return digest(
        [
            entry.sequence,
            entry.time,
            entry.kind,
            entry.actor,
            entry.body_digest,
            entry.previous,
        ]
    )
