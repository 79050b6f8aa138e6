"""Ranks: workers that train together, each of which can talk to all others."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

import torch
import torch.distributed as dist

from ingenium.core.errors import EngineError, InputError
from ingenium.scale.place import TORCHRUN, Place
from ingenium.scale.port import Site, Worker, opened

WAIT_S = 120.0  # for the others, after which a rank gives up
LOOK_S = 0.5
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Rank:
    """One of the workers, and where they meet."""

    number: int
    count: int
    host: str = LOOPBACK
    port: int = 0
    wait_s: float = WAIT_S


RankJob = Callable[[Rank], Any]


class RankLost(EngineError):
    """A rank ended by itself, so that the others wait in vain."""


def gather(place: Place, job: RankJob, *, wait_s: float = WAIT_S) -> list[Any]:
    """What the ranks of a place answer, by number.

    Under torchrun this process is one of them, and only its own answer is given.

    Raises:
        RankLost: if one ended by itself; the others are ended then.
        IngeniumError: that one met.
    """
    if place.kind == TORCHRUN:
        return [_under_torchrun(job, wait_s)]
    if place.count == 1:
        return [_ranked(job, Rank(0, 1, wait_s=wait_s))]
    with opened(place) as site:
        return list(RankGang(site, job, wait_s=wait_s).answers())


class RankGang:
    """Ranks on the workers of a site; they meet at a store that this process keeps.

    The store lives here, where nothing trains, so that any rank may die.
    """

    def __init__(self, site: Site, job: RankJob, *, wait_s: float = WAIT_S) -> None:
        host = site.host()
        self.store = dist.TCPStore(
            host, 0, is_master=True, wait_for_workers=False, timeout=timedelta(seconds=wait_s)
        )
        self.site = site
        self.workers: list[Worker] = [site.hire(partial(_made, job)) for _ in range(site.count)]
        for i, worker in enumerate(self.workers):
            worker.send(Rank(i, site.count, host, self.store.port, wait_s))

    def answers(self) -> list[Any]:
        """Wait for all of them, and end them.

        Raises:
            RankLost: if one ended by itself.
            IngeniumError: that one met.
        """
        found: dict[int, Any] = {}
        try:
            while len(found) < len(self.workers):
                left = [w for i, w in enumerate(self.workers) if i not in found]
                worker = self.site.first(left, LOOK_S)
                if worker is None:
                    continue
                number = self.workers.index(worker)
                answer = worker.heard()
                if answer is None:
                    code = worker.end()
                    raise RankLost(
                        f"rank {number} of {len(self.workers)} ended by itself (code {code}); the "
                        "same command goes on from the last checkpoint"
                    )
                found[number] = answer
        finally:
            for worker in self.workers:
                worker.leave()
            for worker in self.workers:
                worker.end()
        return [found[i] for i in range(len(self.workers))]


@contextmanager
def group(rank: Rank) -> Iterator[None]:
    """The process group of a rank, over gloo; of a single one too, so that code is the same."""
    if rank.host == LOOPBACK:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    wait = timedelta(seconds=rank.wait_s)
    first = rank.count == 1
    store = dist.TCPStore(rank.host, rank.port, is_master=first, wait_for_workers=False, timeout=wait)
    dist.init_process_group(
        "gloo", store=store, rank=rank.number, world_size=rank.count, timeout=wait
    )
    try:
        yield
    finally:
        dist.destroy_process_group()


def agree(what: dict[str, str]) -> None:
    """Refuse ranks that do not stand on the same things.

    Args:
        what: digests by name, such as code and data.

    Raises:
        InputError: with the digests of the first two that differ.
    """
    found: list[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(found, what)
    for other, own in enumerate(found):
        for name, digest in found[0].items():
            if own.get(name) != digest:
                raise InputError(
                    f"the same {name} on all ranks",
                    f"{digest} on rank 0 and {own.get(name)} on rank {other}",
                    "Install the same version and name the same data on all machines.",
                )


def _made(job: RankJob) -> Callable[[Rank], Any]:
    return partial(_ranked, job)


def _ranked(job: RankJob, rank: Rank) -> Any:
    torch.set_num_threads(1)
    with group(rank):
        return job(rank)


def _under_torchrun(job: RankJob, wait_s: float) -> Any:
    """The job on the rank that torchrun made of this process.

    Raises:
        InputError: if torchrun did not start it.
    """
    try:
        number, count = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    except (KeyError, ValueError) as error:
        raise InputError(
            "a process that torchrun started",
            "one without RANK and WORLD_SIZE",
            "Write: torchrun --nproc-per-node 2 -m ingenium fit ... --on torchrun",
        ) from error
    rank = replace(Rank(number, count), wait_s=wait_s)
    dist.init_process_group("gloo", timeout=timedelta(seconds=wait_s))
    try:
        return job(rank)
    finally:
        dist.destroy_process_group()
