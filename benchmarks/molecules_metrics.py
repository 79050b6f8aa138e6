"""The MOSES table of 30,000 training molecules, with the published row of the training set.

The published row is of all 1,584,663 molecules, so its Fréchet distances are lower: that of a
finite library lies above its limit by about the reciprocal of its size.
"""

import time

import numpy as np
import torch

from benchmarks.measuring import report
from benchmarks.moses.published import COLUMNS, PUBLISHED
from benchmarks.moses.suite import suite
from ingenium.core.provenance import versions
from ingenium.domains.molecules.data import moses, moses_statistics

MOLECULES = 30_000  # of the official protocol
REFERENCES = {"Test": "test", "TestSF": "test_scaffolds"}


def run() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    train = moses("train")
    drawn = train[np.random.default_rng(1).choice(len(train), MOLECULES, replace=False)]
    references = {name: moses_statistics(split) for name, split in REFERENCES.items()}
    spent, started = time.process_time(), time.perf_counter()
    found = suite([str(s) for s in drawn], train, references)
    cost = {"cpu_s": time.process_time() - spent, "wall_s": time.perf_counter() - started}
    rows = [
        {"metric": c, "ours": found[c], "published": PUBLISHED["Train"][c]} for c in COLUMNS
    ] + [{"metric": c, "ours": found[c], "published": None} for c in found if c not in COLUMNS]
    report(
        "molecules_metrics",
        f"MOSES metrics of {MOLECULES} training molecules",
        rows,
        {"molecules": MOLECULES, "cost": cost, "packages": versions(("rdkit", "fcd-torch"))},
    )
