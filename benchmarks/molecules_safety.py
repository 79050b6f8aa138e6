"""Share of molecules of real sets that the dual-use screen refuses, and its speed.

Nothing in MOSES and ZINC250k is meant as a weapon, an explosive or a controlled drug, so a refusal
there is a false positive, or a relative of a dangerous molecule. The drugs of ChEMBL include
controlled ones.
"""

import time
from collections import Counter
from typing import Any

from benchmarks.measuring import report
from ingenium.domains.molecules.data import drugs, moses
from ingenium.kits.chemistry.parsing import parsed
from ingenium.kits.chemistry.safety import classes
from ingenium.kits.chemistry.zinc import zinc250k

MOST = 100_000  # molecules of a set
CHUNK = 2_000  # of them in memory at a time


def run() -> None:
    """Measure and print."""
    sets = {"MOSES test": moses("test"), "ZINC250k": zinc250k(), "drugs of ChEMBL": drugs()}
    rows: list[dict[str, Any]] = []
    for name, smiles in sets.items():
        found: list[tuple[str, ...]] = []
        spent = 0.0
        for start in range(0, min(MOST, len(smiles)), CHUNK):
            some = map(str, smiles[start : min(start + CHUNK, MOST)])
            mols = [m for m in map(parsed, some) if m is not None]
            started = time.process_time()
            found += [classes(m) for m in mols]
            spent += time.process_time() - started
        refused = sum(bool(f) for f in found)
        rows.append(
            {
                "set": name,
                "molecules": len(found),
                "refused": refused,
                "share": refused / len(found),
                "a second of one core": len(found) / spent,
                "classes": dict(Counter(c for f in found for c in f).most_common()),
            }
        )
    report("molecules_safety", "Molecules that the dual-use screen refuses", rows, {})
