"""Relaxations a second of one core: batches that move what symmetry leaves free, and ASE's loop.

Both use CHGNet with the same weights, begin at the same crystals and stop at the same forces. ASE's
FIRE with its cell filter is what CHGNet's own relaxer runs; atoms and cell move freely there, which
symmetric forces keep symmetric.
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
    """Time both in turn and check that they end alike."""
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
    apart = np.array(ends["ase"]) - np.array(ends["ours"])
    rows = [
        {"by": name, "relaxations_a_second": len(starts) / min(t.cpu_s), **t.spread()}
        for name, t in times.items()
    ]
    about = {
        "crystals": len(starts),
        "faster": ratio(times["ase"].cpu_s, times["ours"].cpu_s, 1.0),
        "same_energy": int((np.abs(apart) <= SAME_EV).sum()),
        "lower_ours": int((apart > SAME_EV).sum()),
        "lower_ase": int((apart < -SAME_EV).sum()),
    }
    report("matter_relaxations", "Relaxed crystals a second of one core", rows, about)


if __name__ == "__main__":
    run()
