"""The one port to other processes and machines: a site hires workers, and they answer tasks.

Whatever runs elsewhere goes through it: designs that are measured, families that are compared,
ranks that train together. A domain never sees it. Another machinery takes the place of
processes by the methods of `Site` and `Worker`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Protocol, TypeAlias, runtime_checkable

from torch.distributed import TCPStore  # type: ignore[attr-defined]  # it is there

from ingenium.core.errors import InputError
from ingenium.scale.place import PROCESSES, RAY, SLURM, WorkPlace, warn_of_cores

Task: TypeAlias = Any
Answer: TypeAlias = Any
MeetingStore: TypeAlias = Any  # a TCPStore of torch.distributed, which has no type
Answering = Callable[[Task], Answer]
Make = Callable[[], Answering]  # of a module, so that a worker can call it; opens what tasks need


@runtime_checkable
class SiteWorker(Protocol):
    """One process somewhere, which answers one task after the other."""

    def send(self, task: Task) -> None:
        """Have a task done."""
        ...

    def heard(self) -> Answer | None:
        """Wait for the answer; none if the worker has ended by itself.

        Raises:
            IngeniumError: that it met.
        """
        ...

    def alive(self) -> bool:
        """Whether it can still be asked; it is given a moment to end."""
        ...

    def leave(self) -> None:
        """Tell it that nobody will ask any more, and wait for nothing."""
        ...

    def end(self) -> int | None:
        """End it, by force if it has no time; gives its exit code, where there is one."""
        ...


@runtime_checkable
class Site(Protocol):
    """Where workers are hired."""

    count: int  # workers that it is meant to have

    def hire(self, make: Make) -> SiteWorker:
        """A new worker, which makes what answers its tasks before the first one."""
        ...

    def first(self, busy: Sequence[SiteWorker], patience_s: float) -> SiteWorker | None:
        """One that has an answer or has ended; none if there is none in so many seconds."""
        ...

    def meet(self, wait_s: float) -> MeetingStore:
        """A store kept by this process, at a free port, at which its workers can meet."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


def kept_store(host: str, wait_s: float) -> MeetingStore:
    """A store of this process, at a port that the system chooses."""
    wait = timedelta(seconds=wait_s)
    return TCPStore(host, 0, is_master=True, wait_for_workers=False, timeout=wait)


@contextmanager
def opened(place: WorkPlace) -> Iterator[Site]:
    """The site of a place, until the block is left.

    Raises:
        InputError: where work cannot be handed out there, or nothing answers there.
        MissingExtra: if its packages are not installed.
    """
    warn_of_cores(place)
    site: Site
    if place.kind == PROCESSES:
        from ingenium.scale.processes import ProcessSite

        site = ProcessSite(place.count)
    elif place.kind == SLURM:
        from ingenium.scale.queue_site import QueueSite

        site = QueueSite(place.count)
    elif place.kind == RAY:
        from ingenium.scale.ray_site import RaySite

        site = RaySite(place)
    else:
        raise InputError(
            "a place that hands out work: processes:N, slurm:N or ray://HOST:PORT",
            f"--on {place}",
            "torchrun starts ranks that train together: it is for `fit` alone.",
        )
    try:
        yield site
    finally:
        site.close()
