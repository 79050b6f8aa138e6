"""Measurement by the workers of a site, each of which opens the problem itself."""

from collections.abc import Callable
from functools import partial

import numpy as np
import xarray as xr
from jaxtyping import Float

from ingenium.core.designs import DESIGN
from ingenium.core.errors import EngineError
from ingenium.core.problem import Problem
from ingenium.scale.crew import Crew
from ingenium.scale.port import Answering, Site
from ingenium.searches.workers import Ticket, measured

ALONE = 2  # workers that a design may take down; one of them may be ended by somebody else
Opener = Callable[[], Problem]  # of a module, so that other processes can call it


class Spread:
    """Measurement by workers of a site.

    If a worker dies, the designs of its part are measured again, each alone in a new worker: a
    design that kills several workers has no answer, the others have theirs.
    """

    def __init__(self, site: Site, opener: Opener, *, at_once: int) -> None:
        self.at_once = at_once
        self.width: int | None = None  # of an answer, once there was one
        self.crew = Crew(site, partial(_measuring, opener), mend=self._alone)

    def together(self, round: int, n: int) -> int:
        """Return the size of parts with which each worker has a part of a round."""
        return max(1, min(self.at_once, -(-n // len(self.crew.workers))))

    def ready(self, round: int, waiting: int, measured: int) -> bool:
        """Return whether a worker would otherwise be idle."""
        return waiting < len(self.crew.workers)

    def submit(self, ticket: Ticket, designs: xr.Dataset) -> None:
        """Queue a part for the next free worker."""
        self.crew.submit(ticket, designs)

    def done(self, patience_s: float) -> tuple[Ticket, Float[np.ndarray, "n k"]] | None:
        """Return the first finished part."""
        found = self.crew.done(patience_s)
        if found is not None:
            self.width = found[1].shape[1]
        return found

    def close(self) -> None:
        """Stop all workers without waiting for busy ones."""
        self.crew.close()

    def _alone(self, crew: Crew, place: int, designs: xr.Dataset) -> Float[np.ndarray, "n k"]:
        """Measure the designs of a dead worker one after the other, each in a live worker."""
        rows: list[Float[np.ndarray, " k"] | None] = []
        code: int | None = None
        for row in range(designs.sizes[DESIGN]):
            found = None
            for _ in range(ALONE):
                if not crew.workers[place].alive():
                    code = crew.replace(place)
                crew.workers[place].send(designs.isel({DESIGN: [row]}))
                found = crew.workers[place].heard()
                if found is not None:
                    break
                crew.deaths += 1
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
