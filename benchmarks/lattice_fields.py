"""Independent configurations of lattice fields a second, by samplers and by chains in one run.

Each on one processor, autocorrelation counted: a chain's configuration counts 1 / (2 tau) of the
quantity that it is slowest to change, a sampler's what lots and counts leave.
"""

from benchmarks.measuring import report, spread
from ingenium.domains.physics.lattice.costs import ChainRun, DrawnRun
from ingenium.domains.physics.lattice.models import law_of, samplers
from ingenium.domains.physics.lattice.settings import LatticeFieldSettings

AT = {"u1": 7.0, "ising": 0.44, "xy": 0.9, "phi4": 0.26}
PROPOSALS, STEPS, ROUNDS = 512, 400, 3


def run() -> None:
    """Write and print a table."""
    rows: list[dict[str, object]] = []
    for name, coupling in AT.items():
        settings = LatticeFieldSettings(model=name)
        law = law_of(settings)
        for kind, sampler in samplers(settings, law).items():
            own = [DrawnRun.of(law, sampler, coupling, PROPOSALS) for _ in range(ROUNDS)]
            told = {"model": name, "by": kind, "coupling": coupling, "kept": own[0].kept}
            rows.append(told | {"independent_a_second": spread([x.rate for x in own])})
        for chain in law.chains:
            chained = [ChainRun.of(law, chain, coupling, STEPS) for _ in range(ROUNDS)]
            told = {"model": name, "by": chain, "coupling": coupling, "kept": None}
            rows.append(told | {"independent_a_second": spread([x.rate(law) for x in chained])})
    size = {"sites": 256, "proposals": PROPOSALS, "steps": STEPS, "rounds": ROUNDS}
    report("lattice_fields", "Independent configurations a second", rows, size)
