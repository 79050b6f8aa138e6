"""Envelopes at equal EnergyPlus calls: screened by the network, standard packages, and chance.

Each family proposes the same number of envelopes for one plan in two climates, under the limits of
the problem and one on heat and cold; EnergyPlus judges each. The network measures the random ones
again: its error of EUI, and its time.
"""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.measuring import report
from ingenium.core.spec import Limit
from ingenium.core.verdict import margins
from ingenium.domains.buildings.envelope.design import Envelopes
from ingenium.domains.buildings.envelope.problem import BuildingEnvelope
from ingenium.domains.buildings.envelope.settings import BuildingEnvelopeSettings

CALLS, SEED = 12, 1
MOST = {"Golden": 50.0, "Tampa": 115.0}  # kWh/m2 of heat and cold
FAMILIES = ("screened", "packages", "random")


def run() -> None:
    """Write and print accepted envelopes and their least cost, and the network's error."""
    rows: list[dict[str, Any]] = []
    for climate, most in MOST.items():
        settings = BuildingEnvelopeSettings(engine="energyplus", climate=climate, steps_an_hour=1)
        problem = BuildingEnvelope(settings)
        limits = (*problem.limits, Limit("heating_cooling", at_most=most))
        problem.allow(limits)
        rows += _rows(problem, limits, climate)
    about = {"calls": CALLS, "heating_cooling_at_most": MOST}
    report("buildings_envelope", "Accepted envelopes of as many EnergyPlus years", rows, about)


def _rows(
    problem: BuildingEnvelope, limits: tuple[Limit, ...], climate: str
) -> Iterator[dict[str, Any]]:
    names = [q.name for q in problem.quantities]
    for name in FAMILIES:
        started = time.perf_counter()
        family = problem.baselines()[name]()
        designs = family.designs(np.random.default_rng(SEED), CALLS, lambda x: x)
        proposed_s = time.perf_counter() - started
        started = time.perf_counter()
        exact = problem.exact.measure(*designs.arrays).numpy()
        judged_s = time.perf_counter() - started
        good = (margins(exact, names, limits) >= 0).all(1)
        cost = exact[good, names.index("cost")]
        yield {
            "climate": climate, "family": name, "calls": CALLS, "accepted": int(good.sum()),
            "least_cost_eur_m2": round(float(cost.min()), 2) if len(cost) else None,
            "proposed_s": round(proposed_s, 1), "judged_s": round(judged_s, 1),
            **_network(problem, designs, exact, names),
        }  # fmt: skip


def _network(
    problem: BuildingEnvelope, designs: Envelopes, exact: np.ndarray, names: list[str]
) -> dict[str, float]:
    started = time.perf_counter()
    fast = problem.network.rows(designs)
    seconds = time.perf_counter() - started
    k = names.index("eui")
    error = 100 * np.abs(fast[:, k] / exact[:, k] - 1)
    return {"network_s": round(seconds, 2), "eui_error_percent": round(float(error.mean()), 2)}
