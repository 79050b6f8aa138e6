"""Judgement of proposals for targets by the exact engine, and of their novelty."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Bool, Float

from ingenium.comparison.targets import TargetSet
from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.problem import Problem
from ingenium.core.select import leaders
from ingenium.core.spec import Spec
from ingenium.core.verdict import Verdict
from ingenium.core.verify import verify
from ingenium.runs.aim import Aim
from ingenium.runs.export import verified
from ingenium.searches.fronts import hypervolume

SPACED = 200  # known designs whose nearest neighbours measure the density of the data
SAME = 1e-9  # distance of equal designs, with the rounding of their way through tensors
WIDE = 1.1  # of the range of known designs: where the volume that they dominate ends


@dataclass(frozen=True)
class TargetOutcome:
    """Outcome of one target: calls until it was met, if it was, and shares of its proposals."""

    zone: str
    met: float | None  # calls until the first design on target
    met_new: float | None  # the same of one that is new as well
    on_target: float  # share of proposals
    on_target_new: float
    distinct: int  # new designs on target that are distinct from each other
    miss: float | None  # tolerances to the best feasible design; None if there is none


@dataclass(frozen=True)
class ArmResult:
    """Result of one arm with one seed."""

    arm: str
    seed: int
    fit_seconds: float | None  # CPU time; None where the model was there
    losses: tuple[float, ...]  # held out, after half and all of the budget; empty without steps
    seconds: float  # CPU time, to propose, repair and measure for one target
    calls: float  # for one target
    gain: float | None  # of the volume that known designs dominate; None without objectives
    targets: tuple[TargetOutcome, ...]

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "ArmResult":
        """Build it from the plain data of a record."""
        targets: list[dict[str, Any]] = record["targets"]
        losses: list[float] = record["losses"]
        return cls(
            **{
                **record,
                "losses": tuple(losses),
                "targets": tuple(TargetOutcome(**w) for w in targets),
            }
        )


@dataclass(frozen=True)
class Answer:
    """Proposals for one target, in their order, with their verdicts under it."""

    designs: xr.Dataset
    verdicts: xr.Dataset
    cost: float  # calls for one


@dataclass(frozen=True)
class Referee:
    """Judge of proposals by the exact engine, and of their novelty by the known designs."""

    problem: Problem
    spec: Spec  # resolved
    learned: xr.Dataset
    targets: TargetSet

    def spec_of(self, target: int) -> Spec:
        """Return the spec with a target as conditions and limits, satisfied on target."""
        more = self.targets.scale.limits(self.targets.requested[target])
        wanted = {**self.spec.conditions, **self.targets.wanted[target]}
        return replace(self.spec, conditions=wanted, limits=(*self.spec.limits, *more))

    def verdicts(self, target: int, designs: xr.Dataset) -> xr.Dataset:
        """Return verdicts on designs under a target, with all margins, for searches that learn."""
        own, size = self.problem, self.problem.batch_size
        parts = [
            verify(
                designs.isel({DESIGN: slice(i, i + size)}),
                own.verifier,
                self.spec_of(target).limits,
                variables=own.variables,
                sizes=own.sizes,
            )
            for i in range(0, designs.sizes[DESIGN], size)
        ]
        return xr.concat(parts, DESIGN, combine_attrs="drop_conflicts")

    def outcomes(self, answers: Sequence[Answer]) -> list[TargetOutcome]:
        """Return one outcome for each target, from the answers in order."""
        return [self._outcome(i, answer) for i, answer in enumerate(answers)]

    def gain(self, answers: Sequence[Answer]) -> float | None:
        """Return the increase of the volume dominated by known designs; None without objectives."""
        if not self.spec.objectives:
            return None
        losses = [self._losses(a.verdicts) for a in answers]
        known, ours = self._known_losses, np.concatenate(losses)
        low, high = known.min(0), known.max(0)
        span = np.where(high > low, high - low, 1.0)
        before = hypervolume((known - low) / span, np.full(len(low), WIDE))
        both = (np.concatenate([known, ours]) - low) / span
        return hypervolume(both, np.full(len(low), WIDE)) / before - 1

    @cached_property
    def spacing(self) -> float:
        """Median distance of known designs to their nearest neighbour."""
        metric, n = self.problem.metric(self.learned), self.learned.sizes[DESIGN]
        rows = np.random.default_rng(0).permutation(n)[:SPACED].tolist()
        return float(np.median([np.delete(metric(i), i).min() for i in rows]))

    @cached_property
    def _known_losses(self) -> Float[np.ndarray, "n o"]:
        return self._losses(verified(self.problem, self.spec, self.learned))

    def _losses(self, verdicts: xr.Dataset) -> Float[np.ndarray, "k o"]:
        """Objectives, to be minimised, of designs that satisfy the limits common to all targets."""
        count = len(self.spec.objectives)
        none, level = np.zeros(0), np.zeros(count)
        losses = Aim((), self.spec.objectives, none, level, level).losses(verdicts)
        return np.asarray(losses[self._lawful(verdicts) & np.isfinite(losses).all(1)])

    def _outcome(self, target: int, answer: Answer) -> TargetOutcome:
        hit = answer.verdicts["verdict"].to_numpy() == Verdict.ACCEPTED
        new, distinct = np.zeros_like(hit), 0
        if hit.any():
            new[hit], distinct = self._new(answer.designs.isel({DESIGN: hit}))
        off = self.targets.scale.missed(answer.verdicts, self.targets.requested[target])
        off = off[self._lawful(answer.verdicts) & np.isfinite(off)]
        return TargetOutcome(
            self.targets.zone[target],
            _first(hit, answer.cost),
            _first(new, answer.cost),
            float(hit.mean()),
            float(new.mean()),
            distinct,
            float(off.min()) if len(off) else None,
        )

    def _lawful(self, verdicts: xr.Dataset) -> Bool[np.ndarray, " n"]:
        """Mark designs that satisfy the limits common to all targets."""
        margin = verdicts["margin"].to_numpy()[:, : len(self.spec.limits)]
        return np.asarray((margin >= 0).all(1))

    def _new(self, designs: xr.Dataset) -> tuple[Bool[np.ndarray, " k"], int]:
        """Mark designs that are not known, and count distinct ones among them."""
        variables, count = self.problem.variables, designs.sizes[DESIGN]
        both = [to_arrays(d, variables) for d in (designs, self.learned)]
        columns = {
            c.name: (
                DESIGN,
                np.concatenate([d[c.name].to_numpy() for d in (designs, self.learned)]),
            )
            for c in self.problem.conditions
        }
        whole = tuple(torch.cat(column) for column in zip(*both, strict=True))
        metric = cache(
            self.problem.metric(to_dataset(whole, variables, self.problem.labels() | columns))
        )
        far = np.array([metric(i)[count:].min() for i in range(count)])
        new = np.asarray(far >= max(self.spacing, SAME))
        if not new.any():
            return new, 0
        return new, len(leaders(np.flatnonzero(new), metric, max(self.spacing, SAME)))


def _first(found: Bool[np.ndarray, " n"], cost: float) -> float | None:
    """Calls until the first success; None without one."""
    return float(cost * (found.argmax() + 1)) if found.any() else None
