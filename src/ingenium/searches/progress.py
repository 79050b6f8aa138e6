"""Progress of a search round by round: counts of verdicts, best values and the front."""

from dataclasses import dataclass, field

import numpy as np
import xarray as xr
from jaxtyping import Float

from ingenium.core.verdict import Verdict, answered
from ingenium.runs.aim import Aim
from ingenium.runs.rounds import Round
from ingenium.searches.fronts import grown, hypervolume


@dataclass
class SearchProgress:
    """Progress of a search from its verdicts so far.

    The reference point of the hypervolume is the worst value of each objective among the first
    designs, so it is comparable over one search, and between searches with the same first designs.

    Shapes: m designs of the front, o objectives.
    """

    aim: Aim
    worst: Float[np.ndarray, " o"]
    counts: dict[Verdict, int] = field(default_factory=lambda: dict.fromkeys(Verdict, 0))
    front: Float[np.ndarray, "m o"] = field(default_factory=lambda: np.empty((0, 0)))
    least: float = np.inf  # sum of violations
    better: int = 0
    scaled: bool = True  # by designs to which the engine had an answer

    @classmethod
    def of(cls, aim: Aim, first: xr.Dataset, *, failed: int = 0) -> "SearchProgress":
        """Begin on the scales of the first verdicts, after `failed` designs without an answer."""
        losses = aim.losses(first)
        finite = np.where(np.isfinite(losses), losses, -np.inf)
        worst = finite.max(0, initial=-np.inf)
        worst = np.where(np.isfinite(worst), worst, 0.0)
        counts = dict.fromkeys(Verdict, 0) | {Verdict.FAILED: failed}
        scaled = bool(answered(first["verdict"].to_numpy()).any())
        return cls(aim, worst, counts, np.empty((0, len(worst))), scaled=scaled)

    @property
    def calls(self) -> int:
        """Number of verified designs."""
        return sum(self.counts.values())

    def add(self, fresh: xr.Dataset) -> None:
        """Add weighed verdicts of designs that were verified for the first time."""
        code = fresh["verdict"].to_numpy()
        for verdict in Verdict:
            self.counts[verdict] += int((code == verdict).sum())
        accepted = code == Verdict.ACCEPTED
        least = float(fresh["violation"].to_numpy().sum(1).min(initial=np.inf))
        improved = least < self.least or (not self.aim.objectives and bool(accepted.any()))
        self.least = min(self.least, least)
        if self.aim.objectives and accepted.any():
            front = grown(self.front, fresh["loss"].to_numpy()[accepted])
            improved = improved or not np.array_equal(front, self.front)
            self.front = front
        if improved:
            self.better = self.calls

    def after(self, round: int, repeated: int, seconds: float) -> Round:
        """Return the state after a round."""
        best = None
        if len(self.front):
            best = float(self.front[:, 0].min() * self.aim.sign[0])
        scaled = self.front / self.aim.scale, self.worst / self.aim.scale
        return Round(
            round=round,
            calls=self.calls,
            accepted=self.counts[Verdict.ACCEPTED],
            rejected=self.counts[Verdict.REJECTED],
            failed=self.counts[Verdict.FAILED],
            repeated=repeated,
            seconds=seconds,
            best=best,
            violation=self.least if np.isfinite(self.least) else None,
            front=len(self.front),
            hypervolume=hypervolume(*scaled) if len(self.front) else 0.0,
            better=self.better,
        )
