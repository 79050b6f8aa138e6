"""Learn which fragments molecules consist of.

Write `python -m ingenium.domains.molecules.fragments SOURCE FOLDER`, with moses or zinc250k.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

import numpy as np

from ingenium.core.folders import write_atomic
from ingenium.domains.molecules.data import moses
from ingenium.domains.molecules.fragments.cutting import NOTHING, cut, opened
from ingenium.kits.chemistry.parsing import canonical, parsed
from ingenium.kits.chemistry.zinc import zinc250k

READ = {"moses": 80_000, "zinc250k": 40_000}  # molecules, in a fixed random order
FREQUENT = 20  # times that a fragment occurs with the same places
SEEN = 2  # times that it occurs with any


def main() -> None:
    """Write `SOURCE.txt`, a fragment a line, the most frequent first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", choices=sorted(READ))
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    whole = moses("train") if asked.source == "moses" else zinc250k()
    chosen = whole[np.random.default_rng(0).permutation(len(whole))[: READ[asked.source]]]
    times: Counter[str] = Counter()
    for i, text in enumerate(chosen):
        times.update(cut(parsed(canonical(parsed(str(text))))))
        if i % 10_000 == 0:
            print(f"\rmolecule {i}/{len(chosen)}   ", end="", file=sys.stderr, flush=True)
    found = learned(times)
    write_atomic(asked.folder / f"{asked.source}.txt", "\n".join(found) + "\n")


def learned(times: Counter[str]) -> list[str]:
    """Fragments that are frequent, and with all their places those that were seen a few times."""
    whole: Counter[str] = Counter()
    for text, n in times.items():
        if text != NOTHING:
            whole[opened(text)[0]] += n
    frequent = [text for text, n in times.most_common() if n >= FREQUENT]
    seen = [text for text, n in whole.most_common() if n >= SEEN]
    return list(dict.fromkeys([*frequent, NOTHING, *seen]))


if __name__ == "__main__":
    main()
