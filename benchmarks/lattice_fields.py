"""Independent configurations of lattice fields a second, by samplers and by chains in one run.

Each on one processor, autocorrelation counted: a chain's configuration counts 1 / (2 tau) of the
quantity that it is slowest to change, a sampler's what lots and counts leave.
"""

from typing import Any

from benchmarks.measuring import report, save, spread
from ingenium.domains.physics.lattice.costs import ChainRun, DrawnRun
from ingenium.domains.physics.lattice.models import law_of, samplers
from ingenium.domains.physics.lattice.settings import LatticeFieldSettings

AT = {"u1": 7.0, "su3": 6.0, "schwinger": 2.0, "ising": 0.44, "xy": 0.9, "phi4": 0.26}
OWN: dict[str, dict[str, Any]] = {  # settings of models that are dearer
    "su3": {"size": 8},
    "schwinger": {"size": 8, "hopping": 0.24},
}
PROPOSALS, STEPS, ROUNDS = 512, 400, 3
TITLE = "Independent configurations a second"
FEW = 100  # steps of chains with fermions


def run() -> None:
    """Write and print a table."""
    size = {"proposals": PROPOSALS, "steps": STEPS, "rounds": ROUNDS}
    rows: list[dict[str, object]] = []
    for name, coupling in AT.items():
        settings = LatticeFieldSettings(model=name, **OWN.get(name, {}))
        steps = FEW if name == "schwinger" else STEPS
        law = law_of(settings)
        about = {"model": name, "sites": law.sites, "coupling": coupling}
        for kind, sampler in samplers(settings, law).items():
            own = [DrawnRun.of(law, sampler, coupling, PROPOSALS) for _ in range(ROUNDS)]
            told = about | {"by": kind, "kept": own[0].kept}
            rows.append(told | {"independent_a_second": spread([x.rate for x in own])})
        for chain in law.chains:
            chained = [ChainRun.of(law, chain, coupling, steps) for _ in range(ROUNDS)]
            told = about | {"by": chain, "kept": None}
            rows.append(told | {"independent_a_second": spread([x.rate(law) for x in chained])})
        save("lattice_fields", TITLE, rows, size)  # what was measured stays if a later one stops
    report("lattice_fields", TITLE, rows, size)
