"""Recipe of the fragments that molecules consist of."""

import sys
from collections import Counter
from pathlib import Path
from typing import Literal

import numpy as np

from ingenium.core.folders import write_atomic
from ingenium.domains.molecules.data import moses
from ingenium.domains.molecules.fragments.cutting import NOTHING, cut, opened
from ingenium.kits.chemistry.parsing import canonical, parsed
from ingenium.kits.chemistry.zinc import zinc250k

READ = {"moses": 80_000, "zinc250k": 40_000}  # molecules, in a fixed random order
FREQUENT = 20  # times that a fragment occurs with the same places
SEEN = 2  # times that it occurs with any


def make(folder: Path, *, source: Literal["moses", "zinc250k"]) -> None:
    """Cut molecules of a source (moses or zinc250k) into fragments, the most frequent first."""
    whole = moses("train") if source == "moses" else zinc250k()
    chosen = whole[np.random.default_rng(0).permutation(len(whole))[: READ[source]]]
    times: Counter[str] = Counter()
    for i, text in enumerate(chosen):
        times.update(cut(parsed(canonical(parsed(str(text))))))
        if i % 10_000 == 0:
            print(f"\rmolecule {i}/{len(chosen)}   ", end="", file=sys.stderr, flush=True)
    found = learned(times)
    write_atomic(folder / f"{source}.txt", "\n".join(found) + "\n")


def learned(times: Counter[str]) -> list[str]:
    """Frequent fragments, and those seen a few times in the same places."""
    whole: Counter[str] = Counter()
    for text, n in times.items():
        if text != NOTHING:
            whole[opened(text)[0]] += n
    frequent = [text for text, n in times.most_common() if n >= FREQUENT]
    seen = [text for text, n in whole.most_common() if n >= SEEN]
    return list(dict.fromkeys([*frequent, NOTHING, *seen]))
