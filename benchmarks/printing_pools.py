"""Melt pools a second of one core: the batched integral, QUADPACK, and voxels of the exact tier.

All get the same random tracks of 316L. QUADPACK finds widths alone, by Brent's method, as a user of
scipy would; the batched integral finds widths, depths and lengths. The exact tier is counted in
pools, and in voxel updates.
"""

import time

import numpy as np
import torch

from benchmarks.measuring import report
from ingenium.core.given import NOTHING
from ingenium.domains.printing.enthalpy import EnthalpyLaw, Voxels, solve
from ingenium.domains.printing.settings import PrintingSettings, PrintSettings
from ingenium.domains.printing.verifier import ACROSS, IntegralByQuadpack

MANY, FEW, SOLVED, ROUNDS = 2000, 12, 40, 3


def run() -> None:
    """Measure all three in turn, three times, after a first call that compiles."""
    process = PrintSettings(PrintingSettings(), NOTHING).process
    rng = np.random.default_rng(0)
    low, high = process.machine.bounds[:3].T
    tracks = low + (high - low) * rng.random((MANY, 3))
    absorbed = tracks * [process.absorptivity, 1.0, 1.0]
    pool = process.pool(*absorbed.T)
    sizes = np.stack([pool.width_m, pool.depth_m, pool.length_m], 1)
    molten = np.flatnonzero(sizes[:, 0] > 0)[:SOLVED]
    material, quadpack = EnthalpyLaw.of(process.alloy, process.plate_k), IntegralByQuadpack(process)
    rates: dict[str, list[float]] = {"integral": [], "QUADPACK": [], "voxels": []}
    updates = []
    for _ in range(ROUNDS):
        began = time.process_time()
        process.pool(*absorbed.T)
        rates["integral"].append(MANY / (time.process_time() - began))
        began = time.process_time()
        theirs = quadpack.measure(*torch.from_numpy(tracks[:FEW]).T)
        rates["QUADPACK"].append(FEW / (time.process_time() - began))
        began = time.process_time()
        count = 0
        for i in molten:
            power, speed, beam = absorbed[i]
            voxels = Voxels.around(tuple(sizes[i]), 0.25 * beam, across=ACROSS)
            count += solve(power, speed, 0.25 * beam, material, voxels).updates
        spent = time.process_time() - began
        rates["voxels"].append(len(molten) / spent)
        updates.append(count / spent)
    off = float(np.abs(theirs[:, 0].numpy() - sizes[:FEW, 0]).max())
    slow = float(np.median(rates["QUADPACK"]))
    rows = [
        {
            "engine": name,
            "pools_s": float(np.median(values)),
            "fastest": max(values),
            "slowest": min(values),
            "times_quadpack": float(np.median(values)) / slow,
        }
        for name, values in rates.items()
    ]
    facts = {"voxel_updates_s": float(np.median(updates)), "largest_difference_m": off}
    report("printing_pools", "Melt pools a second of one core", rows, facts)
