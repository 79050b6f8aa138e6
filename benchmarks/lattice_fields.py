"""Independent configurations of lattice fields a second, by samplers and by chains in one run.

Each runs on one processor, with autocorrelation included: a chain's configuration counts 1 / (2
tau) of its slowest quantity, a sampler's as much as resampling leaves effective. Chains run in
parallel, as samplers draw batches, and begin with samples of the exact sampler where there is one.
Training of a sampler and burn-in of a chain are not in the table.
"""

from typing import Any

import torch
from torch import Tensor

from benchmarks.measuring import report, save, spread
from ingenium.domains.physics.lattice.costs import ChainRun, DrawnRun
from ingenium.domains.physics.lattice.laws import Law, Sampler
from ingenium.domains.physics.lattice.models import law_of, samplers
from ingenium.domains.physics.lattice.settings import LatticeFieldSettings

AT = {"u1": 7.0, "su3": 6.0, "schwinger": 2.0, "ising": 0.44, "xy": 0.9, "phi4": 0.26}
OWN: dict[str, dict[str, Any]] = {  # settings of more expensive models
    "su3": {"size": 8},
    "schwinger": {"size": 8, "hopping": 0.24},
}
PROPOSALS, ROUNDS = 256, 2
CHAINS, STEPS = 64, 400  # in parallel, which saves nothing with a dense determinant
FEW, SHORT = 8, 40  # of more expensive models
LONGEST = 5  # autocorrelation times that must fit into a chain's steps, or they were too few
TITLE = "Independent configurations a second"


def run() -> None:
    """Write and print a table."""
    size = {"proposals": PROPOSALS, "chains": CHAINS, "steps": STEPS, "rounds": ROUNDS}
    rows: list[dict[str, object]] = []
    for name, coupling in AT.items():
        settings = LatticeFieldSettings(model=name, **OWN.get(name, {}))
        law = law_of(settings)
        about = {"model": name, "sites": law.sites, "coupling": coupling}
        drawn = samplers(settings, law)
        for kind, sampler in drawn.items():
            own = [DrawnRun.of(law, sampler, coupling, PROPOSALS, seed=i) for i in range(ROUNDS)]
            retained = spread([x.retained for x in own])
            reported = about | {"by": kind, "kept by lots": retained, "tau (steps)": None}
            rows.append(reported | {"independent a second": spread([x.rate for x in own]), "": ""})
        exact = drawn.get("characters")
        rows += [about | _chained(law, chain, coupling, exact, name) for chain in law.chains]
        save("lattice_fields", TITLE, rows, size)  # saved even if a later one stops
    report("lattice_fields", TITLE, rows, size)


def _chained(
    law: Law, chain: str, coupling: float, exact: Sampler | None, name: str
) -> dict[str, object]:
    """Measure a chain of a model."""
    many, steps = (FEW, SHORT) if name in OWN else (CHAINS, STEPS)
    runs = []
    for seed in range(ROUNDS):
        start = _start(law, coupling, exact, many, seed)
        runs.append(ChainRun.of(law, chain, coupling, steps, start=start, seed=seed))
    tau = spread([run.memory(law) for run in runs])
    return {
        "by": chain,
        "kept by lots": None,
        "tau (steps)": tau,
        "independent a second": spread([run.rate(law) for run in runs]),
        "": "at most: too few steps to say" if tau["most"] * LONGEST > steps else "",
    }


def _start(law: Law, coupling: float, exact: Sampler | None, many: int, seed: int) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    if exact is None:
        return law.start(many, rng)
    return exact.sample(torch.full((many,), coupling, dtype=torch.float64), rng)[0]
