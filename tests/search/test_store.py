"""The store: it only grows, and tells when it was altered."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from ingenium.core.errors import CorruptError, InputError
from ingenium.search.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "search.sqlite")
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


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE things (a)")
    with pytest.raises(InputError, match="something else"):
        Store(tmp_path / "other.db")
