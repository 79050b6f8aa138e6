"""Workers as jobs of a queue of local processes that speaks as Slurm does."""

import os
import subprocess
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import ranked
from test_layouts import check_equal
from test_port import squares

from ingenium.core.errors import EngineError, MissingProgram
from ingenium.scale import queue_site
from ingenium.scale.local_queue import write
from ingenium.scale.place import WorkPlace
from ingenium.scale.port import opened
from ingenium.scale.queue_site import QueueSite, slurm
from ingenium.scale.ranks import gather
from ingenium.scale.worker_pool import WorkerPool, spread

TWO = WorkPlace.parse("slurm:2")


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A queue whose programs are on the path."""
    folder = tmp_path / "queue"
    write(folder)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path / "cache"))
    return folder


def test_jobs_answer_tasks_and_a_killed_one_is_replaced(queue: Path, tmp_path: Path) -> None:
    assert str(TWO) == "slurm:2"
    assert TWO.handed_out
    with opened(TWO) as site:
        assert isinstance(site, QueueSite)
        pool = WorkerPool(site, partial(squares, 0.01))
        for i in range(10):
            pool.submit(i, i)
        found = dict(pool.done(60.0) or () for _ in range(3))  # type: ignore[misc]
        slurm("scancel", pool.workers[0].job)  # type: ignore[attr-defined]
        while len(found) < 10:
            one = pool.done(60.0)
            if one is not None:
                assert one[0] not in found, "answered twice"
                found[one[0]] = one[1]
        pool.close()
        assert found == {i: i * i for i in range(10)}
        assert pool.deaths == 1
        mode = (site.folder / "address.json").stat().st_mode
        assert mode & 0o077 == 0, "others may read the key"
    assert not list((tmp_path / "cache" / "queue").iterdir())


@pytest.mark.slow
def test_ranks_in_jobs_do_what_one_process_does(queue: Path, alone: dict[str, Any]) -> None:
    found = gather(TWO, ranked.Layouts(("data:2",)), wait_s=ranked.WAIT_S)
    check_equal("data:2", alone, found[0]["data:2"])


def test_a_job_that_ends_before_it_calls_is_told(
    queue: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_site, "ASK_S", 0.1)
    for name, said in (("sbatch", "echo none-1"), ("squeue", "true"), ("scancel", "true")):
        (queue / name).write_text(f"#!/bin/sh\n{said}\n")  # a queue in which nothing ever stays
    with opened(TWO) as site:
        time.sleep(0.2)
        with pytest.raises(EngineError, match="with the same task"):
            list(spread(site, squares, [3]))


def test_what_is_no_job_of_the_queue_is_never_ended(queue: Path) -> None:
    own = subprocess.Popen(["sleep", "60"], start_new_session=True)
    for job in (str(own.pid), "0", "-1", "../jobs"):
        with pytest.raises(EngineError, match="Invalid job id"):
            slurm("scancel", job)
    assert own.poll() is None
    own.kill()
    own.wait()


def test_a_stranger_without_the_key_is_no_worker(queue: Path) -> None:
    from multiprocessing import AuthenticationError
    from multiprocessing.connection import Client

    site = QueueSite(1)
    try:
        with pytest.raises(AuthenticationError):
            Client(("127.0.0.1", site._port), authkey=b"another")
        assert not site.come
    finally:
        site.close()


def test_a_machine_without_slurm_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingProgram, match="sbatch"), opened(TWO):
        pass


def test_a_program_that_fails_is_told(queue: Path) -> None:
    (queue / "squeue").write_text("#!/bin/sh\necho no controller >&2\nexit 1\n")
    with pytest.raises(EngineError, match="squeue failed: no controller"):
        slurm("squeue")


def test_jobs_wait_for_a_slot(queue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_QUEUE_SLOTS", "1")
    log = str(queue / "log")
    line = f"echo begins >> {log}; sleep 0.5; echo ends >> {log}"
    for _ in range(2):
        slurm("sbatch", "--parsable", "--output", "/dev/null", "--wrap", line)
    until = time.monotonic() + 20
    while slurm("squeue") and time.monotonic() < until:
        time.sleep(0.1)
    assert Path(log).read_text().split() == ["begins", "ends", "begins", "ends"]
    job = slurm("sbatch", "--parsable", "--output", "/dev/null", "--wrap", "sleep 60")
    slurm("scancel", job)
    assert job not in slurm("squeue").split()
