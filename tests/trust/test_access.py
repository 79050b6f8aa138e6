"""Rights to a ledger: by the mode of a file, and by the rights of a server."""

import os
import secrets
from pathlib import Path

import pytest

from ingenium.core.errors import InputError, StorageError
from ingenium.trust.ledger import open_ledger

SERVER = os.environ.get("INGENIUM_TEST_POSTGRES", "")
on_server = pytest.mark.skipif(not SERVER, reason="INGENIUM_TEST_POSTGRES names no server")


def test_mode_of_a_file(tmp_path: Path) -> None:
    place = tmp_path / "l.sqlite"
    with open_ledger(place) as ledger:
        place.chmod(0o640)
        root, user, group, other = ledger.store.access()
        assert root.may == user.may == ("read", "append", "alter")
        assert (group.may, other.may) == (("read",), ())
        assert "rw-r-----" in user.how
        place.chmod(0o660)
        assert ledger.store.access()[2].may == ("read", "append", "alter")  # a file knows no less


@pytest.fixture
def server():
    """A schema for a ledger, and two logins without rights: the URL of a login, names."""
    import psycopg

    tag = secrets.token_hex(4)
    schema, names = f"access_{tag}", (f"writer_{tag}", f"reader_{tag}")
    base, _, query = SERVER.partition("?")
    scheme, _, rest = base.partition("://")

    def url(login: str | None = None) -> str:
        place = rest if login is None else f"{login}@{rest.rpartition('@')[2]}"
        options = "&".join(filter(None, [query, f"options=-csearch_path%3D{schema}"]))
        return f"{scheme}://{place}?{options}"

    with psycopg.connect(SERVER, autocommit=True) as db:
        db.execute(f"CREATE SCHEMA {schema}")
        for name in names:
            db.execute(f"CREATE ROLE {name} LOGIN")
        yield url, *names
        db.execute(f"DROP SCHEMA {schema} CASCADE")
        for name in names:
            db.execute(f"DROP OWNED BY {name}")
            db.execute(f"DROP ROLE {name}")


@pytest.mark.slow
@on_server
def test_who_may_what_on_a_server(server) -> None:
    url, writer, reader = server
    with open_ledger(url()) as owner:
        first = owner.append("fit", 1)
        for login, may in ((writer, "append"), (reader, "read")):
            owner.store.grant(login, may)
        with pytest.raises(InputError):
            owner.store.grant(reader, "alter")
        with pytest.raises(StorageError, match="does not exist"):
            owner.store.grant("nobody_of_this_name", "read")
        granted = {a.who: a.may for a in owner.store.access() if a.how == "granted"}
        assert granted == {writer: ("read", "append"), reader: ("read",)}
        assert any(a.may == ("read", "append", "alter") for a in owner.store.access())
    with open_ledger(url(reader), create=False) as ledger:
        assert ledger.entries() == [first]
        assert ledger.check() == []
        with pytest.raises(StorageError, match="permission denied"):
            ledger.append("fit", 2)
    with open_ledger(url(writer), create=False) as ledger:
        made = ledger.append("fit", 2)
        assert made.actor.split("@")[0] == writer
        assert made.previous == first.hash
        with pytest.raises(StorageError, match="in the name of the login"):
            ledger.append("sign-off", 3, actor="ann@lab")
        for statement in (
            "UPDATE ledger_entries SET body = '2'",
            "DELETE FROM ledger_entries",
            "TRUNCATE ledger_entries",
            "DROP TABLE ledger_entries",
            "ALTER TABLE ledger_entries DISABLE TRIGGER ALL",
            "DROP TRIGGER no_change ON ledger_entries",
            "GRANT ALL ON ledger_entries TO PUBLIC",
        ):
            with pytest.raises(Exception, match=r"permission denied|must be owner|grant"):
                granted_nothing(ledger.store._db, statement)
        assert [e.sequence for e in ledger.entries()] == [1, 2]
        assert ledger.check() == []


def granted_nothing(db, statement: str) -> None:
    """Run a statement; a grant without the right is only a warning of the server: an error here."""
    db.execute(statement)
    if statement.startswith("GRANT"):
        reported = db.execute(
            "SELECT COUNT(*) FROM pg_class c, aclexplode(c.relacl) a "
            "WHERE c.oid = 'ledger_entries'::regclass AND a.grantee = 0"
        ).fetchone()[0]
        assert reported == 0
        raise PermissionError("grant was without effect")


@pytest.mark.slow
@on_server
def test_a_writer_cannot_leave_the_chain(server) -> None:
    """Rows that are no next entry are refused."""
    url, writer, _ = server
    with open_ledger(url()) as owner:
        owner.append("fit", 1)
        owner.store.grant(writer, "append")
    with open_ledger(url(writer), create=False) as ledger:
        entry = ledger.entries()[0]
        insert = "INSERT INTO ledger_entries VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
        row = (*entry.row()[1:3], f"{writer}@x", *entry.row()[4:6])
        db = ledger.store._db
        for sequence, previous, hash in ((3, entry.hash, "a"), (2, "b", "c"), (1, entry.hash, "d")):
            with pytest.raises(Exception, match="append-only"):
                db.execute(insert, (sequence, *row, previous, hash))
        ledger.append("fit", 2)


@pytest.mark.slow
@on_server
def test_toothless_guard_is_found(server) -> None:
    url, *_ = server
    with open_ledger(url()) as owner:
        owner.append("fit", 1)
        db = owner.store._db
        db.execute(
            "CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql "
            "AS $$ BEGIN RETURN NULL; END $$"
        )
        assert any("no_change" in str(f) for f in owner.check())
