"""`doctor --install`: its announcement before a download, and its refusals."""

from importlib import import_module
from pathlib import Path

import pytest
from calling import answer, call

from ingenium.cli import doctor, installing, locks
from ingenium.trust.environments.environment import Environment

LOCK = (
    '# {"engine": "tiny", "release": "1", "python": "3.11", "system": "any", '
    '"packages": 3, "download_mb": 12.0, "disk_mb": 50.0}\n'
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "tiny"
    found.mkdir()
    (found / "lock.txt").write_text(LOCK)
    return found


def test_nobody_on_the_terminal_is_no_yes(folder: Path) -> None:
    code, _, said = call("doctor", "--install", folder)
    assert code == 2
    assert "environment tiny: 3 packages, 12 MB to download, 50 MB on disk" in said
    assert "Add --yes" in said


def test_a_yes_makes_the_room(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr(Environment, "make", lambda environment: made.append(environment.folder))
    sizes = answer("doctor", "--install", folder, "--yes")["installed"]
    assert sizes == {"environment tiny": "3 packages, 12 MB to download, 50 MB on disk"}
    assert made == [folder]


def test_what_is_neither_a_domain_nor_a_room_is_refused() -> None:
    code, _, said = call("doctor", "--install", "nowhere")
    assert code == 2
    assert "a domain, or the folder of an isolated environment, got nowhere" in said


def test_packages_of_the_extra_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ['no-such-package>=1; extra == "grid"', 'numpy>=2; extra == "grid"']
    monkeypatch.setattr(doctor, "requires", lambda name: lines)
    requested = []
    monkeypatch.setattr(installing, "download_size", lambda p, lock: requested.append(p) or "9 MB")
    code, _, said = call("doctor", "--install", "grid")
    assert code == 2
    assert requested == [("no-such-package>=1",)]
    assert "packages: 9 MB" in said


def test_nothing_is_asked_where_nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "requires", lambda name: ['numpy>=2; extra == "grid"'])
    assert answer("doctor", "--install", "grid") == {"installed": {}}


def test_rooms_are_those_of_the_domain_s_folder() -> None:
    assert [r.folder.name for r in installing.environments_of("airfoils")] == []


def test_locks_are_whole_and_agree_and_what_does_not_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "tools" / "docs"))
    write_locks = import_module("write_locks")
    assert list(write_locks.faults()) == []
    before = write_locks.read
    for name, release in (("numpy", "1.0"), ("pandapower", None)):
        spoiled = {"grid": before("grid") | {name: release}}
        if release is None:
            del spoiled["grid"][name]
        monkeypatch.setattr(write_locks, "read", lambda d, s=spoiled: s.get(d) or before(d))
        assert any(f"needs {name}" in fault for fault in write_locks.faults())


def test_a_lock_is_for_one_python_and_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "here", lambda: ("3.11", "linux-x86_64"))
    assert locks.fitting("grid") == locks.lock_of("grid")
    assert locks.fitting("no_such") is None
    monkeypatch.setattr(locks, "here", lambda: ("3.13", "linux-x86_64"))
    assert locks.fitting("grid") is None
