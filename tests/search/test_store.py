"""The store: it only grows, and reveals alterations."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest
from before_links import unlinked

from ingenium.core.errors import CorruptError, InputError
from ingenium.runs.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "search.sqlite")
    made.under({"engine": "closed form 1"})
    made.sit({"versions": {"ingenium": "0"}})
    made.propose(0, {"x": np.arange(3.0), "name": np.array(["a", "b", "c"])})
    made.measure(0, 0, 0, np.ones((2, 1)), ["one", "two"])
    made.measure(0, 1, 2, np.full((1, 1), np.nan), ["three"])
    made.close_round(0, {"calls": 3})
    return made


def test_what_was_written_is_there_again(store: Store) -> None:
    again = Store(store.path)
    np.testing.assert_array_equal(again.proposed(0)["name"], ["a", "b", "c"])
    assert again.proposed(1) is None
    assert again.verified() == {"one": 0, "two": 1, "three": 2}
    np.testing.assert_array_equal(np.concatenate(again.measured()), [[1.0], [1.0], [np.nan]])
    assert again.rounds() == [{"calls": 3}]
    assert again.head() == store.head()
    assert again.check() == []


def test_no_design_is_kept_twice(store: Store) -> None:
    with pytest.raises(CorruptError):
        store.measure(1, 0, 3, np.ones((1, 1)), ["two"])
    assert (1, 0) not in store.parts(), "nothing of it is kept"


@pytest.mark.parametrize("statement", ["UPDATE rounds SET body = '{}'", "DELETE FROM verified"])
def test_it_only_grows(store: Store, statement: str) -> None:
    with sqlite3.connect(store.path) as other, pytest.raises(sqlite3.DatabaseError, match="grows"):
        other.execute(statement)


def test_an_altered_measurement_breaks_the_chain(store: Store) -> None:
    with sqlite3.connect(store.path) as other:
        other.execute("DROP TRIGGER no_UPDATE_measurements")
        other.execute("UPDATE measurements SET measured = zeroblob(9) WHERE part = 0")
    assert store.check() == ["round 0 is not what was written"]


ACTS = {
    "two designs exchanged": (
        "UPDATE verified SET call = 9 WHERE digest = 'one'",
        "UPDATE verified SET call = 0 WHERE digest = 'two'",
        "UPDATE verified SET call = 1 WHERE digest = 'one'",
    ),
    "another first call": ("UPDATE measurements SET first = 7 WHERE part = 1",),
    "another session": ("UPDATE measurements SET session = 5 WHERE part = 0",),
    "another machine": ("UPDATE sessions SET body = '{}'",),
    "another time": ("UPDATE sessions SET time = 1.0",),
    "another engine": ("UPDATE about SET value = 'better'",),
    "an entry too many": ("INSERT INTO about VALUES ('more', '')",),
    "another proposal": ("UPDATE proposals SET designs = zeroblob(9)",),
    "another end of a round": ("UPDATE rounds SET body = '{\"calls\": 4}'",),
    "a round too many": ("INSERT INTO proposals VALUES (1, zeroblob(9))",),
    "a call too many": ("INSERT INTO verified VALUES ('four', 3)",),
    "a session too many": ("INSERT INTO sessions VALUES (9, 0.0, '{}')",),
    "a part less": (
        "DELETE FROM measurements WHERE part = 1",
        "DELETE FROM verified WHERE call = 2",
    ),
    "a link less": ("DELETE FROM links WHERE number = 4",),
    "an end less": ("DELETE FROM rounds",),
}


def free(db: sqlite3.Connection) -> None:
    """Remove the guards against changes, as anybody who may write the file can."""
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute(f"DROP TRIGGER {name}")


@pytest.mark.parametrize("act", ACTS)
def test_what_is_done_to_the_file_is_found(store: Store, act: str) -> None:
    with sqlite3.connect(store.path) as other:
        free(other)
        for statement in ACTS[act]:
            other.execute(statement)
    assert len(store.check()) >= 1


def test_an_end_that_was_cut_off_is_missed_by_who_keeps_the_head(store: Store) -> None:
    """The file alone does not reveal it; the result of a session and the ledger store heads."""
    head = store.head()
    assert store.contains(head)
    with sqlite3.connect(store.path) as other:
        free(other)
        other.execute("DELETE FROM rounds")
        other.execute("DELETE FROM links WHERE entry LIKE '[\"round\"%'")
    assert store.check() == []
    assert not store.contains(head)


def test_a_file_of_before_gets_a_chain_about_what_it_holds(store: Store) -> None:
    unlinked(store.path)
    again = Store(store.path)
    assert again.check() == []
    before = again.head()
    again.sit({})
    assert again.check() == []
    assert again.contains(before)
    assert again.head() != before
    with sqlite3.connect(store.path) as other:
        free(other)
        other.execute("UPDATE verified SET digest = 'other' WHERE call = 0")
    assert again.check() == ["what was kept before there were seals is not what was written"]


def test_a_file_of_before_that_was_altered_is_told(store: Store) -> None:
    unlinked(store.path)
    with sqlite3.connect(store.path) as other:
        free(other)
        other.execute("UPDATE measurements SET measured = zeroblob(9) WHERE part = 0")
    assert Store(store.path).check() == ["round 0 is not what was written"]


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE things (a)")
    with pytest.raises(InputError, match="something else"):
        Store(tmp_path / "other.db")
