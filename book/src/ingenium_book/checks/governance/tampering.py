"""Tampering with the file of a ledger by somebody who may write it, and its detection.

Three things detect it: the *chain* alone, an *anchor* (an earlier head stored elsewhere), and the
*signatures* of sign-offs against the list of signers. Anybody who may write the whole file can
write a whole new chain: then only the other two detect it, and only the anchor detects a cut end or
omitted sign-offs.
"""

import random
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ingenium.core.digest import canonical, content_digest
from ingenium.trust.records import GENESIS, Entry, resealed
from ingenium.trust.signoff import KIND
from ingenium.trust.sqlite import GUARDS, INSERT

CHAIN, ANCHOR, SIGNATURE = "chain", "anchor", "signature"
ENTRIES, SIGNED = 20, 8  # of a ledger to tamper with, and which of them is signed off next
Rows = list[Entry]


@dataclass(frozen=True)
class Act:
    """One way to tamper, and its detectors."""

    name: str
    change: Callable[[Rows, random.Random], Rows]
    found_by: frozenset[str]


def tamper(place: Path, act: Act, seed: int) -> None:
    """Carry out an act on the file of a ledger, with all guards restored."""
    rng = random.Random(f"tamper {seed}")  # other numbers than those of the ledger's seed
    with sqlite3.connect(place, isolation_level=None) as db:
        columns = "sequence, time, kind, actor, body, body_digest, previous, hash"
        rows = db.execute(f"SELECT {columns} FROM entries ORDER BY sequence")
        entries = [Entry(*row) for row in rows]
        for name in GUARDS:
            db.execute(f"DROP TRIGGER {name}")
        db.execute("DELETE FROM entries")
        db.executemany(INSERT, [e.row() for e in act.change(entries, rng)])
        if act.name != "guards removed":
            for name, text in GUARDS.items():
                db.execute(f"CREATE TRIGGER {name} {text}")
    db.close()


def _any(rng: random.Random) -> int:
    """Place of a random entry that is neither signed, a sign-off, the first nor the last."""
    free = [i for i in range(1, ENTRIES - 1) if i not in (SIGNED - 1, SIGNED)]
    return rng.choice(free)


def _late(rng: random.Random) -> int:
    """Place of a random entry after the sign-off and before the last."""
    return rng.randrange(SIGNED + 1, ENTRIES - 1)


def _chained(rows: Rows) -> Rows:
    """Recompute numbers, digests and hashes of all entries, so that the chain is valid."""
    made: Rows = []
    last = GENESIS
    for i, entry in enumerate(rows, start=1):
        digest = content_digest(entry.text)
        moved = replace(entry, sequence=i, previous=last, body_digest=digest)
        made.append(resealed(moved))
        last = made[-1].hash
    return made


def _other(entry: Entry, rng: random.Random) -> Entry:
    """Return an entry with another body."""
    return replace(entry, text=canonical(entry.body | {"value": rng.random()}))


def _edit(rows: Rows, rng: random.Random) -> Rows:
    i = _any(rng)
    return [*rows[:i], _other(rows[i], rng), *rows[i + 1 :]]


def _edit_and_digest(rows: Rows, rng: random.Random) -> Rows:
    i = _any(rng)
    other = _other(rows[i], rng)
    made = resealed(replace(other, body_digest=content_digest(other.text)))
    return [*rows[:i], made, *rows[i + 1 :]]


def _rename(rows: Rows, rng: random.Random) -> Rows:
    i = _any(rng)
    was = rows[i]
    made = rng.choice(
        [
            replace(was, actor="eve@lab"),
            replace(was, kind="fix"),
            replace(was, time="2020-01-01"),
        ]
    )
    return [*rows[:i], made, *rows[i + 1 :]]


def _swap(rows: Rows, rng: random.Random) -> Rows:
    i = _any(rng)
    j = rng.choice([k for k in range(1, ENTRIES - 1) if k not in (i, SIGNED - 1, SIGNED)])
    made = list(rows)
    made[i] = replace(rows[j], sequence=rows[i].sequence)
    made[j] = replace(rows[i], sequence=rows[j].sequence)
    return made


def _remove(rows: Rows, rng: random.Random) -> Rows:
    i = _late(rng)
    return rows[:i] + rows[i + 1 :]


def _remove_and_number(rows: Rows, rng: random.Random) -> Rows:
    return [replace(e, sequence=i) for i, e in enumerate(_remove(rows, rng), start=1)]


def _insert(rows: Rows, rng: random.Random) -> Rows:
    i = _late(rng)
    other = _other(rows[i], rng)
    new = resealed(replace(other, sequence=i + 1, body_digest=content_digest(other.text)))
    later = [replace(e, sequence=e.sequence + 1) for e in rows[i:]]
    return [*rows[:i], new, *later]


def _cut(rows: Rows, rng: random.Random) -> Rows:
    return rows[: -rng.randint(1, ENTRIES - SIGNED - 2)]


def _rewrite_signed(rows: Rows, rng: random.Random) -> Rows:
    i = rng.randrange(SIGNED)
    return _chained([*rows[:i], _other(rows[i], rng), *rows[i + 1 :]])


def _rewrite_unsigned(rows: Rows, rng: random.Random) -> Rows:
    i = rng.randrange(SIGNED + 1, ENTRIES)
    return _chained([*rows[:i], _other(rows[i], rng), *rows[i + 1 :]])


def _rewrite_without_sign_offs(rows: Rows, rng: random.Random) -> Rows:
    i = rng.randrange(SIGNED)
    made = [*rows[:i], _other(rows[i], rng), *rows[i + 1 :]]
    return _chained([e for e in made if e.kind != KIND])


def _turn_sign_off(rows: Rows, rng: random.Random) -> Rows:
    """Change the text or the author of the sign-off, and recompute the chain."""
    signed = rows[SIGNED]
    turned = rng.choice(
        [
            replace(signed, text=signed.text.replace("approved", "refused")),
            replace(signed, text=signed.text.replace('"safety"', '"release"')),
            replace(signed, actor="eve@lab"),
        ]
    )
    return _chained([*rows[:SIGNED], turned, *rows[SIGNED + 1 :]])


def _forge_sign_off(rows: Rows, rng: random.Random) -> Rows:
    """Append a sign-off in another's name, with a copied signature or with none."""
    target = rows[rng.randrange(SIGNED + 1, ENTRIES)]
    seal = rng.choice([None, rows[SIGNED].body["signature"]])
    body = rows[SIGNED].body | {"entry": target.hash, "signature": seal}
    last = rows[-1]
    forged = replace(rows[SIGNED], sequence=last.sequence + 1, text=canonical(body))
    forged = replace(forged, previous=last.hash, body_digest=content_digest(forged.text))
    return [*rows, resealed(forged)]


def _nothing(rows: Rows, rng: random.Random) -> Rows:
    return rows


def _act(name: str, change: Callable[[Rows, random.Random], Rows], *by: str) -> Act:
    return Act(name, change, frozenset(by))


ACTS = (
    _act("edit a body", _edit, CHAIN),
    _act("edit a body and its hash", _edit_and_digest, CHAIN),
    _act("edit actor, kind or time", _rename, CHAIN),
    _act("swap two entries", _swap, CHAIN),
    _act("remove an entry", _remove, CHAIN),
    _act("remove an entry and number anew", _remove_and_number, CHAIN),
    _act("insert an entry", _insert, CHAIN),
    _act("guards removed", _nothing, CHAIN),
    _act("cut the end", _cut, ANCHOR),
    _act("rewrite signed", _rewrite_signed, ANCHOR, SIGNATURE),
    _act("rewrite unsigned", _rewrite_unsigned, ANCHOR),
    _act("rewrite without sign-offs", _rewrite_without_sign_offs, ANCHOR),
    _act("turn a sign-off", _turn_sign_off, ANCHOR, SIGNATURE),
    _act("forge a sign-off", _forge_sign_off, SIGNATURE),
)
