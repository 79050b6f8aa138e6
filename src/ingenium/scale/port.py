"""The interface to other processes and machines: a site starts workers, which answer tasks.

All remote work uses it: measurements of designs, comparisons of families, and ranks that train
together. A domain never sees it. Other backends implement the methods of `Site` and `SiteWorker`.
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
Make = Callable[[], Answering]  # of a module, so that a worker can call it; opens task resources


@runtime_checkable
class SiteWorker(Protocol):
    """A remote process that answers one task after the other."""

    def send(self, task: Task) -> None:
        """Send a task."""
        ...

    def heard(self) -> Answer | None:
        """Wait for the answer; None if the worker has ended by itself.

        Raises:
            IngeniumError: an error of the worker.
        """
        ...

    def alive(self) -> bool:
        """Return whether it can take tasks; a worker that is ending gets a moment to end."""
        ...

    def leave(self) -> None:
        """Announce that no task will follow, without waiting."""
        ...

    def end(self) -> int | None:
        """End it, by force if it has no time; return its exit code, if it has one."""
        ...


@runtime_checkable
class Site(Protocol):
    """A backend that starts workers."""

    count: int  # intended number of workers

    def hire(self, make: Make) -> SiteWorker:
        """Start a worker; it calls `make` once, for the function that answers its tasks."""
        ...

    def first(self, busy: Sequence[SiteWorker], patience_s: float) -> SiteWorker | None:
        """Return a worker with an answer, or one that has ended; None after `patience_s`."""
        ...

    def meet(self, wait_s: float) -> MeetingStore:
        """Open a store of this process at a free port, as the meeting point of its workers."""
        ...

    def close(self) -> None:
        """Release the backend."""
        ...


def reserved_store(host: str, wait_s: float) -> MeetingStore:
    """Open a store of this process, at a port that the system chooses."""
    wait = timedelta(seconds=wait_s)
    return TCPStore(host, 0, is_master=True, wait_for_workers=False, timeout=wait)


@contextmanager
def opened(place: WorkPlace) -> Iterator[Site]:
    """Open the site of a place, and close it after the block.

    Raises:
        InputError: where the place has no workers, or nothing answers there.
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
