"""Tampering with a ledger's file, and damage of it, are reported."""

import hashlib
import os
import random
import sqlite3
from pathlib import Path

import pytest

from ingenium.core.errors import CorruptError, InputError, StorageError
from ingenium.trust.ledger import open_ledger
from ingenium.trust.records import GENESIS, seal
from ingenium.trust.sqlite import GUARDS


@pytest.fixture
def path(tmp_path) -> Path:
    """A SQLite ledger of ten entries."""
    place = tmp_path / "ledger.sqlite"
    with open_ledger(place, actor="ann@lab") as ledger:
        for i in range(10):
            ledger.append("fit", {"i": i})
    return place


def tamper(path: Path, *statements: str, script=None) -> None:
    """Alter the file like somebody who knows the guards: remove them, and restore them."""
    db = sqlite3.connect(path)
    db.create_function("sha", 1, lambda text: digest_of(text))
    for name in GUARDS:
        db.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        db.execute(statement)
    if script:
        script(db)
    for name, text in GUARDS.items():
        db.execute(f"CREATE TRIGGER {name} {text}")
    db.commit()
    db.close()


def digest_of(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def faults(path: Path, anchor: str = GENESIS) -> list[tuple[int, str]]:
    with open_ledger(path) as ledger:
        return [(fault.sequence, fault.text) for fault in ledger.check(anchor)]


def reported(path: Path) -> str:
    """Errors or faults reported on opening and checking."""
    try:
        with open_ledger(path) as ledger:
            return "; ".join(str(fault) for fault in ledger.check())
    except CorruptError as error:
        return str(error)


# tampering


def test_untouched_ledger_has_no_faults(path):
    tamper(path)
    assert faults(path) == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("body", "'{\"i\":99}'"),
        ("body", "CAST(x'ff' AS TEXT)"),
        ("body", "x'ff'"),
        ("body_digest", "sha('x')"),
        ("time", "'2020-01-01T00:00:00.000000+00:00'"),
        ("kind", "'sign-off'"),
        ("kind", "x'ff'"),
        ("actor", "'bob@lab'"),
        ("previous", "sha('x')"),
        ("hash", "sha('x')"),
    ],
)
@pytest.mark.parametrize("sequence", [1, 5, 10])
def test_each_altered_field_is_found(path, column, value, sequence):
    tamper(path, f"UPDATE entries SET {column} = {value} WHERE sequence = {sequence}")
    assert sequence in [place for place, _ in faults(path)]


def test_altered_body_with_its_digest(path):
    tamper(path, "UPDATE entries SET body = '5', body_digest = sha('5') WHERE sequence = 5")
    ((place, text),) = faults(path)
    assert place == 5
    assert "its hash does not belong to it" in text


def test_altered_body_with_digest_and_hash(path):
    def reseal(db):
        last = db.execute("SELECT sequence, hash FROM entries WHERE sequence = 4").fetchone()
        entry = seal(last, "fit", "ann@lab", "5")
        db.execute("DELETE FROM entries WHERE sequence = 5")
        db.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)", entry.row())

    tamper(path, script=reseal)
    assert faults(path) == [(6, "does not continue the entry before it")]


def test_removed_row(path):
    tamper(path, "DELETE FROM entries WHERE sequence IN (4, 5)")
    assert faults(path) == [(6, "follows 3: 4 to 5 were removed")]
    tamper(path, "DELETE FROM entries WHERE sequence = 1")
    assert faults(path)[0] == (2, "follows 0: 1 to 1 were removed")


def test_removed_row_with_the_rest_moved_up(path):
    tamper(
        path,
        "DELETE FROM entries WHERE sequence = 5",
        "UPDATE entries SET sequence = sequence - 1 WHERE sequence > 5",
    )
    assert {place for place, _ in faults(path)} == {5, 6, 7, 8, 9}


def test_reordered_rows(path):
    tamper(
        path,
        "UPDATE entries SET sequence = 99 WHERE sequence = 4",
        "UPDATE entries SET sequence = 4 WHERE sequence = 5",
        "UPDATE entries SET sequence = 5 WHERE sequence = 99",
    )
    assert {place for place, _ in faults(path)} == {4, 5, 6}


def test_cut_end_is_found_by_the_anchor(path):
    with open_ledger(path) as ledger:
        anchor, earlier = ledger.head(), ledger.entries()[6].hash
    tamper(path, "DELETE FROM entries WHERE sequence > 8")
    assert faults(path) == []
    assert faults(path, earlier) == []
    ((place, text),) = faults(path, anchor)
    assert place == 8
    assert "cut off" in text
    path.unlink()
    assert "cut off" in faults(path, anchor)[0][1]


def test_rewritten_chain_is_found_by_the_anchor(path, tmp_path):
    with open_ledger(path) as ledger, open_ledger(tmp_path / "forged", actor="ann@lab") as forged:
        anchor = ledger.entries()[2].hash
        for entry in ledger.entries():
            forged.append(entry.kind, entry.body)
        assert forged.check() == []
        assert len(forged.check(anchor)) == 1


def test_missing_guard_is_told(path):
    db = sqlite3.connect(path)
    db.execute("DROP TRIGGER no_delete")
    db.execute("DROP TRIGGER no_update")
    db.execute("CREATE TRIGGER no_update BEFORE UPDATE ON entries BEGIN SELECT 1; END")
    db.close()
    assert [text.split(":")[0] for _, text in faults(path)] == [
        "the guard no_update is gone",
        "the guard no_delete is gone",
    ]


def test_altered_entry_is_not_given_out(path):
    with open_ledger(path) as ledger:
        hash = ledger.entries()[4].hash
    tamper(path, "UPDATE entries SET body = '5' WHERE sequence = 5")
    with open_ledger(path) as ledger, pytest.raises(CorruptError, match="altered entry 5"):
        ledger.get(hash)


# faults of disk and file


def test_full_disk(path):
    with open_ledger(path) as ledger:
        head = ledger.head()
        pages = ledger.store._db.execute("PRAGMA page_count").fetchone()[0]
        ledger.store._db.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StorageError, match=r"disk is full .* MB free"):
            ledger.append("verdicts", "x" * 100_000)
        assert ledger.head() == head
        assert ledger.check(head) == []
        ledger.store._db.execute("PRAGMA max_page_count = 100000")
        ledger.append("verdicts", "x" * 100_000)
        assert ledger.check(head) == []


@pytest.mark.parametrize("content", [b"not a database at all " * 100, b"\x00" * 8192])
def test_what_is_no_database(tmp_path, content):
    place = tmp_path / "ledger.sqlite"
    place.write_bytes(content)
    with pytest.raises(CorruptError, match="Restore it from a copy"):
        open_ledger(place)
    assert place.read_bytes() == content


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_cut_file(tmp_path, share):
    place = tmp_path / "ledger.sqlite"
    with open_ledger(place) as ledger:
        for i in range(100):
            ledger.append("fit", str(i) * 1000)
    os.truncate(place, int(place.stat().st_size * share))
    assert "is damaged" in reported(place)


def test_bit_rot_is_found(tmp_path):
    """Flip a bit of the file: it is reported, unless every entry is still read unchanged.

    The places are random ones, and every bit before the text of the last row: its number, length
    and types, one of which can move it backwards in the order.
    """
    place = tmp_path / "ledger.sqlite"
    with open_ledger(place) as ledger:
        good = [ledger.append("fit", {"text": f"{i:03d}" * 100}) for i in range(40)]
    data, rng, found = place.read_bytes(), random.Random(0), 0
    last = data.index(good[-1].time.encode())
    places = [rng.randrange(len(data)) for _ in range(60)] + list(range(last - 16, last))
    for at in places:
        for bit in rng.sample(range(8), 1) if at in places[:60] else range(8):
            rotten = bytearray(data)
            rotten[at] ^= 1 << bit
            place.write_bytes(bytes(rotten))
            if reported(place):
                found += 1
                continue
            with open_ledger(place) as ledger:
                assert ledger.entries() == good, (at, bit)
    assert found > 120


def test_database_of_something_else_is_left_alone(tmp_path):
    place = tmp_path / "photos.sqlite"
    db = sqlite3.connect(place)
    db.execute("CREATE TABLE photos (id)")
    db.commit()
    db.close()
    content = place.read_bytes()
    with pytest.raises(InputError, match="a database of something else"):
        open_ledger(place)
    assert place.read_bytes() == content


def test_locked_ledger_is_told(path, monkeypatch):
    monkeypatch.setattr("ingenium.trust.sqlite.WAIT_S", 0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with open_ledger(path) as ledger:
        assert len(ledger.entries()) == 10  # who reads need not wait
        with pytest.raises(StorageError, match="locked"):
            ledger.append("fit", 1)
        other.execute("ROLLBACK")
        ledger.append("fit", 1)
    other.close()
