"""Releases for tests of the gate: a run, its ledger, and its signers.

A release is rebuilt from stored files for each change, so that no change reaches another.
"""

import json
import shutil
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingenium.core import evidence
from ingenium.core.digest import file_digest
from ingenium.core.packages import Extra
from ingenium.governance.gate import GateRequest
from ingenium.trust.ledger import Ledger, open_ledger
from ingenium.trust.records import GENESIS
from ingenium.trust.signoff import Signer, sign_off
from ingenium_book.checks.governance import tampering

OPERATOR = "ann@lab"
ROLES = ("safety", "release")


@dataclass
class Release:
    """A run in a folder of its own, its ledger, and the keys of its signers."""

    folder: Path
    roles: tuple[str, ...] = ROLES
    anchor: str = GENESIS
    keys: Mapping[str, Any] = field(default_factory=dict)  # by role

    @property
    def run(self) -> Path:
        """The folder of the run."""
        return self.folder / "run"

    @property
    def book(self) -> Path:
        """The file of the ledger."""
        return self.folder / "ledger.sqlite"

    @property
    def signers(self) -> tuple[Signer, ...]:
        """Signers: one key for each role."""
        return tuple(
            Signer((f"{role}@lab",), (f"ingenium-{role}",), key.public_key().public_bytes_raw())
            for role, key in self.keys.items()
        )

    def entry(self) -> str:
        """Hash of the entry of the run."""
        digest = file_digest(self.run / "evidence.jsonl")
        with open_ledger(self.book, create=False) as ledger:
            found = [e.hash for e in ledger.entries("proposal") if e.table["evidence"] == digest]
        return found[-1]

    def sign(self, owner: str, **other: Any) -> None:
        """Sign as the owner of a role; `other` names deviations."""
        own = {"hash": self.entry(), "role": owner, "actor": f"{owner}@lab"}
        own |= {"key": self.keys[owner]}
        reported = own | {"decision": "approved"} | other
        with open_ledger(self.book, create=False) as ledger:
            sign_off(
                ledger, reported.pop("hash"), reported.pop("role"), "Looked at it.", **reported
            )

    def sign_all(self) -> None:
        """Sign in every role."""
        for role in self.roles:
            self.sign(role)

    def append(self, kind: str, body: Mapping[str, Any]) -> str:
        """Add an entry; return its hash."""
        with open_ledger(self.book, create=False, actor=OPERATOR) as ledger:
            return ledger.append(kind, body).hash

    def change(self, name: str, edit: Callable[[str], str]) -> None:
        """Change a file of the run."""
        path = self.run / name
        path.write_text(edit(path.read_text()))

    def record_anew(self) -> None:
        """Record the run in the ledger as it is now, like a program that left something out."""
        with open_ledger(self.book, create=False) as ledger:
            body = ledger.entries("proposal")[-1].table
        now = {"evidence": file_digest(self.run / "evidence.jsonl")}
        self.append("proposal", body | now | {"wrote": evidence.written(self.run)})

    def tamper(self, name: str) -> None:
        """Do one of the acts of `trust.tampering` to the entries, with guards restored."""
        act = next(a for a in tampering.ACTS if a.name == name)
        tampering.tamper(self.book, act, 0)

    def requested(self, ledger: Ledger) -> GateRequest:
        """Request to the gate."""
        return GateRequest(self.run, ledger, self.signers, self.roles, self.anchor)


def keys(roles: Sequence[str]) -> dict[str, Any]:
    """A key for each role, always the same."""
    kind = Extra("audit").package("cryptography.hazmat.primitives.asymmetric.ed25519")
    made = kind.Ed25519PrivateKey.from_private_bytes
    return {role: made(bytes([i + 1] * 32)) for i, role in enumerate(roles)}


def stranger() -> Any:
    """A key that is on no list."""
    kind = Extra("audit").package("cryptography.hazmat.primitives.asymmetric.ed25519")
    return kind.Ed25519PrivateKey.from_private_bytes(bytes([99] * 32))


def history(ledger: Ledger, problem: str) -> None:
    """Entries older than the run: a ledger is older than its last run."""
    for i in range(tampering.ENTRIES - 4):
        ledger.append("fit", {"problem": problem, "value": float(i)})


def copied(made: Path, to: Path, roles: tuple[str, ...] = ROLES) -> Release:
    """A copy of a run with its ledger, for changes."""
    shutil.copytree(made / "run", to / "run")
    with (
        sqlite3.connect(made / "ledger.sqlite") as old,
        sqlite3.connect(to / "ledger.sqlite") as new,
    ):
        old.backup(new)
    old.close()
    new.close()
    return Release(to, roles, GENESIS, keys(roles))


def first_design(release: Release) -> Path:
    """A file of the first exported design."""
    return next(p for p in sorted((release.run / "designs").rglob("*")) if p.is_file())


def edited_records(text: str, edit: Callable[[dict[str, Any]], object]) -> str:
    """Evidence with the first record changed."""
    first, *rest = text.splitlines()
    record = json.loads(first)
    edit(record)
    return "\n".join([json.dumps(record), *rest]) + "\n"
