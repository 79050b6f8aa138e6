"""Rows 34.14 and 30.15: detection of tampering, denied rights, and the energy of a run."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from ingenium_book.checks.governance import tampering
from ingenium_book.checks.governance.release import DAYS, PROBLEM, Release, StoredRelease
from ingenium_book.findings import Commands, Finding

STATEMENTS = (
    "UPDATE entries SET body = '{}' WHERE sequence = 3",
    "UPDATE entries SET actor = 'eve@lab'",
    "DELETE FROM entries WHERE sequence = 3",
    "INSERT OR REPLACE INTO entries SELECT 3, time, kind, actor, body, body_digest, previous, 'h' "
    "FROM entries WHERE sequence = 3",
    "INSERT INTO entries SELECT 99, time, kind, actor, body, body_digest, hash, 'h' "
    "FROM entries WHERE sequence = 20",
)
MANY = 4000  # days, so that the overhead of a command weighs little
WATTS, GRAMS = 10.0, 100.0  # of a busy thread; of CO2 equivalents for a kWh


def tampering_and_rights(commands: Commands) -> Iterator[Finding]:
    """Row 34.14: every planted tampering is found, and every forbidden action is denied."""
    release = Release(commands, ("safety",))
    verify = ("verify", PROBLEM, "run/designs/profile_000000.csv", "--spec", "spec.toml")
    while _count(commands) < tampering.SIGNED:
        commands(*verify)
    release.entry = commands("ledger", "list").answer["entries"][-1]["hash"]
    release.sign("safety")
    while _count(commands) < tampering.ENTRIES:
        commands(*verify)
    stored, head = StoredRelease.of(release.ledger), commands("ledger", "check").answer["head"]
    clean = _found(commands, head)
    yield Finding("nothing is said of a ledger that nobody touched", not clean)
    found = {}
    for act in tampering.ACTS:
        stored.back()
        tampering.tamper(stored.place, act, 0)
        found[act.name] = _found(commands, head)
    stored.back()
    seen = sum(map(bool, found.values()))
    alone = sum("chain" in by for by in found.values())
    text = f"{seen} of {len(found)} ways to tamper are found, {alone} of them by the chain alone"
    yield Finding(text, seen == len(found))
    as_reported = [act.name for act in tampering.ACTS if act.found_by <= found[act.name]]
    text = (
        f"{len(as_reported)} of them by each of chain, anchor and signatures that should see them"
    )
    yield Finding(text, len(as_reported) == len(found))
    refused = _refused(stored)
    text = f"the database refuses {refused} of {len(STATEMENTS)} statements that alter entries"
    yield Finding(text, refused == len(STATEMENTS))
    for text, by in (("in another's name", "eve@lab"), ("in a role of another", "")):
        stored.back()
        release.sign("safety" if by else "release", key="safety", by=by)
        denied = commands("ledger", "verify-signatures", "--signers", "signers")
        reported = denied.answer["sign_offs"][-1]["state"]
        yield Finding(
            f"a sign-off {text} is told: {reported}", denied.code == 1 and reported != "valid"
        )


def _count(commands: Commands) -> int:
    return len(commands("ledger", "list", "--limit", 99).answer["entries"])


def _found(commands: Commands, head: str) -> frozenset[str]:
    """Return those of chain, anchor and signatures that report a fault."""
    codes = {
        "chain": commands("ledger", "check").code,
        "anchor": commands("ledger", "check", "--anchor", head).code,
        "signature": commands("ledger", "verify-signatures", "--signers", "signers").code,
    }
    return frozenset(name for name, code in codes.items() if code)


def _refused(stored: StoredRelease) -> int:
    """Count statements that the database refuses as append-only."""
    refused = 0
    with closing(sqlite3.connect(stored.place, isolation_level=None)) as db:
        for statement in STATEMENTS:
            try:
                db.execute(statement)
            except sqlite3.DatabaseError as error:
                refused += "append-only" in str(error)
    return refused


def energy_account(commands: Commands) -> Iterator[Finding]:
    """Row 30.15: each run reports its energy, its method, and its carbon."""
    (commands.folder / "spec.toml").write_text(DAYS)
    reported = {
        "INGENIUM_THREAD_WATTS": f"{WATTS:g}",
        "INGENIUM_CARBON": f"{GRAMS:g} a made-up grid",
    }
    bare, _ = _took(commands, 2, "first")  # opens packages, which is no part of a run
    with _setting(reported):
        (less, least), (took, spent) = _took(commands, 2, "small"), _took(commands, MANY, "large")
    share = (took["cpu_seconds"] - less["cpu_seconds"]) / (spent - least)
    text = f"of the processor time of {MANY - 2} more days by the clock, {100 * share:.0f} % count"
    yield Finding(text, abs(share - 1) < 0.05)
    right = took["kwh"] * 3.6e6 / (WATTS * took["cpu_seconds"])
    stated = not took["measured"]
    text = f"kWh are those of the stated power, by a factor of {right:.3f}"
    yield Finding(text, not stated or abs(right - 1) < 0.01)
    carbon = took["kg_co2e"] * 1e3 / (GRAMS * took["kwh"])
    yield Finding(f"CO2e follows from kWh, by a factor of {carbon:.3f}", abs(carbon - 1) < 1e-6)
    yield Finding(f"it says how that is known: {took['method']}", bool(took["method"]))
    yield Finding("no carbon is told where nobody says it", bare["kg_co2e"] is None)
    text = "a counter of the processor was read beside the estimate"
    yield Finding(text, bool(bare["measured"]), gap=True)
    yield Finding("labour stands on the bill", "labour" in took, gap=True)


def _took(commands: Commands, n: int, out: str) -> tuple[dict[str, Any], float]:
    """Energy reported by a run, and the CPU time of its command."""
    before = os.times()
    words = ("--spec", "spec.toml", "-n", n, "--seed", 1, "--out", out)
    commands("propose", PROBLEM, *words)
    spent = sum(os.times()[:4]) - sum(before[:4])
    reported: dict[str, Any] = json.loads((commands.folder / out / "run.json").read_text())
    return reported["energy"], spent


@contextmanager
def _setting(reported: dict[str, str]) -> Iterator[None]:
    """Set environment variables, and restore them afterwards."""
    before = {name: os.environ.get(name) for name in reported}
    os.environ.update(reported)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
