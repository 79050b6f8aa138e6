"""Ranks: workers that train together, each connected to all others."""

import json
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import torch
import torch.distributed as dist
from torch.distributed import TCPStore  # type: ignore[attr-defined]  # it is there

from ingenium.core.errors import EngineError, IngeniumError, InputError
from ingenium.core.seeds import one_thread
from ingenium.scale.place import LOOPBACK, TORCHRUN, WorkPlace
from ingenium.scale.port import Site, SiteWorker, opened

WAIT_S = 120.0  # for the others, after which a rank gives up
LOOK_S = 0.5
CAUSE_S = 3.0  # in which a rank that the others lost can report its error
REPORTED = "told"
BROKEN = re.compile(r"gloo|connection closed|timed? ?out|socket", re.IGNORECASE)


@dataclass(frozen=True)
class Rank:
    """One of the workers, and their meeting point."""

    number: int
    count: int
    host: str = LOOPBACK
    port: int = 0
    wait_s: float = WAIT_S


Tell = Callable[[str, int, int], None]  # stage, done, total
RankJob = Callable[[Rank, Tell], Any]


class RankLost(EngineError):  # noqa: N818 - reads as what it is
    """A rank ended by itself or is unreachable, so that the others wait in vain."""


class RanksDiverged(RankLost):
    """The error of a rank that cannot reach another one, for whatever reason."""


def silent(stage: str, done: int, total: int) -> None:
    """Report nothing."""


def gather(
    place: WorkPlace, job: RankJob, *, wait_s: float = WAIT_S, tell: Tell = silent
) -> list[Any]:
    """Run a job on the ranks of a place and return their answers by number.

    Under torchrun this process is one of them, and only its own answer is returned.

    Raises:
        RankLost: if one ended by itself; the others are ended then.
        IngeniumError: an error of a rank.
    """
    if place.kind == TORCHRUN:
        return [_under_torchrun(job, wait_s, tell)]
    if place.count == 1:
        rank = Rank(0, 1, wait_s=wait_s)
        with one_thread(), group(rank):  # as any other rank
            return [job(rank, tell)]
    with opened(place) as site:
        return RankGang(site, job, wait_s=wait_s).answers(tell)


class RankGang:
    """Ranks on the workers of a site, which meet at a store of this process.

    The store lives here, where nothing trains, so that any rank may die.
    """

    def __init__(self, site: Site, job: RankJob, *, wait_s: float = WAIT_S) -> None:
        self.site, self.store = site, site.meet(wait_s)
        self.workers: list[SiteWorker] = [site.hire(partial(_made, job)) for _ in range(site.count)]
        for i, worker in enumerate(self.workers):
            worker.send(Rank(i, site.count, self.store.host, self.store.port, wait_s))

    def answers(self, tell: Tell = silent) -> list[Any]:
        """Wait for all of them, and end them.

        Raises:
            RankLost: if one ended by itself.
            IngeniumError: an error of a rank, even if others report first that they lost it.
        """
        found: dict[int, Any] = {}
        left: list[SiteWorker] = []
        try:
            while len(found) < len(self.workers):
                left = [w for i, w in enumerate(self.workers) if i not in found]
                worker = self.site.first(left, LOOK_S)
                self._pass_on(tell)
                if worker is not None:
                    left.remove(worker)
                    number = self.workers.index(worker)
                    found[number] = self._answer(number)
        except RanksDiverged as noticed:
            raise self._cause(left) or noticed from None
        finally:
            for worker in self.workers:
                worker.leave()
            for worker in self.workers:
                worker.end()
        return [found[i] for i in range(len(self.workers))]

    def _answer(self, number: int) -> Any:
        answer = self.workers[number].heard()
        if answer is None:
            code = self.workers[number].end()
            raise RankLost(
                f"rank {number} of {len(self.workers)} ended by itself (code {code}); the same "
                "command goes on from the last checkpoint"
            )
        return answer

    def _cause(self, left: Sequence[SiteWorker]) -> IngeniumError | None:
        """Return the error that a rank reports soon; None if they only lost each other."""
        until, waiting = time.monotonic() + CAUSE_S, list(left)
        while waiting and time.monotonic() < until:
            worker = self.site.first(waiting, LOOK_S)
            if worker is None:
                continue
            waiting.remove(worker)
            try:
                self._answer(self.workers.index(worker))
            except RanksDiverged:
                continue
            except IngeniumError as error:
                return error
        return None

    def _pass_on(self, tell: Tell) -> None:
        """Forward the progress that rank 0 reports."""
        if self.store.check([REPORTED]):
            stage, done, total = json.loads(self.store.get(REPORTED))
            tell(stage, done, total)


@contextmanager
def group(rank: Rank) -> Iterator[Any]:
    """Open the gloo process group of a rank, with the store at which they met."""
    wait, alone = timedelta(seconds=rank.wait_s), rank.count == 1
    if rank.host == LOOPBACK:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    store = TCPStore(rank.host, rank.port, is_master=alone, wait_for_workers=False, timeout=wait)
    dist.init_process_group(
        "gloo", store=store, rank=rank.number, world_size=rank.count, timeout=wait
    )
    try:
        yield store
    finally:
        dist.destroy_process_group()


def agree(what: dict[str, str]) -> None:
    """Refuse ranks with different code or data.

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
    """Run the job of a rank in a worker.

    Raises:
        RanksApart: if another rank could not be reached.
    """
    with _lost(rank), group(rank) as store:

        def tell(stage: str, done: int, total: int) -> None:
            if rank.number == 0:
                store.set(REPORTED, json.dumps([stage, done, total]))

        return job(rank, tell)


@contextmanager
def _lost(rank: Rank) -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:  # gloo has no type of its own for it
        if isinstance(error, (InputError, EngineError)) or not BROKEN.search(str(error)):
            raise
        first = str(error).strip().splitlines()[0]
        raise RanksDiverged(f"rank {rank.number} lost the others: {first}") from error


def _under_torchrun(job: RankJob, wait_s: float, tell: Tell) -> Any:
    """Run the job in this process as a rank of torchrun.

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
    torch.set_num_threads(1)
    dist.init_process_group("gloo", timeout=timedelta(seconds=wait_s))
    try:
        return job(Rank(number, count, wait_s=wait_s), tell if number == 0 else silent)
    finally:
        dist.destroy_process_group()
