import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ingenium.core.errors import FolderInUseError, InputError, StorageError
from ingenium.core.folders import (
    cache_folder,
    identity,
    locked,
    replacing,
    staged,
    write_atomic,
)

HOLD = """
import sys, time
from pathlib import Path
from ingenium.core.folders import staged
with staged(Path(sys.argv[1]), "one") as folder:
    (folder / "half").write_text("done so far")
    print("held", flush=True)
    time.sleep(60)
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_cache_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path / "mine"))
    assert cache_folder() == tmp_path / "mine"
    monkeypatch.delenv("INGENIUM_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "ingenium"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "ingenium"


def test_write_atomic(tmp_path):
    path = tmp_path / "new" / "run.json"
    write_atomic(path, "old")
    write_atomic(path, b"\x00new")
    assert path.read_bytes() == b"\x00new"
    assert names(path.parent) == ["run.json"]
    plain = tmp_path / "plain"
    plain.write_text("")
    assert path.stat().st_mode == plain.stat().st_mode


@pytest.mark.parametrize("call", ["replace", "fsync"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_full_disk_leaves_the_old_file_and_says_what_is_needed(tmp_path, monkeypatch, call, number):
    def full(*_):
        raise OSError(number, os.strerror(number))

    path = tmp_path / "designs.nc"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, call, full)
    with pytest.raises(StorageError, match=r"5\.0 MB needed, .* MB free") as caught:
        write_atomic(path, bytes(5_000_000))
    assert str(path) in str(caught.value)
    assert caught.value.errno == number
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["designs.nc"]


def test_a_file_that_outgrows_its_limit_is_removed(tmp_path):
    """A real failure of the kernel in the middle of the write: the limit of a file's size."""
    code = """
import resource, signal, sys
from pathlib import Path
from ingenium.core.folders import write_atomic
from ingenium.core.errors import StorageError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    write_atomic(Path(sys.argv[1]), bytes(1_000_000))
except StorageError as error:
    print(error)
"""
    path = tmp_path / "designs.nc"
    run = [sys.executable, "-c", code, str(path)]
    said = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    assert said == f"cannot write {path}: File too large\n"
    assert names(tmp_path) == []


def test_replacing_removes_the_half_when_the_writer_fails(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("old")

    def fail():
        with replacing(path) as part:
            part.write_text("half")
            assert part.suffix == ".csv"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.csv"]


def test_unwritable_places_are_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"cannot write .*file/below"):
        write_atomic(tmp_path / "file" / "below", "x")
    with pytest.raises(StorageError, match="directory"):
        write_atomic(tmp_path, "x")


def test_lock_refuses_a_second_holder_and_is_free_afterwards(tmp_path):
    folder = tmp_path / "out"
    with locked(folder):
        held = f"held by process {os.getpid()} on "
        with pytest.raises(FolderInUseError, match=held), locked(folder):
            pass
    with locked(folder):
        pass
    assert names(tmp_path) == []


def test_lock_dies_with_its_process_and_the_work_is_resumed(tmp_path):
    folder = tmp_path / "out"
    run = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(run, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "held\n"
        held = f"process {child.pid} "
        with pytest.raises(FolderInUseError, match=held), staged(folder, "one"):
            pass
        child.send_signal(signal.SIGKILL)
    assert not folder.exists()
    with staged(folder, "one") as partial:
        assert (partial / "half").read_text() == "done so far"
        (partial / "rest").write_text("rest")
    assert names(folder) == [".ingenium", "half", "rest"]
    assert names(tmp_path) == ["out"]


def test_many_processes_take_turns(tmp_path):
    """Each adds one to a number under the lock; a lock that let two in would lose some."""
    code = """
import sys
from pathlib import Path
from ingenium.core.errors import FolderInUseError
from ingenium.core.folders import locked
folder, done = Path(sys.argv[1]), 0
while done < 100:
    try:
        with locked(folder):
            count = folder / "count"
            count.write_text(str(int(count.read_text()) + 1))
            done += 1
    except FolderInUseError:
        pass
"""
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "count").write_text("0")
    run = [sys.executable, "-c", code, str(folder)]
    children = [subprocess.Popen(run) for _ in range(2)]
    assert [child.wait() for child in children] == [0, 0]
    assert (folder / "count").read_text() == "200"


def test_staged_appears_whole(tmp_path):
    folder = tmp_path / "out"
    with staged(folder, "one") as partial:
        (partial / "designs").mkdir()
        (partial / "designs" / "0.csv").write_text("0")
        assert not folder.exists()
    assert (folder / "designs" / "0.csv").read_text() == "0"
    assert identity(folder) == "one"
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ZeroDivisionError])
def test_stopped_work_stays_for_the_same_run_only(tmp_path, stop):
    folder = tmp_path / "out"

    def work(expected):
        with staged(folder, "one") as partial:
            assert names(partial) == expected
            (partial / "half").write_text("half")
            raise stop

    with pytest.raises(stop):
        work([".ingenium"])
    assert names(tmp_path) == [".out.partial"]
    with pytest.raises(stop):
        work([".ingenium", "half"])
    with staged(folder, "two") as partial:
        assert names(partial) == [".ingenium"]
    assert identity(folder) == "two"


def test_full_disk_in_the_middle_of_a_run(tmp_path):
    folder = tmp_path / "out"
    with pytest.raises(StorageError, match=r"disk is full .* MB free"), staged(folder, "one"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert not folder.exists()
    with pytest.raises(FileNotFoundError), staged(folder, "one"):
        (tmp_path / "no input").read_text()  # an error of the run's own stays what it is


def test_finished_run_is_kept_unless_it_is_the_same(tmp_path):
    folder = tmp_path / "out"
    with staged(folder, "one") as partial:
        (partial / "a").write_text("1")
    with pytest.raises(InputError, match="different finished run"), staged(folder, "two"):
        pass
    assert (folder / "a").read_text() == "1"
    with staged(folder, "one") as partial:
        (partial / "b").write_text("2")
    assert names(folder) == [".ingenium", "b"]
    with staged(folder, "two", overwrite=True) as partial:
        assert (folder / "b").exists()
    assert (identity(folder), names(folder)) == ("two", [".ingenium"])
    assert names(tmp_path) == ["out"]


def test_foreign_files_are_never_replaced(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    with staged(folder, "one"):
        pass  # an empty folder is fine
    thesis = tmp_path / "thesis"
    thesis.mkdir()
    (thesis / "chapter").write_text("precious")
    with pytest.raises(InputError, match="other files"), staged(thesis, "one", overwrite=True):
        pass
    chapter = thesis / "chapter"
    with pytest.raises(InputError, match="the file"), staged(chapter, "one", overwrite=True):
        pass
    assert chapter.read_text() == "precious"


def test_a_promotion_cut_between_its_renames_is_taken_back(tmp_path, monkeypatch):
    folder = tmp_path / "out"
    with staged(folder, "one") as partial:
        (partial / "a").write_text("1")
    rename = Path.rename

    def cut(self, target):
        if Path(target) == folder:
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", cut)
    with pytest.raises(KeyboardInterrupt), staged(folder, "two", overwrite=True):
        pass
    assert not folder.exists()
    monkeypatch.undo()
    with pytest.raises(InputError, match="different finished run"), staged(folder, "two"):
        pass
    assert (folder / "a").read_text() == "1"


def test_a_link_to_a_folder_is_followed(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "disk" / "runs")
    for run in ("one", "two"):
        with staged(tmp_path / "link", run, overwrite=True) as partial:
            (partial / run).write_text("1")
    assert (tmp_path / "link").is_symlink()
    assert names(tmp_path / "disk") == ["runs"]
    assert names(tmp_path / "disk" / "runs") == [".ingenium", "two"]
    with locked(tmp_path / "link"), pytest.raises(FolderInUseError):
        locked(tmp_path / "disk" / "runs").__enter__()


def test_links_laid_into_unfinished_work_are_not_followed(tmp_path):
    """Anybody who may write to the output's parent folder must not reach the user's own files."""
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / ".ingenium").write_text("one")
    (victim / "precious").write_text("1")
    (tmp_path / "outs").mkdir()
    (tmp_path / "outs" / ".out.partial").symlink_to(victim)
    (tmp_path / "outs" / ".out.replaced").symlink_to(victim)
    with staged(tmp_path / "outs" / "out", "one") as partial:
        (partial / "precious").write_text("2")
    half = tmp_path / "outs" / "two"
    with pytest.raises(FileExistsError), staged(half, "one") as partial:
        [(partial / "model").symlink_to(victim) for _ in range(2)]
    with staged(half, "one") as partial:
        assert names(partial) == [".ingenium"]
    assert names(victim) == [".ingenium", "precious"]
    assert (victim / "precious").read_text() == "1"
    assert names(tmp_path / "outs") == ["out", "two"]


def test_no_folder_is_left_where_nothing_was_done(tmp_path):
    with pytest.raises(InputError), staged(tmp_path / "out", "one"):
        raise InputError("a plan", "none")
    assert names(tmp_path) == []


@pytest.mark.parametrize("place", ["/", "/.."])
def test_the_root_is_no_output_folder(place):
    with pytest.raises(InputError, match="folder for the output"), staged(Path(place), "one"):
        pass


def test_a_mark_that_is_no_text_is_another_run(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".ingenium").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="different finished run"):
        staged(tmp_path / "out", "one").__enter__()
