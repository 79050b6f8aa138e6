"""Runs of settings under sampled disturbances: power, speed, focus, powder, hatch, absorption.

Shapes: n settings, m disturbed runs, v variables.
"""

import numpy as np
from jaxtyping import Bool, Float64

from ingenium.domains.printing.criteria import normalised_enthalpy, overlap, slenderness
from ingenium.domains.printing.window import Process, Thresholds


def survived(
    process: Process,
    thresholds: Thresholds,
    settings: Float64[np.ndarray, "n v"],
    *,
    runs: int,
    seed: int = 0,
) -> Bool[np.ndarray, "n m"]:
    """Mark disturbed runs in which a setting fuses without a keyhole and without beads.

    All settings meet the same deviations, which are uniform over the stated ranges. The cheap tier
    measures them.
    """
    d = process.disturbed
    most = np.array([d.power, d.speed, d.beam, d.layer, d.hatch, d.absorptivity])
    off = 1 + most * np.random.default_rng(seed).uniform(-1.0, 1.0, (runs, 6))
    found = np.empty((len(settings), runs), dtype=bool)
    for i, setting in enumerate(settings):  # a batch of runs each
        power, speed, beam, layer, hatch = (setting * off[:, :5]).T
        absorbed = process.absorptivity * power * off[:, 5]
        pool = process.pool(absorbed, speed, beam)
        enthalpy = normalised_enthalpy(process.alloy, process.plate_k, absorbed, speed, beam)
        found[i] = (
            (overlap(hatch, layer, pool.width_m, pool.depth_m) <= thresholds.overlap)
            & (enthalpy <= thresholds.enthalpy)
            & (slenderness(pool.length_m, pool.width_m) <= thresholds.slenderness)
        )
    return found
