"""Engines in isolated environments: exact arrays, deaths that fail alone, and locks."""

import os
import pickle
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ingenium.core.digest import file_digest
from ingenium.core.errors import CorruptError, EngineError, InputError, MissingEnvironment
from ingenium.trust.environments.environment import Environment
from ingenium.trust.environments.limits import Limits
from ingenium.trust.environments.worker import Worker, WorkerDied

HEAD = (
    '# {{"engine": "tiny", "release": "1", "python": "{python}", "system": "{system}", '
    '"packages": 1, "download_mb": 2.0, "disk_mb": 5.0}}\n'
)
ENGINE = """
import os, time
import numpy as np
print("an engine that talks")
calls = 0
def same(x): return {"x": x}
def again():
    global calls
    calls += 1
    return {"calls": calls}
def squares(x, plus, kills):
    if kills in x: os._exit(7)
    return {"rows": np.stack([x ** 2, x + plus], 1)}
def refuses(x):
    if (x < 0).any(): raise ValueError("below zero")
    return {"rows": x[:, None]}
def slow(): time.sleep(60)
def large(): return {"x": np.ones(1 << 29)}
"""


def folder_of(place: Path, lock: str = "", python: str = "", system: str = "") -> Path:
    """Folder of an environment, locked for this machine by default."""
    folder = place / "tiny"
    folder.mkdir()
    own = {"python": f"{sys.version_info.major}.{sys.version_info.minor}"}
    own["system"] = f"{sys.platform}-{os.uname().machine}"
    said = {k: v for k, v in (("python", python), ("system", system)) if v}
    (folder / "lock.txt").write_text(HEAD.format(**(own | said)) + lock)
    (folder / "engine.py").write_text(ENGINE)
    return folder


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Environment]:
    """An environment whose interpreter is ours."""
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path / "cache"))
    found = Environment(folder_of(tmp_path), "toy", Limits(memory_mb=2048, wall_s=60.0))
    python = found.place / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    (found.place / ".made").write_text(found.digest)
    for path in (found.place.parent, found.place, found.place / ".made"):
        path.chmod(0o755)
    yield found
    found.worker.close()


def test_arrays_come_back_as_they_went(environment: Environment) -> None:
    rng = np.random.default_rng(0)
    for array in (
        rng.standard_normal((3, 4, 5)),
        np.array([np.nan, np.inf, -0.0, 5e-324, 1 / 3]),
        np.arange(6).reshape(2, 3).T,
        np.array([], dtype=np.float64),
        rng.random(3).astype(">f8"),
        np.array([True, False]),
    ):
        back = environment.ask("same", {"x": array}, {})["x"]
        assert back.shape == array.shape
        assert back.dtype.kind == array.dtype.kind
        assert back.tobytes() == np.ascontiguousarray(array, back.dtype).tobytes()
    with pytest.raises(TypeError, match="arrays of numbers"):
        environment.ask("same", {"x": np.array(["a"])}, {})


def test_it_is_started_once(environment: Environment) -> None:
    counts = [int(environment.ask("again", {}, {})["calls"]) for _ in range(3)]
    assert counts == [1, 2, 3]
    assert environment.worker.starts == 1


def test_a_fork_of_ours_asks_a_process_of_its_own(environment: Environment) -> None:
    environment.ask("again", {}, {})
    into, out = os.pipe()
    if not (pid := os.fork()):
        try:
            os.write(out, b"%d" % environment.ask("again", {}, {})["calls"])
            environment.worker.close()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    assert os.read(into, 9) == b"1"
    assert int(environment.ask("again", {}, {})["calls"]) == 2
    os.close(into)
    os.close(out)


def test_a_copy_asks_a_process_of_its_own(environment: Environment) -> None:
    environment.ask("again", {}, {})
    copy = pickle.loads(pickle.dumps(environment))
    assert int(copy.ask("again", {}, {})["calls"]) == 1
    copy.worker.close()


def test_a_design_that_kills_the_engine_fails_alone(environment: Environment) -> None:
    x = np.arange(5.0)
    found = environment.rows("squares", {"x": x}, {"plus": 1.0, "kills": 3.0}, columns=2)
    truth = np.stack([x**2, x + 1], 1)
    truth[3] = np.nan
    np.testing.assert_array_equal(found.values, truth)
    assert list(found.faults) == [3]
    assert "died twice over one question (exit code 7)" in found.faults[3]
    assert "an engine that talks" in found.faults[3]


def test_what_the_engine_raises_is_the_text_of_the_failed_design(environment: Environment) -> None:
    found = environment.rows("refuses", {"x": np.array([1.0, -1.0, 2.0])}, {}, columns=1)
    np.testing.assert_array_equal(found.values[:, 0], [1.0, np.nan, 2.0])
    assert "ValueError: below zero" in found.faults[1]
    assert environment.worker.starts == 1


def test_time_and_memory_are_limited(environment: Environment) -> None:
    with pytest.raises(EngineError, match="MemoryError"):
        environment.ask("large", {}, {})
    hasty = Environment(environment.folder, "toy", Limits(wall_s=1.0))
    with pytest.raises(WorkerDied, match="did not answer within 1 s"):
        hasty.ask("slow", {}, {})
    assert hasty.worker.starts == 1


def test_the_evidence_names_engine_release_and_lock(environment: Environment) -> None:
    digest = file_digest(environment.folder / "lock.txt")
    assert environment.version == f"tiny 1 environment {digest[:23]}"
    before = environment.place
    (environment.folder / "lock.txt").write_text(
        (environment.folder / "lock.txt").read_text() + "# other\n"
    )
    other = Environment(environment.folder, "toy")
    assert other.place != before
    assert not other.made


def test_a_room_that_is_not_made_says_what_makes_it(tmp_path: Path) -> None:
    environment = Environment(folder_of(tmp_path), "toy")
    with pytest.raises(
        MissingEnvironment, match=r"2 MB to download.*ingenium doctor --install toy"
    ):
        environment.rows("squares", {"x": np.ones(2)}, {}, columns=2)


def test_a_room_that_others_could_have_changed_is_not_run(environment: Environment) -> None:
    environment.place.chmod(0o777)
    with pytest.raises(CorruptError, match="not run"):
        environment.ask("again", {}, {})
    environment.place.chmod(0o755)
    assert int(environment.ask("again", {}, {})["calls"]) == 1


def test_locks_of_other_machines_and_none_are_refused(tmp_path: Path) -> None:
    environment = Environment(folder_of(tmp_path, python="2.7"), "toy")
    with pytest.raises(InputError, match=r"one for Python 2\.7"):
        environment.make()
    (environment.folder / "lock.txt").write_text("numpy==2.0\n")
    with pytest.raises(CorruptError, match="is not the lock"):
        _ = Environment(environment.folder, "toy").lock


def test_an_answer_that_is_none_is_said() -> None:
    worker = Worker("the echo", ["/bin/sh", "-c", "read x; echo no"], Limits(wall_s=5.0), {})
    with pytest.raises(WorkerDied, match="not JSON"):
        worker.ask({})


@pytest.mark.slow
def test_a_room_is_made_of_what_its_lock_names_and_of_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path / "cache"))
    wheel = tmp_path / "tiny-1-py3-none-any.whl"
    about = "Metadata-Version: 2.1\nName: tiny\nVersion: 1\n"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny.py", "ANSWER = 42")
        archive.writestr("tiny-1.dist-info/METADATA", about)
        archive.writestr("tiny-1.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("tiny-1.dist-info/RECORD", "")
    line = f"tiny @ {wheel.as_uri()} --hash={file_digest(wheel)}\n"
    environment = Environment(folder_of(tmp_path, line), "toy")
    environment.make()
    assert environment.made
    assert len(list(environment.place.glob("lib/*/site-packages/tiny.py"))) == 1
    with wheel.open("ab") as file:
        file.write(b"changed")
    (environment.place / ".made").unlink()
    with pytest.raises(EngineError, match="failed"):
        environment.make()
    assert not environment.made
