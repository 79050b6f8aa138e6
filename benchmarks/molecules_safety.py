"""How many molecules of real sets the dual-use screen refuses, and how fast it looks.

Nothing in MOSES and ZINC250k is meant as a weapon, an explosive or a controlled drug, so what is
refused there is a false block, or a relative of one. The drugs of ChEMBL hold controlled ones.
"""

import time
from collections import Counter
from typing import Any

from benchmarks.measuring import report
from ingenium.domains.molecules.chemistry.parsing import parsed
from ingenium.domains.molecules.data import drugs, moses, zinc250k
from ingenium.domains.molecules.safety import classes

MOST = 100_000  # molecules of a set


def run() -> None:
    """Measure and print."""
    sets = {"MOSES test": moses("test"), "ZINC250k": zinc250k(), "drugs of ChEMBL": drugs()}
    rows: list[dict[str, Any]] = []
    for name, smiles in sets.items():
        mols = [m for m in map(parsed, map(str, smiles[:MOST])) if m is not None]
        started = time.process_time()
        found = [classes(m) for m in mols]
        spent = time.process_time() - started
        refused = sum(bool(f) for f in found)
        rows.append(
            {
                "set": name,
                "molecules": len(mols),
                "refused": refused,
                "share": refused / len(mols),
                "a second of one core": len(mols) / spent,
                "classes": dict(Counter(c for f in found for c in f).most_common()),
            }
        )
    report("molecules_safety", "Molecules that the dual-use screen refuses", rows, {})
