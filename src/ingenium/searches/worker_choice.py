"""Choice of the workers of a search: this process, others, or a replay of another search."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ingenium.core.errors import InputError
from ingenium.core.problem import Problem
from ingenium.runs.store import FILE, Store
from ingenium.scale.place import HERE, LOCAL, WorkPlace
from ingenium.scale.port import opened
from ingenium.searches.spread import Opener, Spread
from ingenium.searches.workers import Here, InOrder, Workers


@dataclass(frozen=True)
class WorkerChoice:
    """Place of measurement: this process, others, or this one in the order of another search."""

    on: WorkPlace = HERE
    opener: Opener | None = None  # of the problem, in other processes
    follow: Path | None = None  # folder of the other search

    @contextmanager
    def begun(self, problem: Problem, about: Mapping[str, str]) -> Iterator[Workers]:
        """Start the workers of a search with the identity `about`, for the block.

        Raises:
            InputError: if there is no search to follow, or too many processes.
        """
        if self.follow is not None:
            path = self.follow / FILE
            if not path.is_file() or self.on.kind != LOCAL:
                raise InputError(
                    "the folder of a search to follow, in one process",
                    f"{self.follow} on {self.on}",
                    "Leave --on out, and name the folder given to --out.",
                )
            with Store(path) as other:
                there = other.about()
                different = [k for k, v in about.items() if there.get(k, "") != v]
                if different:
                    raise InputError(
                        "a search of the same plan to follow",
                        f"{self.follow}, which has another {' and '.join(different)}",
                        "Write what its search was asked.",
                    )
                yield InOrder(problem, other)
        elif self.on.kind == LOCAL or self.opener is None:
            yield Here(problem)
        else:
            with opened(self.on) as site:
                spread = Spread(site, self.opener, batch_size=problem.batch_size)
                try:
                    yield spread
                finally:
                    spread.close()


ALONE = WorkerChoice()
