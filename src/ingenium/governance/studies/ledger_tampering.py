"""Row 34.14, its log and its rights: tampering is found, and what is forbidden is denied.

Ledgers of 20 entries, one signed off by an Ed25519 key, are altered in 14 ways by who may write
the file and puts the guards back: bodies, fields and order are changed, entries are removed,
inserted and numbered anew, the end is cut, the whole chain is computed anew with and without its
sign-offs, sign-offs are turned and forged. The chain, an anchor kept elsewhere and the list of
who may sign look at each ledger before and after. Forbidden are statements of SQL that alter an
entry while the guards stand, and sign-offs by a key in a role or name that it was not given.
Rights of a PostgreSQL server are tested elsewhere, and escalation of uncertainty nowhere. Budget:
5 seeds, 6 ledgers for each of 14 acts; quick: 1.
"""

import math
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from ingenium.core.digest import digest
from ingenium.core.packages import Extra
from ingenium.core.problem import Watch
from ingenium.evaluate.intervals import Interval, share_of, t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.trust import tampering
from ingenium.trust.ledger import open_ledger
from ingenium.trust.signoff import Signer, State, check_sign_offs, sign_off
from ingenium.trust.tampering import ACTS, CHAIN

EACH, QUICK_EACH = 6, 1  # ledgers for each act and seed
APPENDS = 200  # of which the time is taken
STATEMENTS = (
    "UPDATE entries SET body = '{}' WHERE sequence = 3",
    "UPDATE entries SET actor = 'eve@lab'",
    "DELETE FROM entries WHERE sequence = 3",
    "DELETE FROM entries",
    "INSERT OR REPLACE INTO entries SELECT 3, time, kind, actor, body, body_digest, previous, 'h' "
    "FROM entries WHERE sequence = 3",
    "INSERT INTO entries SELECT 99, time, kind, actor, body, body_digest, hash, 'h' "
    "FROM entries WHERE sequence = 20",
    "INSERT INTO entries SELECT 21, time, kind, actor, body, body_digest, previous, 'h' "
    "FROM entries WHERE sequence = 20",
)


def measure(budget: Budget, watch: Watch) -> Measured:
    """Tamper in every way, do what is forbidden, and count what is seen."""
    each = QUICK_EACH if budget.quick else EACH
    keys = Extra("audit").package("cryptography.hazmat.primitives.asymmetric.ed25519")
    key = keys.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    trusted = Signer(("ann@lab",), ("ingenium-safety",), key.public_key().public_bytes_raw())
    seen: dict[str, list[bool]] = {"any": [], "chain": [], "as said": [], "false": []}
    budget.folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=budget.folder) as new:  # a stopped run left tampered ledgers behind
        folder = Path(new)
        for seed in budget.seeds:
            watch("tamper", seed, len(budget.seeds))
            for number in range(seed * each, (seed + 1) * each):
                for one in _acts(folder, number, key, trusted):
                    for name, value in one.items():
                        seen[name].append(value)
        denied = [ok for seed in budget.seeds for ok in _denied(folder, seed, key, trusted)]
        milliseconds = [_append_ms(folder, seed) for seed in budget.seeds]
    nothing = Interval(math.nan, math.nan, math.nan)
    return from_intervals(
        values={
            "detected": share_of(seen["any"]),
            "false_alarms": share_of(seen["false"]),
            "denied": share_of(denied),
            "as_said": share_of(seen["as said"]),
            "escalation": nothing,
        },
        beside={
            "found by the chain alone": share_of(seen["chain"]),
            "milliseconds to append an entry, on disk": t_interval(milliseconds),
        },
        data=digest([act.name for act in ACTS]),
        notes=(
            f"{len(seen['any'])} tamperings of {len(ACTS)} kinds; {len(denied)} forbidden actions.",
            "Nothing here escalates uncertainty to a person, so that part of the row is open.",
        ),
    )


def _acts(folder: Path, number: int, key: object, trusted: Signer) -> Iterator[dict[str, bool]]:
    """One ledger for each act, looked at before and after."""
    for act in ACTS:
        place = folder / f"{number}-{ACTS.index(act)}.sqlite"
        kept = tampering.prepared(place, number, key=key)
        clean = tampering.found_by(place, kept, (trusted,))
        tampering.tamper(place, act, number)
        found = tampering.found_by(place, kept, (trusted,))
        yield {
            "any": bool(found),
            "chain": CHAIN in found,
            "as said": found == act.found_by,
            "false": bool(clean),
        }
        _remove(place)


def _denied(folder: Path, seed: int, key: object, trusted: Signer) -> list[bool]:
    """Whether the file refuses statements that alter, and a check each sign-off out of role."""
    place = folder / f"denied-{seed}.sqlite"
    kept = tampering.prepared(place, seed, key=key)
    found = []
    with sqlite3.connect(place, isolation_level=None) as db:
        for statement in STATEMENTS:
            try:
                db.execute(statement)
                found.append(False)
            except sqlite3.DatabaseError as error:
                found.append("append-only" in str(error))
    db.close()
    with open_ledger(place, actor="ann@lab") as ledger:
        for role, actor in (("release", "ann@lab"), ("safety", "eve@lab")):
            sign_off(ledger, kept.signed, role, "Fine.", actor=actor, key=key)
        checked = check_sign_offs(ledger, (trusted,))
        found += [one.state is not State.VALID for one in checked[1:]]
    _remove(place)
    return found


def _append_ms(folder: Path, seed: int) -> float:
    """Milliseconds for an entry until it is on the disk."""
    place = folder / f"append-{seed}.sqlite"
    with open_ledger(place) as ledger:
        started = time.perf_counter()
        for i in range(APPENDS):
            ledger.append("fit", {"i": i})
        spent = time.perf_counter() - started
    _remove(place)
    return 1e3 * spent / APPENDS


def _remove(place: Path) -> None:
    for path in place.parent.glob(f"{place.name}*"):
        path.unlink()
