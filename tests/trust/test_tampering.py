"""Everything that can be done to a ledger by someone who may write its file, and what finds it."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ingenium.core.errors import InputError
from ingenium.trust import sshsig, tampering
from ingenium.trust.ledger import open_ledger
from ingenium.trust.signoff import read_signers
from ingenium.trust.tampering import ACTS, Watch


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
    """By exactly the means that the threat model names, and by no act without any."""
    key, signers = signer
    place = tmp_path / f"{act.name}.sqlite"
    watch = tampering.prepared(place, seed, key=key)
    assert tampering.found_by(place, watch, signers) == frozenset()
    tampering.tamper(place, act, seed)
    found = tampering.found_by(place, watch, signers)
    assert found == act.found_by
    assert found, "an act that nothing finds is no protection"


def test_a_ledger_that_a_stopped_run_left_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    place = tmp_path / "l.sqlite"
    tampering.prepared(place, 0)
    with pytest.raises(InputError, match="without a ledger"):
        tampering.prepared(place, 0)


def test_without_an_anchor_a_new_chain_is_believed(tmp_path: Path, signer) -> None:
    """What the documents warn of: the chain alone proves nothing to who may write all of it."""
    key, _ = signer
    place = tmp_path / "l.sqlite"
    tampering.prepared(place, 0, key=key)
    (rewrite,) = [a for a in ACTS if a.name == "rewrite unsigned"]
    tampering.tamper(place, rewrite, 0)
    assert "chain" not in tampering.found_by(place, Watch("", ""), ())
    with open_ledger(place) as ledger:
        assert ledger.check() == []
