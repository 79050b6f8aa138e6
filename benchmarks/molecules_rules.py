"""Rules of RDKit on molecules: cost of each, by order and by number of processes.

Part of `molecules_speed`: all rules by the problem's own verifier in one process and in two, and
limits that are checked in turn until one is violated, cheap rules first or expensive ones.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rdkit import Chem

from benchmarks.measuring import Timing, interleaved, report, spread
from ingenium.core.provenance import versions
from ingenium.core.spec import Limit
from ingenium.core.text import codes
from ingenium.domains.molecules.data import moses
from ingenium.domains.molecules.library import Library, LibrarySettings
from ingenium.kits.chemistry import rules
from ingenium.kits.chemistry.parsing import parsed

ROUNDS = 5
MEASURED, TIMED = 1000, 100  # molecules that are judged; that a rule is timed on


def run() -> None:
    """Measure and print."""
    problem = Library(LibrarySettings(known=1000))
    texts = [str(s) for s in moses("test")[:MEASURED]]
    cost = costs([parsed(text) for text in texts[:TIMED]])
    judged = [x for x in problem.limits if x.quantity in cost]
    order = sorted(judged, key=lambda x: cost[x.quantity])
    measures = {name: rule.of for name, rule in rules.BY_NAME.items()}
    one, designs = problem.verifier, codes(texts, problem.longest)
    two = replace(one, processes=2)
    two.measure(designs)  # processes start
    timings = interleaved(
        {
            "until a limit breaks, cheap first": lambda: [
                held(order, m, measures) for m in map(parsed, texts)
            ],
            "until a limit breaks, costly first": lambda: [
                held(order[::-1], m, measures) for m in map(parsed, texts)
            ],
            "all rules, one process": lambda: one.measure(designs),
            "all rules, two processes": lambda: two.measure(designs),
        },
        ROUNDS,
    )
    about = {
        "rounds": ROUNDS,
        "molecules": MEASURED,
        "limits": [limit.label for limit in order],
        "microseconds of a rule": cost,
        "packages": versions(("rdkit",)),
    }
    report("molecules_rules", "Rules on molecules of the test set", rows(timings), about)


def rows(timings: dict[str, Timing]) -> list[dict[str, Any]]:
    """Molecules per wall second, which a second process is to raise."""
    return [
        {
            "work": name,
            "molecules a second, wall": spread([MEASURED / s for s in own.wall_s]),
            "wall_s": spread(own.wall_s),
        }
        for name, own in timings.items()
    ]


def costs(mols: Sequence[Chem.Mol]) -> dict[str, float]:
    """Microseconds of each rule for a molecule."""
    found = {}
    for rule in rules.RULES:
        rule.of(mols[0])  # set-up on first use
        started = time.process_time()
        for mol in mols:
            rule.of(mol)
        found[rule.quantity.name] = (time.process_time() - started) / len(mols) * 1e6
    return found


def held(
    limits: Sequence[Limit], mol: Chem.Mol, measures: Mapping[str, Callable[[Chem.Mol], float]]
) -> bool:
    """True if all limits are satisfied, checked in order until one is not."""
    return all(_holds(float(measures[limit.quantity](mol)), limit) for limit in limits)


def _holds(value: float, limit: Limit) -> bool:
    low = -math.inf if limit.at_least is None else limit.at_least
    high = math.inf if limit.at_most is None else limit.at_most
    return low <= value <= high
