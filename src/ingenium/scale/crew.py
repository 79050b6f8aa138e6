"""A crew: tasks handed out to the workers of a site, and those of a dead worker done again."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ingenium.core.errors import EngineError
from ingenium.scale.port import Answer, Make, Site, SiteWorker, Task

TRIES = 4  # of a task whose worker ends by itself
PATIENCE_S = 1.0

Ticket = Any
Mended = Callable[["Crew", int, Task], Answer]  # of the place of a dead worker, and its task


class Crew:
    """As many workers as a site has, each busy with one task of a queue.

    `deaths` counts workers that ended by themselves. What becomes of a task whose worker did is
    said by `mend`; without it the task is done by a new worker.
    """

    def __init__(self, site: Site, make: Make, *, mend: Mended | None = None) -> None:
        self.site, self.make, self.mend = site, make, mend or _again
        self.queue: deque[tuple[Ticket, Task]] = deque()
        self.busy: dict[int, tuple[Ticket, Task]] = {}  # by place of the worker
        self.deaths = 0
        self.workers: list[SiteWorker] = [site.hire(make) for _ in range(site.count)]

    def submit(self, ticket: Ticket, task: Task) -> None:
        """Give a task to a worker that is free, or keep it until one is."""
        self.queue.append((ticket, task))
        self._hand_out()

    def done(self, patience_s: float) -> tuple[Ticket, Answer] | None:
        """What was answered first; none if there was nothing in so many seconds.

        Raises:
            IngeniumError: that a worker met.
        """
        worker = self.site.first([self.workers[place] for place in self.busy], patience_s)
        if worker is None:
            return None
        place = next(i for i in self.busy if self.workers[i] is worker)
        ticket, task = self.busy[place]
        answer = worker.heard()
        if answer is None:
            self.deaths += 1
            answer = self.mend(self, place, task)
        del self.busy[place]
        self._hand_out()
        return ticket, answer

    def replace(self, place: int) -> int | None:
        """Put a new worker into the place of one that has ended; gives the code of its end."""
        code = self.workers[place].end()
        self.workers[place] = self.site.hire(self.make)
        return code

    def close(self) -> None:
        """Stop all of them: those that are busy are not waited for."""
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
    """The answers to tasks, with the number of each, in the order in which they come."""
    crew = Crew(site, make)
    try:
        for i, task in enumerate(tasks):
            crew.submit(i, task)
        left = len(tasks)
        while left:
            found = crew.done(PATIENCE_S)
            if found is not None:
                left -= 1
                yield found
    finally:
        crew.close()


def _again(crew: Crew, place: int, task: Task) -> Answer:
    """The answer of a new worker, or of one more."""
    code: int | None = None
    for _ in range(TRIES - 1):
        code = crew.replace(place)
        crew.workers[place].send(task)
        answer = crew.workers[place].heard()
        if answer is not None:
            return answer
        crew.deaths += 1
    raise EngineError(
        f"a worker ended by itself (code {code}), and so did {TRIES - 1} others with the same "
        "task; the engine breaks down here, or has too little memory"
    )
