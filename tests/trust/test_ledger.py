import hashlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingenium.core.digest import digest
from ingenium.core.errors import CorruptError, InputError, MissingExtra, StorageError
from ingenium.trust.ledger import Ledger, open_ledger
from ingenium.trust.records import GENESIS, check_chain, read_lines, seal
from ingenium.trust.sqlite import GUARDS

SERVER = os.environ.get("INGENIUM_TEST_POSTGRES", "")
APPEND = """
import sys
from ingenium.trust.ledger import open_ledger
with open_ledger(sys.argv[1]) as ledger:
    for i in range(int(sys.argv[2])):
        entry = ledger.append("fit", {"by": sys.argv[3], "i": i, "text": "x" * (i % 700)})
        print(entry.hash, flush=True)
"""
on_server = [
    pytest.mark.slow,
    pytest.mark.skipif(not SERVER, reason="INGENIUM_TEST_POSTGRES names no server"),
]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=on_server)])
def url(request, tmp_path):
    """An empty place for a ledger, in each dialect."""
    if request.param == "sqlite":
        yield str(tmp_path / "new" / "ledger.sqlite")
        return
    import psycopg

    schema = f"ledger_test_{os.getpid()}"
    with psycopg.connect(SERVER, autocommit=True) as db:
        db.execute(f"CREATE SCHEMA {schema}")
        yield f"{SERVER}?options=-csearch_path%3D{schema}"
        db.execute(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture
def path(tmp_path) -> Path:
    """A SQLite ledger of ten entries."""
    place = tmp_path / "ledger.sqlite"
    with open_ledger(place, actor="ann@lab") as ledger:
        for i in range(10):
            ledger.append("fit", {"i": i})
    return place


def tamper(path: Path, *statements: str, script=None) -> None:
    """Alter the file as someone who knows the guards: take them away, and put them back."""
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


def told(path: Path) -> str:
    """What opening and checking says, as an error or as faults."""
    try:
        with open_ledger(path) as ledger:
            return "; ".join(str(fault) for fault in ledger.check())
    except CorruptError as error:
        return str(error)


# what holds in each dialect


def test_append_and_read_back(url):
    body = {"n": 1000, "seed": 7, "limits": [0.93, 1e-300, float("inf")], "place": "Zürich \x00"}
    start = datetime.now(UTC)
    with open_ledger(url, actor="ann@lab") as ledger:
        assert ledger.head() == GENESIS
        first = ledger.append("proposal", body)
        second = ledger.append("sign-off", None, actor="bob@plant")
        assert (first.sequence, first.previous, first.actor) == (1, GENESIS, "ann@lab")
        assert (second.sequence, second.previous, second.actor) == (2, first.hash, "bob@plant")
        assert first.body == body
        assert first.body_digest == digest(body)
        assert start <= datetime.fromisoformat(first.time) <= datetime.now(UTC)
        assert ledger.entries() == [first, second]
        assert ledger.head() == second.hash
    with open_ledger(url, create=False) as ledger:
        assert ledger.entries() == [first, second]
        assert ledger.get(first.hash) == first
        assert ledger.get(second.hash.removeprefix("sha256:")[:12]) == second
        assert ledger.check(second.hash) == []


def test_selection(url):
    with open_ledger(url) as ledger:
        made = [ledger.append(kind, i) for i, kind in enumerate(["spec", "fit", "spec", "fit"])]
        assert ledger.entries(kind="fit") == [made[1], made[3]]
        assert ledger.entries(limit=3) == made[1:]
        assert ledger.entries(kind="spec", limit=1) == [made[2]]
        assert ledger.entries(limit=0) == []
        since = datetime.fromisoformat(made[2].time)
        assert ledger.entries(since=since) == made[2:]
        elsewhere = since.astimezone(datetime.strptime("+05:30", "%z").tzinfo)
        assert ledger.entries(since=elsewhere, kind="fit") == [made[3]]
        assert ledger.entries(since=since + timedelta(days=1)) == []


def test_bad_input(url):
    with open_ledger(url) as ledger:
        entry = ledger.append("fit", 1)
        for call in (
            lambda: ledger.append("Two Words", 1),
            lambda: ledger.append("fit", {"x": {1, 2}}),
            lambda: ledger.append("fit", 1, actor="a\nb"),
            lambda: ledger.append("fit", 1, actor=""),
            lambda: ledger.entries(kind="'; DROP TABLE entries"),
            lambda: ledger.entries(limit=-1),
            lambda: ledger.entries(since=datetime(2026, 1, 1)),
            lambda: ledger.get("sha256:%"),
            lambda: ledger.get("0" * 64),
            lambda: ledger.get(entry.hash[:10]),
        ):
            with pytest.raises(InputError, match=r"^expected .* came"):
                call()
        assert ledger.entries() == [entry]


def test_absent_ledger_is_not_made_by_reading(url):
    with pytest.raises(InputError, match="expected a ledger"):
        open_ledger(url, create=False)


def test_database_refuses_change(url):
    with open_ledger(url) as ledger:
        entry = ledger.append("fit", 1)
        db = ledger.store._db
        table = "entries" if "sqlite" in url else "ledger_entries"
        doubled = entry.row()[1:-1]
        next_but_far = (*doubled[:-1], entry.hash)
        for statement, values in (
            (f"UPDATE {table} SET body = '2'", ()),
            (f"DELETE FROM {table}", ()),
            (f"INSERT OR REPLACE INTO {table} VALUES (1, ?, ?, ?, ?, ?, ?, 'h')", doubled),
            (f"INSERT OR REPLACE INTO {table} VALUES (2, ?, ?, ?, ?, ?, ?, 'h')", doubled),
            (f"INSERT OR REPLACE INTO {table} VALUES (5, ?, ?, ?, ?, ?, ?, 'h')", next_but_far),
            (f"TRUNCATE {table}", ()),
        ):
            if "OR REPLACE" in statement and table != "entries":
                continue  # a statement of SQLite alone
            with pytest.raises(Exception, match=r"append-only|syntax error"):
                db.execute(statement, values)
        assert ledger.entries() == [entry]
        assert ledger.check() == []


def test_two_processes_append_at_once(url):
    run = [sys.executable, "-c", APPEND, url, "200"]
    children = [
        subprocess.Popen([*run, name], stdout=subprocess.PIPE, text=True) for name in ("a", "b")
    ]
    hashes = [set(child.communicate()[0].split()) for child in children]
    assert [child.returncode for child in children] == [0, 0]
    with open_ledger(url) as ledger:
        entries = ledger.entries()
        assert [entry.sequence for entry in entries] == list(range(1, 401))
        assert {entry.hash for entry in entries} == hashes[0] | hashes[1]
        assert all(
            ledger.check(hash) == [] for hash in random.Random(0).sample(sorted(hashes[0]), 3)
        )
        for name in ("a", "b"):
            assert [e.body["i"] for e in entries if e.body["by"] == name] == list(range(200))


def test_threads_share_one_ledger(url):
    with open_ledger(url) as ledger:
        threads = [
            threading.Thread(target=lambda: [ledger.append("fit", i) for i in range(20)])
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(ledger.entries()) == 80
        assert ledger.check() == []


@pytest.mark.parametrize("delay_s", [0.0, 0.013, 0.05])
def test_kill_in_the_middle_loses_nothing(url, delay_s):
    run = [sys.executable, "-c", APPEND, url, "1000000", "a"]
    with subprocess.Popen(run, stdout=subprocess.PIPE, text=True) as child:
        confirmed = [child.stdout.readline().strip() for _ in range(30)]
        time.sleep(delay_s)
        child.send_signal(signal.SIGKILL)
        confirmed += [line.strip() for line in child.stdout if line.endswith("\n")]
    with open_ledger(url) as ledger:
        hashes = [entry.hash for entry in ledger.entries()]
        assert hashes[: len(confirmed)] == confirmed
        assert len(hashes) - len(confirmed) in (0, 1)  # one may be written and not yet printed
        assert ledger.check(confirmed[-1]) == []
        ledger.append("fit", "on it goes")
        assert ledger.check(confirmed[-1]) == []


def test_failed_append_leaves_no_trace(url):
    def fail(last):
        raise ZeroDivisionError

    with open_ledger(url) as ledger:
        entry = ledger.append("fit", 1)
        with pytest.raises(ZeroDivisionError):
            ledger.store.append(fail)
        assert ledger.append("fit", 2).previous == entry.hash
        assert ledger.check() == []


def test_export_and_check_of_the_export(url, tmp_path, monkeypatch):
    monkeypatch.setattr("ingenium.trust.ledger.PAGE", 10)
    lines = tmp_path / "ledger.jsonl"
    with open_ledger(url) as ledger:
        made = [ledger.append("fit", {"x": i / 7, "é": float("inf")}) for i in range(40)]
        assert ledger.export(lines) == 40
    assert list(read_lines(lines)) == made
    assert check_chain(read_lines(lines), made[-1].hash) == []
    text = lines.read_text().splitlines()
    assert json.loads(text[1])["body"]["x"] == 1 / 7
    text[1], text[2] = text[2], text[1]
    lines.write_text("\n".join(text))
    assert [fault.sequence for fault in check_chain(read_lines(lines))] == [3, 2, 4]
    lines.write_text("\n".join([*text[:2], "{}"]))
    with pytest.raises(CorruptError, match="line 3 of"):
        list(read_lines(lines))


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
    assert "is damaged" in told(place)


def test_bit_rot_is_found(tmp_path):
    """Turn a bit of the file: it is told, unless every entry is still read as it was written.

    At random places, and at every bit before the text of the last row: its number, length and
    types, one of which can turn it backwards in the order.
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
            if told(place):
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


# places


def test_urls(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    places = ["a", Path("b"), "sqlite:///c", f"sqlite:///{tmp_path}/d"]
    for place in places:
        with open_ledger(place) as ledger:
            ledger.append("fit", 1)
    assert {file.name for file in tmp_path.iterdir()} == set("abcd")
    for bad in ("mysql://host/x", "sqlite://x", tmp_path):
        with pytest.raises(InputError):
            open_ledger(bad)
    with pytest.raises(InputError, match="open ledger"):
        ledger.append("fit", 1)


def test_missing_driver(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtra, match=r'pip install "ingenium\[postgres\]"'):
        open_ledger("postgresql://localhost/x")


@pytest.mark.slow
@pytest.mark.skipif(not SERVER, reason="INGENIUM_TEST_POSTGRES names no server")
def test_no_server_and_no_password_told():
    with pytest.raises(StorageError) as caught:
        open_ledger("postgresql://ann:sec%zzret@127.0.0.1:1/x")
    assert "sec%zzret" not in str(caught.value)
    with pytest.raises(StorageError, match=r"127\.0\.0\.1"):
        open_ledger("postgresql://ann:secret@127.0.0.1:1/x")


def test_default_actor(tmp_path, monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "ann")
    monkeypatch.setattr("socket.gethostname", lambda: "lab")
    with open_ledger(tmp_path / "x") as ledger:
        assert isinstance(ledger, Ledger)
        assert ledger.append("fit", 1).actor == "ann@lab"

    def nameless():
        raise OSError

    monkeypatch.setattr("getpass.getuser", nameless)
    with open_ledger(tmp_path / "x") as ledger:
        assert ledger.append("fit", 1).actor == f"uid-{os.getuid()}@lab"
