"""Sign-offs: against OpenSSH, and against attempts to change their meaning."""

import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ingenium.core.digest import content_digest
from ingenium.core.errors import CorruptError, InputError
from ingenium.trust import sshsig
from ingenium.trust.ledger import Ledger, open_ledger
from ingenium.trust.records import Entry, resealed
from ingenium.trust.signoff import State, check_sign_offs, message_of, read_signers, sign_off

KEYGEN = shutil.which("ssh-keygen")


@pytest.fixture
def ledger(tmp_path: Path):
    with open_ledger(tmp_path / "l.sqlite", actor="ann@lab") as made:
        made.append("proposal", {"problem": "toy.cantilever", "proposed": 3})
        yield made


@pytest.fixture
def ann() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def signers(folder: Path, key: Ed25519PrivateKey, options: str = "", name: str = "ann@lab"):
    path = folder / "signers"
    line = sshsig.public_line(key.public_key().public_bytes_raw())
    path.write_text(f"# who may\n{name} {options} {line} a comment\n")
    return read_signers(path)


def states(ledger: Ledger, listed=()) -> list[State]:
    return [one.state for one in check_sign_offs(ledger, listed)]


@pytest.mark.skipif(KEYGEN is None, reason="OpenSSH is not installed")
def test_openssh_agrees_both_ways(tmp_path: Path, ledger: Ledger) -> None:
    """The independent program reads what we sign, refuses what was altered, and signs for us."""
    key = tmp_path / "key"
    subprocess.run([KEYGEN, "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    allowed, sig = tmp_path / "allowed", tmp_path / "sig"
    allowed.write_text(
        'ann@lab namespaces="ingenium-safety" ' + key.with_suffix(".pub").read_text()
    )
    entry = sign_off(ledger, ledger.head(), "safety", "Checked.", key=sshsig.private_key(key))
    sig.write_text(entry.body["signature"])
    verify = [KEYGEN, "-Y", "verify", "-f", allowed, "-I", "ann@lab", "-s", sig]

    def agrees(namespace: str, message: bytes) -> bool:
        done = subprocess.run([*verify, "-n", namespace], input=message, capture_output=True)
        return done.returncode == 0

    message = message_of(entry)
    assert agrees("ingenium-safety", message)
    assert not agrees("ingenium-release", message)
    assert not agrees("ingenium-safety", message.replace(b"Checked", b"checked"))
    theirs = subprocess.run(
        [KEYGEN, "-Y", "sign", "-f", key, "-n", "ingenium-safety"],
        input=message,
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert sshsig.read(theirs) == sshsig.read(entry.body["signature"])  # Ed25519 is deterministic
    assert sshsig.holds(message, sshsig.read(theirs))
    (found,) = check_sign_offs(ledger, read_signers(allowed))
    assert found.state == State.VALID
    listed = subprocess.run([KEYGEN, "-l", "-f", key], capture_output=True, check=True).stdout
    assert found.why in listed.decode()


def test_who_may_sign_as_what(tmp_path: Path, ledger: Ledger, ann: Ed25519PrivateKey) -> None:
    sign_off(ledger, ledger.head(), "safety", "Fine.", key=ann)
    assert states(ledger) == [State.UNKNOWN]
    assert states(ledger, signers(tmp_path, ann)) == [State.VALID]
    assert states(ledger, signers(tmp_path, ann, name="*@lab,bob@lab")) == [State.VALID]
    assert states(ledger, signers(tmp_path, ann, name="bob@lab")) == [State.UNKNOWN]
    only = signers(tmp_path, ann, 'namespaces="ingenium-release"')
    (found,) = check_sign_offs(ledger, only)
    assert (found.state, "role safety" in found.why) == (State.UNKNOWN, True)
    assert states(ledger, signers(tmp_path, Ed25519PrivateKey.generate())) == [State.UNKNOWN]


def test_plain_sign_off(ledger: Ledger) -> None:
    made = sign_off(ledger, ledger.head()[:20], "review", "No.", decision="refused")
    assert made.body["entry"] == ledger.entries("proposal")[0].hash
    assert made.body["decision"] == "refused"
    assert states(ledger) == [State.UNSIGNED]


def altered(ledger: Ledger, sequence: int, **fields: object) -> None:
    """Change fields of an entry, and recompute every later hash: the whole chain is valid."""
    rows = ledger.entries()
    ledger.store._db.execute("DROP TRIGGER no_update")
    last = rows[sequence - 2].hash if sequence > 1 else rows[0].previous
    for e in rows[sequence - 1 :]:
        new = fields if e.sequence == sequence else {}
        text = str(new.get("text", e.text))
        actor = str(new.get("actor", e.actor))
        made = Entry(e.sequence, e.time, e.kind, actor, text, content_digest(text), last, "")
        last = resealed(made).hash
        ledger.store._db.execute(
            "UPDATE entries SET actor = ?, body = ?, body_digest = ?, previous = ?, hash = ? "
            "WHERE sequence = ?",
            (actor, text, made.body_digest, made.previous, last, e.sequence),
        )


@pytest.mark.parametrize(
    "change",
    [
        lambda e: {"text": e.text.replace("approved", "refused")},
        lambda e: {"text": e.text.replace("Fine.", "Very fine.")},
        lambda e: {"text": e.text.replace('"role":"safety"', '"role":"release"')},
        lambda e: {"actor": "bob@lab"},
    ],
)
def test_rewritten_sign_off_is_found_by_its_signature(
    tmp_path: Path, ledger: Ledger, ann: Ed25519PrivateKey, change
) -> None:
    """The chain is recomputed as a whole, so only the signature can reveal it."""
    entry = sign_off(ledger, ledger.head(), "safety", "Fine.", key=ann)
    listed = signers(tmp_path, ann, name="*")
    assert states(ledger, listed) == [State.VALID]
    altered(ledger, 2, **change(entry))
    assert [f for f in ledger.check() if "guard" not in str(f)] == []
    assert states(ledger, listed) == [State.INVALID]


def test_rewritten_signed_entry_is_found(
    tmp_path: Path, ledger: Ledger, ann: Ed25519PrivateKey
) -> None:
    """After recomputing the chain the signed hash no longer exists."""
    first = ledger.entries()[0]
    sign_off(ledger, first.hash, "safety", "Fine.", key=ann)
    altered(ledger, 1, text=first.text.replace("3", "4"))
    (found,) = check_sign_offs(ledger, signers(tmp_path, ann))
    assert (found.state, "none has" in found.why) == (State.INVALID, True)


def test_signature_of_another_entry_is_found(
    tmp_path: Path, ledger: Ledger, ann: Ed25519PrivateKey
) -> None:
    first = sign_off(ledger, ledger.head(), "safety", "Fine.", key=ann)
    other = ledger.append("proposal", {"problem": "other"})
    ledger.append("sign-off", first.body | {"entry": other.hash})
    ledger.append("sign-off", {"signature": first.body["signature"]})
    ledger.append("sign-off", first.body | {"signature": "scribble"})
    cut = first.body["signature"].replace("U1NIU0lH", "U1NIU0lI")
    ledger.append("sign-off", first.body | {"signature": cut})
    assert states(ledger, signers(tmp_path, ann)) == [State.VALID, *[State.INVALID] * 4]


def test_altered_entry_cannot_be_signed(ledger: Ledger, tmp_path: Path) -> None:
    head = ledger.head()
    with sqlite3.connect(tmp_path / "l.sqlite") as db:
        db.execute("DROP TRIGGER no_update")
        db.execute("UPDATE entries SET body = '{}'")
    with pytest.raises(CorruptError, match="altered entry 1"):
        sign_off(ledger, head, "safety", "Fine.")


def test_bad_input(tmp_path: Path, ledger: Ledger, ann: Ed25519PrivateKey) -> None:
    head, path = ledger.head(), tmp_path / "signers"
    other = tmp_path / "ec.pem"
    other.write_bytes(
        generate_private_key(SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )

    def reported(text: str):
        path.write_text(text)
        return read_signers(path)

    line = sshsig.public_line(ann.public_key().public_bytes_raw())
    for call in (
        lambda: sign_off(ledger, head, "Two Words", "Fine."),
        lambda: sign_off(ledger, head, "safety", " "),
        lambda: sign_off(ledger, head, "safety", "Fine.", decision="perhaps"),
        lambda: sign_off(ledger, "0" * 64, "safety", "Fine."),
        lambda: sshsig.private_key(tmp_path / "none"),
        lambda: sshsig.private_key(path),
        lambda: sshsig.private_key(other),
        lambda: reported(f'ann@lab valid-before="20200101" {line}'),
        lambda: reported(f"!bob@lab {line}"),
        lambda: reported(line),
        lambda: reported("ann@lab ssh-rsa AAAA"),
        lambda: reported("ann@lab ssh-ed25519 AAAA"),
        lambda: read_signers(tmp_path / "none"),
    ):
        with pytest.raises(InputError, match=r"^expected .* got"):
            call()
    assert len(ledger.entries()) == 1


def test_password(tmp_path: Path, ann: Ed25519PrivateKey) -> None:
    path = tmp_path / "key"
    for form in (serialization.PrivateFormat.OpenSSH, serialization.PrivateFormat.PKCS8):
        locked = serialization.BestAvailableEncryption(b"secret")
        path.write_bytes(ann.private_bytes(serialization.Encoding.PEM, form, locked))
        assert sshsig.private_key(path, "secret").public_key() == ann.public_key()
        with pytest.raises(InputError, match=r"(?i)password"):
            sshsig.private_key(path)
        with pytest.raises(InputError):
            sshsig.private_key(path, "wrong")
