"""Row 20.19: the map of strength over density, generated cells beside conventional ones.

Plane cells of polyamide and void on 32 x 32 pixels in one piece; strength is the smaller of the
axes' stresses at first yield. Conventional cells are known ones of six classic families
(honeycomb, star, tetrachiral, hexachiral, trichiral, rotating_squares), as many as are generated.
principal_flow_matching learns from 80 % of all known cells and is asked for shares of 0.2 to 0.8
and stiffness of 0.05 to 0.6 of the material's; misses are changed by 10 steps of inverse
homogenisation. The hypervolume is the area below the front of lightness and strength. The target
cluster, share at most 0.5 and strength at least 0.05 of the yield stress, and the bound of 5 % on
the gain are ours; the strength was lowered from 0.1 after a quick run in which neither side came
so far. Budget: 5 seeds of 64 designs; quick: 1 seed of 16.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float64

from ingenium.core.problem import Watch
from ingenium.core.spec import Between, Spec
from ingenium.domains.structures.studies.cell_designs import CELLS, Asker, Cells, distinct, known_of
from ingenium.evaluate.intervals import t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals

FAMILY = "principal_flow_matching"
CONVENTIONAL = ("honeycomb", "star", "tetrachiral", "hexachiral", "trichiral", "rotating_squares")
LIGHT, STRONG = 0.5, 0.05  # the target cluster: share at most, strength over the yield stress
REFINE = 10
SPEC = Spec(
    problem="structures.unit_cell",
    conditions={"share_wanted": Between(0.2, 0.8), "young_wanted": Between(0.05, 0.6)},
)
FULL = {"designs": 2400, "steps": 2000, "n": 64}
QUICK = {"designs": 400, "steps": 150, "n": 16}

Front = Float64[np.ndarray, "n 2"]  # lightness (1 - share) and strength over yield, both better up


def measure(budget: Budget, watch: Watch) -> Measured:
    """Fronts of as many designs of each kind, seed by seed."""
    size = QUICK if budget.quick else FULL
    mended = Asker.of(SPEC, size["designs"], REFINE)
    plain = Asker.of(SPEC, size["designs"], 0)
    classic = known_of(plain, CONVENTIONAL)
    rows: dict[str, list[float]] = {}
    for i, seed in enumerate(budget.seeds):
        watch("cells", i, len(budget.seeds))
        n = size["n"]
        chosen = np.random.default_rng(seed).choice(len(classic), min(n, len(classic)), False)
        rivals = {
            "generated": mended.proposed(FAMILY, size["steps"], seed, n),
            "generated_alone": plain.proposed(FAMILY, size["steps"], seed, n),
            "nearest_neighbours": plain.proposed("nearest_neighbours", None, seed, n),
            "random": plain.proposed("random", None, seed, n),
            "conventional": classic[chosen],
        }
        found = {name: _scores(plain, solid) for name, solid in rivals.items()}
        for name, scores in found.items():
            for key, value in scores.items():
                rows.setdefault(f"{name}.{key}", []).append(value)
        base, ours = found["conventional"], found["generated"]
        gain = 100 * (ours["hypervolume"] / base["hypervolume"] - 1)
        rows.setdefault("gain", []).append(gain)
        rows.setdefault("more", []).append(ours["in_cluster"] - base["in_cluster"])
    beside = {name: t_interval(values) for name, values in rows.items()}
    values = {
        "gain": beside.pop("gain"),
        "more_in_cluster": beside.pop("more"),
        "distinct": beside.pop("generated.distinct"),
    }
    return from_intervals(values, beside, plain.data)


def _scores(asker: Asker, solid: Cells) -> Mapping[str, float]:
    """Hypervolume of the front, designs in the cluster, and how distinct and new they are."""
    found = asker.measured(solid)
    holds = (found["connected"] == 1) & (found["carried_axes"] == len(CELLS))
    if not holds.any():
        return dict.fromkeys(("hypervolume", "in_cluster", "distinct", "novelty"), 0.0)
    strength = found["strength"][holds] / asker.problem.settings.material.yield_pa
    points = np.stack([1 - found["share"][holds], strength], 1)
    inside = (found["share"][holds] <= LIGHT) & (strength >= STRONG)
    return {
        "hypervolume": hypervolume(points),
        "in_cluster": 100 * float(inside.sum()) / len(solid),
        "distinct": 100 * len(distinct(solid[holds])) / int(holds.sum()),
        "novelty": 100 * float(np.median(asker.novelty(solid[holds]))),
    }


def hypervolume(points: Front) -> float:
    """Area that is dominated, from (0, 0); both coordinates are better the larger they are."""
    total, above = 0.0, 0.0
    for x, y in points[np.argsort(-points[:, 0], kind="stable")]:  # each adds to those before it
        total += max(0.0, y - above) * x
        above = max(above, y)
    return float(total)
