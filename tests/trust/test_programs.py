"""Programs of the machine: their limits, and libraries that cannot be changed."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ingenium.core.errors import EngineError, MissingProgram
from ingenium.trust.environments.limits import Limits
from ingenium.trust.environments.programs import Program, ProgramRun, on_path, sealed


def shell(limits: Limits) -> Program:
    return Program("sh", Path("/bin/sh"), limits)


def test_what_is_typed_is_answered_in_its_folder(tmp_path: Path) -> None:
    assert shell(Limits()).run("pwd", tmp_path).printed == f"{tmp_path}\n"


def test_time_of_the_processor_stops_it_and_what_was_said_is_kept(tmp_path: Path) -> None:
    said = shell(Limits(cpu_s=1)).run("echo before; while :; do :; done; echo after", tmp_path)
    assert said == ProgramRun("before\n", out_of_time=True)


def test_one_that_somebody_ended_had_its_time_left(tmp_path: Path) -> None:
    for ending in ("kill -KILL $$", "kill -TERM $$", "exit 1", "exit 0"):
        idle = f"echo before; {ending}; exec sleep 9"  # uses no time, however late the signal comes
        said = shell(Limits(cpu_s=9)).run(idle, tmp_path)
        assert said == ProgramRun("before\n", out_of_time=False)


def test_one_that_does_not_heed_the_end_of_its_time_is_killed(tmp_path: Path) -> None:
    said = shell(Limits(cpu_s=1)).run("trap '' XCPU; while :; do :; done; echo after", tmp_path)
    assert said.printed == ""


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="the system has no setpriv")
def test_it_ends_with_the_process_that_waits_for_it(tmp_path: Path) -> None:
    reported = tmp_path / "pid"
    requested = f"""
from pathlib import Path
from ingenium.trust.environments.limits import Limits
from ingenium.trust.environments.programs import Program
sh = Program("sh", Path("/bin/sh"), Limits(cpu_s=9))
sh.run("echo $$ > {reported}; exec sleep 60", Path("{tmp_path}"))
"""
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    ours = subprocess.Popen([sys.executable, "-c", requested], env=os.environ | path)
    _until(lambda: reported.is_file() and reported.read_text().endswith("\n"))
    assert _alive(reported.read_text().strip())
    ours.kill()
    ours.wait()
    _until(lambda: not _alive(reported.read_text().strip()))


def _alive(process: str) -> bool:
    """True if a process runs: it is neither gone nor a zombie."""
    try:
        return bool(Path("/proc", process, "cmdline").read_bytes())
    except FileNotFoundError:
        return False


def _until(holds: Callable[[], bool]) -> None:
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < 30
        time.sleep(0.05)


def test_memory_and_time_are_those_of_the_limits(tmp_path: Path) -> None:
    said = shell(Limits(cpu_s=7, memory_mb=64)).run("ulimit -t; ulimit -v", tmp_path)
    assert said.printed.split() == ["7", "65536"]


def test_a_machine_that_gives_no_time_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"sh had not 9 s of the processor within 0\.2 s"):
        shell(Limits(cpu_s=9, wall_s=0.2)).run("sleep 20", tmp_path)


def test_variables_that_would_steer_it_do_not_reach_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "x")
    monkeypatch.setenv("LD_PRELOAD", "/x.so")
    monkeypatch.setenv("OMP_NUM_THREADS", "64")
    said = shell(Limits()).run("echo $PYTHONPATH $LD_PRELOAD $OMP_NUM_THREADS", tmp_path)
    assert said.printed == "1\n"


def test_a_program_that_is_not_there_is_missed_with_the_line_that_installs_it() -> None:
    with pytest.raises(MissingProgram, match="apt install no-such-program"):
        on_path("no-such-program", "nothing needs it")


def test_what_is_sealed_cannot_be_changed() -> None:
    handle = sealed(b"content", "a library")
    with pytest.raises(PermissionError):
        os.pwrite(handle, b"other", 0)
    with pytest.raises(PermissionError):
        os.ftruncate(handle, 0)
    with Path(f"/proc/self/fd/{handle}").open("rb") as retained:
        assert retained.read() == b"content"
    os.close(handle)
