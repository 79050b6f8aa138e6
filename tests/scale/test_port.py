"""Workers behind the port: dead ones are replaced, deviating ones refused, and none hangs."""

import errno
import os
import random
import signal
import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch.distributed as dist

from ingenium.cli.ending import guarded
from ingenium.core.errors import EngineError, InputError, StorageError
from ingenium.scale.place import FewCores, WorkPlace, warn_of_cores
from ingenium.scale.port import opened
from ingenium.scale.processes import ProcessSite, ProcessWorker
from ingenium.scale.ranks import Rank, RankLost, Tell, agree, gather
from ingenium.scale.worker_pool import WorkerPool, spread


def squares(pause_s: float = 0.0) -> Callable[[int], int]:
    def square(number: int) -> int:
        time.sleep(pause_s)
        return number * number

    return square


def deadly() -> Callable[[int], int]:
    def answer(number: int) -> int:
        if number == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    return answer


def disagreeing(rank: Rank, tell: Tell) -> None:
    agree({"data": "same", "code": f"sha256:{rank.number}"})


def dying(rank: Rank, tell: Tell) -> int:
    if rank.number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)
    return rank.number


def filling_the_disk(rank: Rank, tell: Tell) -> None:
    dist.barrier()
    if rank.number == 0:
        raise StorageError(errno.ENOSPC, "the disk is full", "state.json")
    dist.barrier()  # in vain


@pytest.mark.parametrize("text", ["process:2", "processes:0", "processes:9999", "ray://host", ""])
def test_places_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"--on processes:4|ray://host:10001"):
        WorkPlace.parse(text)


@pytest.mark.parametrize("text", ["local", "processes:3", "ray://a.b:10001?workers=4"])
def test_places_are_written_as_they_are_read(text: str) -> None:
    assert str(WorkPlace.parse(text)) == text


def test_more_workers_than_cores_are_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    with pytest.warns(FewCores, match="processes:2 on 1 cores"):
        warn_of_cores(WorkPlace.parse("processes:2"))


def test_a_warning_at_the_command_line_is_a_line() -> None:
    def command() -> None:
        reported = warnings.formatwarning(FewCores("they take turns"), FewCores, "port.py", 1)
        assert reported == "Warning: they take turns.\n"
        assert "other.py:2" in warnings.formatwarning("x", UserWarning, "other.py", 2)

    usual = warnings.formatwarning
    guarded(command)()
    assert warnings.formatwarning is usual


def test_torchrun_is_for_fits_alone() -> None:
    with pytest.raises(InputError, match="for `fit` alone"), opened(WorkPlace.parse("torchrun")):
        pass


def test_a_rank_without_torchrun_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RANK", raising=False)
    with pytest.raises(InputError, match="torchrun --nproc-per-node 2"):
        gather(WorkPlace.parse("torchrun"), disagreeing)


@pytest.mark.slow
def test_a_task_that_kills_each_worker_is_told() -> None:
    with pytest.raises(EngineError, match="with the same task"):
        list(spread(ProcessSite(1), deadly, [3]))


def killed(times: int, tasks: int, seed: int) -> tuple[dict[int, Any], int]:
    """Answers while some random workers are killed, and the number of observed deaths."""
    rng, pool = random.Random(seed), WorkerPool(ProcessSite(2), partial(squares, 0.01))
    found: dict[int, Any] = {}
    try:
        for i in range(tasks):
            pool.submit(i, i)
        at = sorted(rng.sample(range(tasks - 2), times))
        while len(found) < tasks:
            one = pool.done(5.0)
            if one is None:
                continue
            assert one[0] not in found, "answered twice"
            found[one[0]] = one[1]
            while at and len(found) >= at[0]:
                at.pop(0)
                victim = rng.choice(pool.workers)
                assert isinstance(victim, ProcessWorker)
                os.kill(victim.pid, signal.SIGKILL)
        return found, pool.deaths
    finally:
        pool.close()


def test_killed_workers_lose_and_double_nothing() -> None:
    found, deaths = killed(1, 12, seed=1)
    assert found == {i: i * i for i in range(12)}
    assert deaths >= 1


@pytest.mark.slow
def test_twenty_killed_workers_lose_and_double_nothing() -> None:
    found, deaths = killed(20, 200, seed=2)
    assert found == {i: i * i for i in range(200)}
    assert deaths >= 15


def test_ranks_that_stand_on_other_code_are_refused_and_a_dead_one_is_told() -> None:
    two = WorkPlace.parse("processes:2")
    with pytest.raises(InputError, match="same code on all ranks, got sha256:0 on rank 0 and "):
        gather(two, disagreeing, wait_s=60.0)
    began = time.monotonic()
    with pytest.raises(RankLost, match=r"rank 1 of 2 ended by itself \(code -9\)"):
        gather(two, dying, wait_s=60.0)
    assert time.monotonic() - began < 45, "the dead rank was not seen before the others gave up"


@pytest.mark.slow
def test_a_full_disk_of_one_rank_is_told_and_not_that_the_others_lost_it() -> None:
    with pytest.raises(StorageError, match=r"cannot write state\.json: the disk is full"):
        gather(WorkPlace.parse("processes:2"), filling_the_disk, wait_s=60.0)
