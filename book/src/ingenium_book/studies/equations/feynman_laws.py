"""Row 31.4: how many of the Feynman laws are found exactly, by noise, where units are told.

Of the 120 laws 80 are drawn by chance, and each of five seeds draws rows, noise and search of 16 of
them, so that each is searched once at each noise: 300 rows over the ranges of its table, of which
the search is fitted to those that `equations.law` fits to. A law counts as found where the shortest
formula that fits as well as any has its form: with constants fitted anew to rows without noise it
leaves less than 1e-7 of the spread. Forms that the search knows were written by people who had seen
these tables.
"""

import time
from collections.abc import Mapping

import numpy as np

from ingenium.core.given import Given
from ingenium.domains.equations.law.problem import LawSettings, TableLaw
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, Trials, share
from ingenium_book.studies.equations.feynman import OPERATIONS, FeynmanLaw, everyone

ARMS: Mapping[str, float] = {"exact": 0.0, "tenth": 0.001, "percent": 0.01, "ten": 0.1}
PARTS, EACH, SPREAD = 5, 16, 4  # shares of the laws, laws of each, and the seed that parts them
SEARCHED = PARTS * EACH
BANK, GENERATIONS = 2000, 0  # of the search, which has no genetic part here


def searched(law: FeynmanLaw, noise: float, seed: int, *, reported: bool = True) -> bool:
    """Whether `equations.law` finds it, told units or none."""
    units = law.units if reported else ["1"] * len(law.units)
    settings = LawSettings(
        target="target",
        operations=OPERATIONS,
        wider=1.0,
        bank=BANK,
        generations=GENERATIONS,
        seed=seed,
    )
    problem = TableLaw(settings, Given({"table": law.table(law.noisy(noise), units)}))
    return law.is_found(problem.search.evolved([], GENERATIONS), units)


def run(noise: float, seed: int, share_of: int) -> dict[str, np.ndarray]:
    """Of a seed's share of the laws."""
    every = everyone(seed)
    order = np.random.default_rng(SPREAD).permutation(len(every))
    own = order[seed % PARTS :: PARTS][:share_of]
    began = time.process_time()
    found = [searched(every[i], noise, seed) for i in own]
    seconds = (time.process_time() - began) / len(own)
    return {"found": np.array(found), "law": own, "seconds": np.array(seconds)}


def read(found: Readings) -> dict[str, np.ndarray | Value]:
    """Shares, with the seconds that a law takes."""
    reported: dict[str, np.ndarray | Value] = {}
    for arm in ARMS:
        reported[arm] = share(found(arm, "found") > 0)
        reported[f"{arm}_s"] = found(arm, "seconds")
    return reported


def missed(found: Readings) -> tuple[str, ...]:
    """Which are not found without noise, by their names."""
    names = [law.name for law in everyone(0)]
    both = zip(found.pooled("exact", "law"), found.pooled("exact", "found"), strict=True)
    gone = sorted(int(i) for i, own in both if not own)
    return (f"Not found without noise: {', '.join(names[i] for i in gone) or 'none'}.",)


measure = Trials(arms=ARMS, sizes=(EACH, 2), run=run, read=read, notes=missed)
