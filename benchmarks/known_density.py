"""All families on one conditional distribution whose density is known.

Eight numbers, Gaussian up to a bend that preserves volume, with a mean that follows two conditions.
Families are fitted under their own plans. Each is compared with the score of the truth itself: the
mean negative log density of held-out designs with the true one row by row, and the energy distance
of proposals to held-out designs (each with its conditions) with that of fresh true designs. Times
are CPU times, on one thread. Composed families are for series only.
"""

import math
import time
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.measuring import report, save, spread
from benchmarks.samplers import energy_distance
from ingenium.generators import families
from ingenium.generators.flow import Flow
from ingenium.generators.model import Family, HasDensity
from ingenium.generators.row_families import CLASSICAL, LEARNED
from ingenium.scores.scores import interval_coverage

D, C = 8, 2
ROWS, HELD_OUT = 500, 500
REQUESTED, MEMBERS = 200, 30  # conditions and proposals for each, for intervals
SEEDS = 3
NAMES = (*LEARNED, *CLASSICAL)


class Truth:
    """Normal numbers, bent in pairs, mixed, and moved by the conditions."""

    def __init__(self) -> None:
        rng = torch.Generator().manual_seed(0)
        self.mixing = torch.linalg.qr(torch.randn(D, D, generator=rng, dtype=torch.float64))[0]
        self.spread = torch.linspace(0.3, 1.0, D, dtype=torch.float64)
        self.slope = 0.6 * torch.randn(C, D, generator=rng, dtype=torch.float64)

    def conditions(self, n: int, rng: torch.Generator) -> Tensor:
        """Sample standard normal conditions."""
        return torch.randn(n, C, generator=rng)

    def sample(self, cond: Tensor, rng: torch.Generator) -> Tensor:
        """Sample one design for each row."""
        z = torch.randn(len(cond), D, generator=rng, dtype=torch.float64)
        first, second = z[:, ::2], z[:, 1::2] + 0.5 * (z[:, ::2].square() - 1)
        bent = torch.cat([first, second], 1) * self.spread
        return (bent @ self.mixing.T + cond.double() @ self.slope).float()

    def log_density(self, x: Tensor, cond: Tensor) -> Tensor:
        """Log density of the normal numbers, since the bend preserves volume."""
        bent = (x.double() - cond.double() @ self.slope) @ self.mixing / self.spread
        first, second = bent.chunk(2, 1)
        second = second - 0.5 * (first.square() - 1)
        size = first.square().sum(1) + second.square().sum(1)
        return -0.5 * (size + D * math.log(2 * math.pi)) - self.spread.log().sum()


def alongside(x: Tensor, cond: Tensor) -> np.ndarray:
    """Designs with their conditions, so that the distance covers both."""
    return torch.cat([x, cond], 1).double().numpy()


def scored(family: Family, truth: Truth, x: Tensor, cond: Tensor, seed: int) -> dict[str, float]:
    """Score one fitted family on held-out rows."""
    rng = torch.Generator().manual_seed(100 + seed)
    found: dict[str, float] = {}
    if isinstance(family, HasDensity):
        with torch.no_grad():
            off = truth.log_density(x, cond) - family.log_density(x, cond).double()
        found["excess NLL (nats)"] = float(off.mean())
        found["its standard error"] = float(off.std()) / math.sqrt(len(off))
    if isinstance(family, Flow):
        with torch.no_grad():
            back = family.double().from_noise(
                family.to_noise(x.double(), cond.double()), cond.double()
            )
        found["round trip error"] = float((back - x).abs().max())
        family.float()
    found["energy distance"] = energy_distance(
        alongside(family.propose(cond, rng), cond), alongside(x, cond)
    )
    many = cond[:REQUESTED].repeat(MEMBERS, 1)
    started = time.process_time()
    ensemble = family.propose(many, rng).reshape(MEMBERS, REQUESTED, D).double().numpy()
    found["designs/s"] = len(many) / (time.process_time() - started)
    found["coverage of 90 % intervals"] = float(
        interval_coverage(ensemble, x[:REQUESTED].double().numpy(), level=0.9).mean()
    )
    return found


def measure(name: str, truth: Truth) -> dict[str, Any]:
    """Score one family over the seeds; each samples its own training and held-out rows."""
    each = []
    for seed in range(SEEDS):
        rng = torch.Generator().manual_seed(seed)
        cond, held_cond = truth.conditions(ROWS, rng), truth.conditions(HELD_OUT, rng)
        x, held = truth.sample(cond, rng), truth.sample(held_cond, rng)
        family = families.build(name, (D,), C, seed=seed)
        started = time.process_time()
        family.fit(x, cond, families.plan(name, seed=seed))
        fit_s = time.process_time() - started
        fresh = truth.sample(held_cond, rng)
        floor = energy_distance(alongside(fresh, held_cond), alongside(held, held_cond))
        each.append(
            {"fit (s)": fit_s, "energy distance of the truth": floor}
            | scored(family, truth, held, held_cond, seed)
        )
    keys = (
        *("excess NLL (nats)", "its standard error", "energy distance"),
        *("energy distance of the truth", "coverage of 90 % intervals", "designs/s", "fit (s)"),
        "round trip error",
    )
    return {"family": name} | {
        key: spread([e[key] for e in each]) if key in each[0] else "none" for key in keys
    }


def run() -> None:
    """Run all families that take vectors, in turn."""
    torch.set_num_threads(1)
    truth = Truth()
    title = f"Families on a known density of {D} numbers under {C} conditions"
    about = {"rows": ROWS, "held_out": HELD_OUT, "seeds": SEEDS, "members": MEMBERS}
    rows: list[dict[str, Any]] = []
    for name in NAMES:
        rows.append(measure(name, truth))
        save("known_density", title, rows, about)  # saved even if a later one stops
    report("known_density", title, rows, about)
