"""Relaxations a second of one core: batches over symmetry-free coordinates, and ASE's loop.

Both use CHGNet with the same weights, begin at the same crystals and stop at the same forces. ASE's
FIRE with its cell filter is CHGNet's own relaxer; atoms and cell move freely there, and stay
symmetric under symmetric forces.
"""

import warnings

import numpy as np
import torch
from chgnet.model import StructOptimizer

from benchmarks.measuring import interleaved, ratio, report
from ingenium.domains.matter import potential
from ingenium.domains.matter.prototypes import PEROVSKITES

CRYSTALS = (
    *(("Cs", b, x) for b in ("Pb", "Ge") for x in ("Cl", "I")),
    *(("Ba", "Ti", "O"), ("I", "O", "K")),
)
TYPES, ROUNDS, FORCE = ("cubic", "rhombohedral"), 2, 0.05  # eV/angstrom, of ASE's loop
SAME_EV = 5e-3  # an atom, to which both must find one energy


def run() -> None:
    """Time both in turn and check that they end with the same energy."""
    torch.set_num_threads(1)
    starts = [PEROVSKITES[t].start(A=a, B=b, X=x) for t in TYPES for a, b, x in CRYSTALS]
    theirs = StructOptimizer(model=potential.model(), use_device="cpu")
    ends: dict[str, list[float]] = {}

    def ours() -> None:
        ends["ours"] = [energy for _, energy in potential.relaxed(starts)]

    def ase() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ends["ase"] = [
                theirs.relax(s.structure(), fmax=FORCE, verbose=False)["trajectory"].energies[-1]
                / s.atoms
                for s in starts
            ]

    times = interleaved({"ours": ours, "ase": ase}, ROUNDS)
    distance = np.array(ends["ase"]) - np.array(ends["ours"])
    faster = ratio(times["ase"].cpu_s, times["ours"].cpu_s, 1.0)
    lower = {"ours": int((distance > SAME_EV).sum()), "ase": int((distance < -SAME_EV).sum())}
    rows = [
        {
            "by": name,
            "crystals": len(starts),
            "relaxations_a_second": len(starts) / min(t.cpu_s),
            "times": faster if name == "ours" else None,
            "ends_lower": lower[name],
            "ends_the_same": int((np.abs(distance) <= SAME_EV).sum()),
            **t.spread(),
        }
        for name, t in times.items()
    ]
    report("matter_relaxations", "Relaxed crystals a second of one core (aim: 5 times)", rows, {})


if __name__ == "__main__":
    run()
