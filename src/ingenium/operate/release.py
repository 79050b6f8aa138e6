"""Verification before release: a policy on seeded scenarios of its plant and of a held-out one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ingenium.core.scenarios import score_error
from ingenium.core.verdict import BEYOND
from ingenium.evaluate.measured import Interval
from ingenium.operate.plant import Plant, Policy
from ingenium.operate.rollout import rollout
from ingenium.operate.scenarios import RELEASING
from ingenium.operate.spec import OperateSpec


@dataclass(frozen=True)
class PolicyRelease:
    """Measured values of a policy on each plant, with intervals to compare with the limit."""

    measured: Mapping[str, Mapping[str, Interval]]  # by plant and quantity
    at_most: float

    @property
    def passed(self) -> bool:
        """True if the limit is satisfied on the plant and on the held-out one."""
        return all(own["outside"].high <= self.at_most for own in self.measured.values())

    @property
    def record(self) -> dict[str, Any]:
        """Return plain data."""
        reported = {
            plant: {k: [v.value, v.low, v.high] for k, v in own.items()}
            for plant, own in self.measured.items()
        }
        return {"passed": self.passed, "outside_at_most": self.at_most, "measured": reported}


def released(policy: Policy, plants: tuple[Plant, ...], spec: OperateSpec) -> PolicyRelease:
    """Test a policy without any shell, so that nothing hides its behaviour."""
    at = RELEASING.some(spec.release_scenarios)
    found = {}
    for plant in plants:
        with np.errstate(over="ignore", invalid="ignore"):
            trajectory = rollout(plant, policy, at, spec.release_periods(plant.period_s))
            squares = np.square(trajectory.error).mean((0, 2))
        outside = trajectory.outside(plant).any(0).astype(np.float64)
        share = outside.mean()
        errors = np.sqrt(np.nan_to_num(squares, nan=1e18, posinf=1e18))
        found[plant.name] = {
            "outside": _about(share, float(score_error(torch.tensor([share]), len(at))[0])),
            "error": _about(float(errors.mean()), float(errors.std(ddof=1)) / len(at) ** 0.5),
        }
    return PolicyRelease(found, spec.outside_at_most)


def _about(value: float, error: float) -> Interval:
    return Interval(float(value), float(value - BEYOND * error), float(value + BEYOND * error))
