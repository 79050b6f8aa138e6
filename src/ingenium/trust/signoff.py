"""Sign-offs: entries of the ledger in which a person approves or refuses another entry.

A sign-off names the signed entry by its hash, the role of the signer, the decision and a statement.
It may be signed with the signer's own Ed25519 key; then nobody else can have written it, and it
cannot be moved to another entry. The rights to sign are in a file of OpenSSH's `allowed_signers`,
of which each line is `NAME namespaces="ingenium-ROLE,..." ssh-ed25519 KEY`.

A *removed* sign-off cannot be detected by signatures, but by the chain and an anchor stored
elsewhere.
"""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ingenium.core.digest import canonical
from ingenium.core.errors import CorruptError, InputError, choose
from ingenium.trust import sshsig
from ingenium.trust.ledger import Ledger
from ingenium.trust.records import Entry

KIND = "sign-off"
DECISIONS = ("approved", "refused")
WORK = re.compile(r" \((?P<minutes>\d{1,6}) minutes of work\)$")  # at the end of a statement
COVERED = ("actor", "decision", "entry", "role", "statement")  # by the signature


class State(StrEnum):
    """Result of the check of a sign-off."""

    VALID = "valid"  # signed by a key that may sign so
    UNKNOWN = "key not listed"  # signed, by a key that is unknown or lacks the right
    UNSIGNED = "not signed"  # unsigned: only the ledger names its author
    INVALID = "invalid"  # the signature, or the signed entry, was changed


@dataclass(frozen=True)
class SignOff:
    """A sign-off and the result of its check."""

    entry: Entry
    state: State
    why: str = ""


@dataclass(frozen=True)
class Signer:
    """A line of `allowed_signers`: a key, the names it may sign as, and the roles."""

    names: tuple[str, ...]
    namespaces: tuple[str, ...] | None  # None: all of them
    key: bytes

    def may(self, name: str, namespace: str) -> bool:
        """True if the owner of the key may sign under a name for a purpose."""
        spaces = self.namespaces
        return any(fnmatchcase(name, n) for n in self.names) and (
            spaces is None or any(fnmatchcase(namespace, s) for s in spaces)
        )


def namespace(role: str) -> str:
    """Return the purpose of signatures in a role.

    Raises:
        InputError: if the role is not a lower-case word.
    """
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,39}", role):
        raise InputError("a role in lower case", repr(role), "Write `safety`, for instance.")
    return f"ingenium-{role}"


def sign_off(
    ledger: Ledger,
    hash: str,
    role: str,
    statement: str,
    *,
    decision: str = "approved",
    actor: str | None = None,
    key: Any = None,
) -> Entry:
    """Approve or refuse an entry; return the entry of the sign-off.

    Args:
        ledger: the ledger of both entries.
        hash: hash of the entry, its first 8 digits or more.
        role: role of the signer, a lower-case word.
        statement: the signer's own words.
        decision: `approved` or `refused`.
        actor: the signer, by default the ledger's own actor.
        key: an Ed25519 private key of `sshsig.private_key`; none for a plain entry.

    Raises:
        InputError: if there is no such entry, or nothing is stated.
        CorruptError: if the entry was changed: nobody can sign it.
    """
    signed = ledger.get(hash)
    if not statement.strip():
        raise InputError("a statement", "an empty one", 'Write --statement "I have checked ...".')
    body = {
        "entry": signed.hash,
        "role": role,
        "decision": choose(decision, DECISIONS, "decision"),
        "statement": statement,
    }
    who = ledger.actor if actor is None else actor
    purpose = namespace(role)
    seal = None if key is None else sshsig.sign(_message(body | {"actor": who}), purpose, key)
    return ledger.append(KIND, body | {"signature": seal}, actor=who)


def with_work(statement: str, minutes: int | None) -> str:
    """Return a statement that ends with the signer's minutes of work, which the signature covers.

    Raises:
        InputError: for minutes that are no plain number, or a statement that names some already.
    """
    if WORK.search(statement):
        raise InputError("minutes of work as a number", statement, "Write --minutes 25.")
    if minutes is None:
        return statement
    if not 0 <= minutes < 10**6:
        raise InputError("minutes of work from 0 to 999999", minutes, "Write --minutes 25.")
    return f"{statement.rstrip()} ({minutes} minutes of work)"


def work_minutes(entry: Entry) -> int | None:
    """Return the minutes of work that a sign-off states; None if it states none."""
    match = WORK.search(str(entry.table.get("statement", "")))
    return int(match["minutes"]) if match else None


def check_sign_offs(ledger: Ledger, signers: Sequence[Signer] = ()) -> list[SignOff]:
    """Check every sign-off of a ledger."""
    return [_checked(ledger, entry, signers) for entry in ledger.entries(KIND)]


def message_of(entry: Entry) -> bytes:
    """The bytes that the signature of a sign-off covers, for a check by other programs."""
    return _message(entry.body | {"actor": entry.actor})


def read_signers(path: Path) -> tuple[Signer, ...]:
    """Read signers and their rights from a file of `allowed_signers`.

    Raises:
        InputError: for an invalid line, or an option that is not checked here.
    """
    if not path.is_file():
        raise InputError("a file of allowed signers", f"no file at {path}", LINE)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise InputError("a file of allowed signers in UTF-8", f"{path} ({error})", LINE) from error
    reported = [(i, text.strip()) for i, text in enumerate(lines, start=1)]
    return tuple(
        _signer(f"{path}, line {i}", t) for i, t in reported if t and not t.startswith("#")
    )


LINE = 'Write `ann@lab namespaces="ingenium-safety" ssh-ed25519 AAAA...`.'


def _signer(where: str, text: str) -> Signer:
    try:
        names, *options, kind, encoded = _words(text)
    except ValueError as error:
        raise InputError("a line of allowed signers", where, LINE) from error
    spaces = None
    for option in options:
        name, _, value = option.partition("=")
        if name != "namespaces":  # ignoring valid-before, for example, would admit expired keys
            raise InputError("no option but namespaces", f"{name} in {where}", LINE)
        spaces = tuple(value.split(","))
    if kind != sshsig.KIND.decode() or "!" in names:
        raise InputError("a name and an Ed25519 key", where, LINE)
    return Signer(tuple(names.split(",")), spaces, sshsig.public_key(encoded))


def _words(text: str) -> list[str]:
    """Name, options, kind and key of a line; a comment after the key is left out."""
    words = shlex.split(text)
    at = next((i for i, w in enumerate(words) if w.startswith(("ssh-", "ecdsa-", "sk-"))), 0)
    if at < 1 or len(words) < at + 2:
        raise ValueError(text)
    return words[: at + 2]


def _checked(ledger: Ledger, entry: Entry, signers: Sequence[Signer]) -> SignOff:
    if faults := entry.faults():
        return SignOff(entry, State.INVALID, "; ".join(faults))
    body = entry.table
    if not set(COVERED[1:]) <= set(body):
        return SignOff(entry, State.INVALID, "it does not say what is signed")
    try:
        signed = ledger.get(str(body["entry"]))
    except (InputError, CorruptError) as error:
        return SignOff(entry, State.INVALID, f"the signed entry: {error}")
    if signed.sequence >= entry.sequence:
        return SignOff(entry, State.INVALID, "the signed entry comes after it")
    if not body.get("signature"):
        return SignOff(entry, State.UNSIGNED)
    return _sealed(entry, signers)


def _sealed(entry: Entry, signers: Sequence[Signer]) -> SignOff:
    """Check a sign-off that has a signature."""
    body = entry.body
    try:
        found, purpose = sshsig.read(str(body["signature"])), namespace(str(body["role"]))
    except InputError as error:
        return SignOff(entry, State.INVALID, str(error))
    if found.namespace != purpose:
        return SignOff(entry, State.INVALID, f"signed as {found.namespace}, not as {purpose}")
    if not sshsig.holds(message_of(entry), found):
        return SignOff(entry, State.INVALID, "the signature is of something else")
    listed = [s for s in signers if s.key == found.key]
    if any(s.may(entry.actor, purpose) for s in listed):
        return SignOff(entry, State.VALID, found.fingerprint)
    why = f"may not sign as {entry.actor} in role {body['role']}" if listed else "is not listed"
    return SignOff(entry, State.UNKNOWN, f"the key {found.fingerprint} {why}")


def _message(body: dict[str, Any]) -> bytes:
    return canonical({name: body[name] for name in COVERED}).encode()
