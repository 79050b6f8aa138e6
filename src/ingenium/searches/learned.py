"""A screen that learns to predict the engine from the verdicts of its search."""

from typing import Protocol, runtime_checkable

import numpy as np
import xarray as xr
from jaxtyping import Float

from ingenium.core.designs import DESIGN
from ingenium.core.spec import Spec
from ingenium.core.verdict import answered
from ingenium.searches.screening import Outlook
from ingenium.searches.surrogates import Fit, Surrogate

FIRST, MORE = 32, 1.25  # rows of the first fit, and the growth factor of the next
MOST = 256  # rows, the last ones


@runtime_checkable
class SeenRows(Protocol):
    """Representation of designs under a spec as rows, for a screen.

    Shapes: n designs, m numbers of a row.
    """

    @property
    def spec(self) -> Spec:
        """Resolved spec."""
        ...

    def points(self, designs: xr.Dataset) -> Float[np.ndarray, "n m"]:
        """Return a row for each design."""
        ...


class LearnedScreen:
    """Screen that predicts margins and losses by a surrogate of the measured designs.

    It is fitted once there are `FIRST` designs with an answer of the engine, and again each time
    there are a quarter more; until then all pass. A limit is predicted to be violated where even
    the jackknife bound of its margin is below 0. Designs are points of the cube of strategies, or
    fields.

    Shapes: n designs, m numbers of a point, l limits, o objectives.
    """

    def __init__(self, space: SeenRows, fit: Fit, name: str, miscoverage: float, seed: int) -> None:
        self.space, self.fit, self.name = space, fit, name
        self.miscoverage, self.seed = miscoverage, seed
        self.points: list[Float[np.ndarray, "n m"]] = []
        self.outcomes: list[Float[np.ndarray, "n k"]] = []
        self._fitted: tuple[int, Surrogate] | None = None

    def measure(self, designs: xr.Dataset) -> None:
        """Return None: there is no engine."""
        return None

    def expect(self, designs: xr.Dataset, cheap: np.ndarray | None) -> Outlook:
        """Return the predictions of the last fit."""
        n, spec = designs.sizes[DESIGN], self.space.spec
        limits, objectives = len(spec.limits), len(spec.objectives)
        rows = fitted_rows(sum(map(len, self.points)))
        if rows is None or not limits + objectives:
            nothing = np.full((n, limits), np.inf)
            return Outlook(np.zeros((n, limits)), nothing, np.zeros((n, objectives)), knows=False)
        if self._fitted is None or self._fitted[0] != rows:
            x, y = (np.concatenate(part)[:rows][-MOST:] for part in (self.points, self.outcomes))
            self._fitted = rows, self.fit(x, y, self.seed)
        mean, most = self._fitted[1].expected(self.space.points(designs), self.miscoverage)
        return Outlook(mean[:, :limits], most[:, :limits], mean[:, limits:])

    def tell(self, designs: xr.Dataset, verdicts: xr.Dataset, cheap: np.ndarray | None) -> None:
        """Store the designs with an answer of the engine."""
        known = np.flatnonzero(answered(verdicts["verdict"].to_numpy()))
        if len(known):
            both = [verdicts[name].to_numpy()[known] for name in ("margin", "loss")]
            self.points.append(self.space.points(designs.isel({DESIGN: known})))
            self.outcomes.append(np.concatenate(both, 1))


def fitted_rows(reported: int) -> int | None:
    """Number of rows of the last fit, from the rows so far: a resumed search has the same fits."""
    rows, last = float(FIRST), None
    while int(rows) <= reported:
        last, rows = int(rows), rows * MORE
    return last
