"""A worker pool: tasks for the workers of a site, with retries after the death of a worker."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ingenium.core.errors import EngineError
from ingenium.scale.port import Answer, Make, Site, SiteWorker, Task

TRIES = 4  # of a task whose worker dies
PATIENCE_S = 1.0

Ticket = Any
Retry = Callable[["WorkerPool", int, Task], Answer]  # of the place of a dead worker, and its task


class WorkerPool:
    """A pool of workers of a site with a queue; each works on one task at a time.

    `deaths` counts workers that ended by themselves. `retry` handles the task of a dead worker;
    without it a new worker repeats the task.
    """

    def __init__(self, site: Site, make: Make, *, retry: Retry | None = None) -> None:
        self.site, self.make, self.retry = site, make, retry or _again
        self.queue: deque[tuple[Ticket, Task]] = deque()
        self.busy: dict[int, tuple[Ticket, Task]] = {}  # by place of the worker
        self.deaths = 0
        self.workers: list[SiteWorker] = [site.hire(make) for _ in range(site.count)]

    def submit(self, ticket: Ticket, task: Task) -> None:
        """Queue a task for the next free worker."""
        self.queue.append((ticket, task))
        self._hand_out()

    def done(self, patience_s: float) -> tuple[Ticket, Answer] | None:
        """Return the first finished task; None if there is none within `patience_s` seconds.

        Raises:
            IngeniumError: an error of a worker.
        """
        worker = self.site.first([self.workers[place] for place in self.busy], patience_s)
        if worker is None:
            return None
        place = next(i for i in self.busy if self.workers[i] is worker)
        ticket, task = self.busy[place]
        answer = worker.heard()
        if answer is None:
            self.deaths += 1
            answer = self.retry(self, place, task)
        del self.busy[place]
        self._hand_out()
        return ticket, answer

    def replace(self, place: int) -> int | None:
        """Replace a worker that has ended; return its exit code."""
        code = self.workers[place].end()
        self.workers[place] = self.site.hire(self.make)
        return code

    def close(self) -> None:
        """Stop all workers without waiting for busy ones."""
        for worker in self.workers:
            worker.leave()
        for worker in self.workers:
            worker.end()

    def _hand_out(self) -> None:
        for place, worker in enumerate(self.workers):
            if self.queue and place not in self.busy:
                ticket, task = self.queue.popleft()
                self.busy[place] = ticket, task
                worker.send(task)


def spread(site: Site, make: Make, tasks: Sequence[Task]) -> Iterator[tuple[int, Answer]]:
    """Yield the answers to tasks with their numbers, in order of completion."""
    pool = WorkerPool(site, make)
    try:
        for i, task in enumerate(tasks):
            pool.submit(i, task)
        left = len(tasks)
        while left:
            found = pool.done(PATIENCE_S)
            if found is not None:
                left -= 1
                yield found
    finally:
        pool.close()


def _again(pool: WorkerPool, place: int, task: Task) -> Answer:
    """Repeat a task on a new worker, several times if necessary."""
    code: int | None = None
    for _ in range(TRIES - 1):
        code = pool.replace(place)
        pool.workers[place].send(task)
        answer = pool.workers[place].heard()
        if answer is not None:
            return answer
        pool.deaths += 1
    raise EngineError(
        f"a worker ended by itself (code {code}), and so did {TRIES - 1} others with the same "
        "task; the engine breaks down here, or has too little memory"
    )
