"""Measurement by the workers of a site, each of which opens the problem itself."""

from collections.abc import Callable
from functools import partial

import numpy as np
import xarray as xr
from jaxtyping import Float

from ingenium.core.designs import DESIGN
from ingenium.core.errors import EngineError
from ingenium.core.problem import Problem
from ingenium.scale.port import Answering, Site
from ingenium.scale.worker_pool import WorkerPool
from ingenium.searches.workers import Ticket, measured

ALONE = 2  # workers that a design may take down; one of them may be ended by somebody else
Opener = Callable[[], Problem]  # of a module, so that other processes can call it


class Spread:
    """Measurement by workers of a site.

    If a worker dies, the designs of its part are measured again, each alone in a new worker: a
    design that kills several workers has no answer, the others have theirs.
    """

    def __init__(self, site: Site, opener: Opener, *, batch_size: int) -> None:
        self.batch_size = batch_size
        self.width: int | None = None  # of an answer, once there was one
        self.pool = WorkerPool(site, partial(_measuring, opener), retry=self._alone)

    def together(self, round: int, n: int) -> int:
        """Return the size of parts with which each worker has a part of a round."""
        return max(1, min(self.batch_size, -(-n // len(self.pool.workers))))

    def ready(self, round: int, waiting: int, measured: int) -> bool:
        """Return whether a worker would otherwise be idle."""
        return waiting < len(self.pool.workers)

    def submit(self, ticket: Ticket, designs: xr.Dataset) -> None:
        """Queue a part for the next free worker."""
        self.pool.submit(ticket, designs)

    def done(self, patience_s: float) -> tuple[Ticket, Float[np.ndarray, "n k"]] | None:
        """Return the first finished part."""
        found = self.pool.done(patience_s)
        if found is not None:
            self.width = found[1].shape[1]
        return found

    def close(self) -> None:
        """Stop all workers without waiting for busy ones."""
        self.pool.close()

    def _alone(self, pool: WorkerPool, place: int, designs: xr.Dataset) -> Float[np.ndarray, "n k"]:
        """Measure the designs of a dead worker one after the other, each in a live worker."""
        rows: list[Float[np.ndarray, " k"] | None] = []
        code: int | None = None
        for row in range(designs.sizes[DESIGN]):
            found = None
            for _ in range(ALONE):
                if not pool.workers[place].alive():
                    code = pool.replace(place)
                pool.workers[place].send(designs.isel({DESIGN: [row]}))
                found = pool.workers[place].heard()
                if found is not None:
                    break
                pool.deaths += 1
            rows.append(None if found is None else found[0])
        width = next((len(row) for row in rows if row is not None), self.width)
        if width is None:
            raise EngineError(
                f"a process that measured ended by itself (code {code}), and so did each that "
                "measured one of its designs alone; the engine breaks down here, or has too "
                "little memory"
            )
        return np.stack([np.full(width, np.nan) if row is None else row for row in rows])


def _measuring(opener: Opener) -> Answering:
    return partial(measured, opener())
