import json
import os
import random
import signal
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
from ingenium.trust.records import GENESIS, check_chain, read_lines

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


# tests of each dialect


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
            with pytest.raises(InputError, match=r"^expected .* got"):
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
