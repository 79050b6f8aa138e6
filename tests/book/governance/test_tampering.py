"""Tampering with a ledger by somebody who may write its file, and its detection."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ingenium.core.errors import CorruptError
from ingenium.trust import sshsig
from ingenium.trust.ledger import open_ledger
from ingenium.trust.signoff import Signer, State, check_sign_offs, read_signers, sign_off
from ingenium_book.checks.governance import tampering
from ingenium_book.checks.governance.tampering import (
    ACTS,
    ANCHOR,
    CHAIN,
    ENTRIES,
    SIGNATURE,
    SIGNED,
)


@dataclass(frozen=True)
class Watch:
    """Data of a ledger that are stored elsewhere."""

    anchor: str
    signed: str  # hash of the entry that was signed off


def prepared(place: Path, seed: int, *, key: Any = None) -> Watch:
    """Create a ledger of several kinds of entries, one of them signed; return what to store."""
    rng = random.Random(seed)
    with open_ledger(place, actor="ann@lab") as ledger:
        signed = ""
        while len(ledger.entries()) < ENTRIES:
            kind = rng.choice(["fit", "proposal", "verify", "replay"])
            made = ledger.append(kind, {"problem": "any", "value": rng.random()})
            if made.sequence == SIGNED:
                signed = made.hash
                sign_off(ledger, made.hash, "safety", "Checked.", key=key)
        return Watch(ledger.head(), signed)


def found_by(place: Path, watch: Watch, signers: Sequence[Signer]) -> frozenset[str]:
    """Return those of the three detectors that report a fault."""
    found = set()
    try:
        with open_ledger(place, create=False) as ledger:
            if ledger.check():
                found.add(CHAIN)
            hashes = {entry.hash for entry in ledger.walk()}
            if watch.anchor and watch.anchor not in hashes:
                found.add(ANCHOR)
            signed = check_sign_offs(ledger, signers)
            if signers and any(one.state is not State.VALID for one in signed):
                found.add(SIGNATURE)
    except CorruptError:
        found.add(CHAIN)
    return frozenset(found)


@pytest.fixture
def signer(tmp_path: Path):
    key = Ed25519PrivateKey.generate()
    path = tmp_path / "signers"
    line = sshsig.public_line(key.public_key().public_bytes_raw())
    path.write_text(f"* {line}\n")
    return key, read_signers(path)


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
@pytest.mark.parametrize("seed", range(2))
def test_every_tampering_is_found(tmp_path: Path, signer, act, seed: int) -> None:
    """Each act is found by exactly the means of the threat model, and none goes unfound."""
    key, signers = signer
    place = tmp_path / f"{act.name}.sqlite"
    watch = prepared(place, seed, key=key)
    assert found_by(place, watch, signers) == frozenset()
    tampering.tamper(place, act, seed)
    found = found_by(place, watch, signers)
    assert found == act.found_by
    assert found, "an act that nothing finds is no protection"


def test_without_an_anchor_a_new_chain_is_believed(tmp_path: Path, signer) -> None:
    """The documents warn of this: the chain alone proves nothing against a writer of all of it."""
    key, _ = signer
    place = tmp_path / "l.sqlite"
    prepared(place, 0, key=key)
    (rewrite,) = [a for a in ACTS if a.name == "rewrite unsigned"]
    tampering.tamper(place, rewrite, 0)
    assert "chain" not in found_by(place, Watch("", ""), ())
    with open_ledger(place) as ledger:
        assert ledger.check() == []
