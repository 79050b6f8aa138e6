"""Screens: surrogates that reject designs before the exact tier, and the audit of their errors.

A screen predicts each design without the exact tier, and the predictions decide which designs are
measured. It can reject a design, or rank others before it; it never accepts one. A random share is
measured despite the screen, so that its losses are measured.
"""

from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int

from ingenium.core.designs import DESIGN
from ingenium.core.seeds import block_rng
from ingenium.core.verdict import Verdict
from ingenium.runs.aim import LIMIT, OBJECTIVE, Aim
from ingenium.runs.rounds import ScreenAudit
from ingenium.runs.search_plan import ScreenPlan
from ingenium.searches.fronts import order
from ingenium.searches.proposal import AUDITED, CHEAP, CUT, Cut, Proposal

LEAST = 0.25  # of the places, that are filled even where all is hopeless
TIER = "tier"  # coordinate of designs: 0 where a strategy requests the cheap tier alone
CHEAP_MARGIN, CHEAP_LOSS = "cheap_margin", "cheap_loss"


@dataclass(frozen=True)
class Outlook:
    """Predictions of a screen; NaN where it has none.

    Shapes: n designs, l limits, o objectives.
    """

    margin: Float[np.ndarray, "n l"]
    most: Float[np.ndarray, "n l"]  # upper bounds of margins; infinite where unknown
    loss: Float[np.ndarray, "n o"]
    knows: bool = True  # whether it can rank; else all pass


@runtime_checkable
class Screen(Protocol):
    """Interface of predictors of designs that the exact tier has not measured."""

    @property
    def name(self) -> str:
        """Engine with version, or the kind of model."""
        ...

    def measure(self, designs: xr.Dataset) -> Float[np.ndarray, "n k"] | None:
        """Return the values of its engine, if it has one; they are stored with the proposal."""
        ...

    def expect(self, designs: xr.Dataset, cheap: np.ndarray | None) -> Outlook:
        """Predict margins and losses of designs, given the result of `measure` as `cheap`."""
        ...

    def tell(self, designs: xr.Dataset, verdicts: xr.Dataset, cheap: np.ndarray | None) -> None:
        """Learn from designs that the exact tier has measured."""
        ...


class Screening:
    """A screen in a search: its decisions, its audit and its learning.

    Audited designs are sampled before the screen predicts. Even if few designs are predicted to be
    feasible, some are measured, the nearest first: a strategy learns from violated limits too.

    Shapes: n designs.
    """

    def __init__(self, plan: ScreenPlan, screen: Screen, seed: int) -> None:
        self.plan, self.screen, self.seed = plan, screen, seed
        self.audit: ScreenAudit | None = ScreenAudit()
        self.cheap_calls = 0  # designs that the cheap tier measured

    def sift(
        self, proposal: Proposal, designs: xr.Dataset, room: int, aim: Aim
    ) -> dict[str, np.ndarray]:
        """Decide which new designs are cut and which audited; at most `room` are measured."""
        fresh = proposal.fresh
        rng = np.random.default_rng(block_rng(self.seed, proposal.number, "audit").initial_seed())
        audited = np.array(fresh & (rng.uniform(size=len(fresh)) < self.plan.audit))
        audited[np.flatnonzero(audited)[room:]] = False
        if not fresh.any():  # and a screen has nothing to predict
            return {CUT: np.zeros(len(fresh), dtype=np.int8), AUDITED: audited}
        cheap = self._measured(fresh, designs)
        outlook = self.screen.expect(designs, cheap)
        free = max(room - int(audited.sum()), 0)
        places = (
            min(int(np.ceil(self.plan.pass_fraction * fresh.sum())), free)
            if outlook.knows
            else free
        )
        found = {CUT: _cut(outlook, fresh, places, aim), AUDITED: audited}
        return found if cheap is None else found | {CHEAP: cheap}

    def _measured(
        self, fresh: Bool[np.ndarray, " n"], designs: xr.Dataset
    ) -> Float[np.ndarray, "n k"] | None:
        """Values of the cheap tier for new designs, NaN for the others; None without one."""
        if not fresh.any():
            return None
        found = self.screen.measure(designs.isel({DESIGN: np.flatnonzero(fresh)}))
        if found is None:
            return None
        whole = np.full((len(fresh), found.shape[1]), np.nan)
        whole[fresh] = found
        return whole

    def learn(self, proposal: Proposal, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
        """Learn from the exact verdicts of a round."""
        if self.audit is not None:
            self.audit = _audited(self.audit, proposal, verdicts)
        if proposal.cheap is not None:
            self.cheap_calls += int(proposal.fresh.sum())
        rows, cheap = proposal.sent, proposal.cheap
        if len(rows):
            own = None if cheap is None else cheap[rows]
            self.screen.tell(designs.isel({DESIGN: rows}), verdicts.isel({DESIGN: rows}), own)

    def alongside(
        self, proposal: Proposal, designs: xr.Dataset, verdicts: xr.Dataset
    ) -> xr.Dataset:
        """Add margins and losses of the cheap tier to verdicts, for strategies."""
        if not self.cheap_calls:
            return verdicts
        margin, loss = (np.full_like(verdicts[k].to_numpy(), np.nan) for k in ("margin", "loss"))
        if proposal.cheap is not None:
            outlook = self.screen.expect(designs, proposal.cheap)
            margin, loss = outlook.margin, outlook.loss
        own = {CHEAP_MARGIN: ((DESIGN, LIMIT), margin), CHEAP_LOSS: ((DESIGN, OBJECTIVE), loss)}
        return verdicts.assign(own)


class AsRequested(Screening):
    """The cheap tier for a strategy that chooses the tier of its designs itself."""

    def __init__(self, plan: ScreenPlan, screen: Screen, seed: int) -> None:
        super().__init__(plan, screen, seed)
        self.audit = None  # the strategy alone decides

    def sift(
        self, proposal: Proposal, designs: xr.Dataset, room: int, aim: Aim
    ) -> dict[str, np.ndarray]:
        """Follow the strategy; at most `room` designs are measured by the exact tier."""
        cut = np.where(designs[TIER].to_numpy() == 0, Cut.DEFERRED, Cut.NOT).astype(np.int8)
        cut[np.flatnonzero(proposal.fresh & (cut == Cut.NOT))[room:]] = Cut.DEFERRED
        cheap = self._measured(proposal.fresh, designs)
        return {CUT: cut} if cheap is None else {CUT: cut, CHEAP: cheap}


def _cut(
    outlook: Outlook, fresh: Bool[np.ndarray, " n"], places: int, aim: Aim
) -> Int[np.ndarray, " n"]:
    """Decision for each design, a value of `Cut`, where at most `places` pass."""
    ranked = ranking(outlook, aim)
    ranked = ranked[fresh[ranked]]
    hopeless = np.array((outlook.most < 0).any(1))
    least = int(np.ceil(LEAST * places))
    stored = ranked[~hopeless[ranked]][:places]
    if len(stored) < least:
        stored = np.concatenate([stored, ranked[hopeless[ranked]][: least - len(stored)]])
    cut = np.zeros(len(fresh), dtype=np.int8)
    cut[fresh] = Cut.OUTRANKED
    cut[fresh & hopeless] = Cut.HOPELESS
    cut[stored] = Cut.NOT
    return cut


def ranking(outlook: Outlook, aim: Aim) -> Int[np.ndarray, " n"]:
    """Positions from best to worst; designs without a prediction follow the feasible ones."""
    margin, loss = outlook.margin, outlook.loss
    silent = np.isnan(margin).any(1) | np.isnan(loss).any(1)
    short = np.where(np.isnan(margin), 0.0, np.maximum(-margin, 0.0)) / aim.spread
    short[silent] = 0.0
    scaled = np.where(np.isnan(loss), 0.0, loss) / aim.scale
    best = order(scaled.sum(1), short, scaled)
    holds = ~silent & (short.sum(1) == 0)
    group = np.where(holds, 0, np.where(silent, 1, 2))
    ranked: np.ndarray = best[np.argsort(group[best], kind="stable")]
    return ranked


def _audited(audit: ScreenAudit, proposal: Proposal, verdicts: xr.Dataset) -> ScreenAudit:
    """Return an audit with one more round counted."""
    fresh, cut = proposal.fresh, proposal.cut != Cut.NOT
    checked = fresh & proposal.audited
    satisfied = checked & (verdicts["verdict"].to_numpy() == Verdict.ACCEPTED)
    return replace(
        audit,
        seen=audit.seen + int(fresh.sum()),
        cut=audit.cut + int((fresh & cut).sum()),
        audited=audit.audited + int(checked.sum()),
        audited_cut=audit.audited_cut + int((checked & cut).sum()),
        satisfied=audit.satisfied + int(satisfied.sum()),
        lost=audit.lost + int((satisfied & cut).sum()),
        wrong=audit.wrong + int((satisfied & (proposal.cut == Cut.HOPELESS)).sum()),
    )
