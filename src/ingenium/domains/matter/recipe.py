"""Recipe of the known crystals: every cubic ABX3 with balanced charges, relaxed by CHGNet.

Where it is not far above its binaries, types of lower symmetry are included. References are the
binaries, and all types of those ABX3 whose shipped pw.x results have a gap within `GAPS_EV`.

`ingenium make crystals` regenerates `known.npz` and `references.npz`, in some minutes.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ingenium.core.recipe import Arrays, Recipe
from ingenium.domains.matter import phases, results
from ingenium.domains.matter.charges import triples
from ingenium.domains.matter.grammar import PROPOSED
from ingenium.domains.matter.potential import Crystal, relaxed
from ingenium.domains.matter.prototypes import PEROVSKITES
from ingenium.domains.matter.settings import LEARNED
from ingenium.domains.matter.verifier import SYMPREC, preserves_group

TYPES = PROPOSED[:3]
PIECES = 12
WIDE, NEAR_EV = 4, 0.15  # free coordinates; eV an atom above the binaries
GAPS_EV = 0.8, 2.0  # by pw.x, of those whose other types are searched


def certified() -> list[tuple[str, ...]]:
    """Return A, B and X of crystals whose results ship with the package."""
    found = [
        tuple(c.sites.reduced)
        for c, state in results.packaged()
        if list(c.sites.reduced.values()) == [1, 1, 3] and GAPS_EV[0] <= state.gap_ev <= GAPS_EV[1]
    ]
    return sorted(set(found))


def references(piece: int) -> Arrays:
    """Return types of binary compounds and of some ABX3, by CHGNet."""
    own = phases.binaries_of(LEARNED)[piece::PIECES]
    found = {phases.written(dict(f)): phases.binaries(f) for f in own}
    for a, b, x in certified()[piece::PIECES]:
        found[phases.written({a: 1, b: 1, x: 3})] = phases.perovskites(a, b, x)
    return phases.table_of(found)


def made(piece: int) -> Arrays:
    """Compute texts, edges, free coordinates, and energies above the two binaries, by CHGNet."""
    own = triples(LEARNED)[piece::PIECES]
    found = _above([(TYPES[0], abc) for abc in own])
    near = [abc for abc, (_, above) in zip(own, found, strict=True) if above <= NEAR_EV]
    found += _above([(name, abc) for name in TYPES[1:] for abc in near])
    free = np.zeros((len(found), WIDE))
    for row, (crystal, _) in zip(free, found, strict=True):
        row[: crystal.sites.free] = crystal.free[: crystal.sites.free]
    return {
        "crystal": np.array([c.sites.text for c, _ in found]),
        "edges_m": np.stack([c.edges_m for c, _ in found]),
        "free": free,
        "above_ev": np.array([above for _, above in found]),
        "keeps": np.array([preserves_group(crystal) for crystal, _ in found]),
    }


def _above(rows: Sequence[tuple[str, tuple[str, str, str]]]) -> list[tuple[Crystal, float]]:
    """Relax crystals of some types and elements; return them with eV an atom above binaries."""
    starts = [PEROVSKITES[name].start(A=a, B=b, X=x) for name, (a, b, x) in rows]
    return [
        (crystal, energy - phases.screened(dict(zip(abc, (1, 1, 3), strict=True))))
        for (_, abc), (crystal, energy) in zip(rows, relaxed(starts), strict=True)
    ]


REFERENCES = Recipe("references", [list(LEARNED)], references, PIECES, phases.PACKAGED)
KNOWN = Recipe(
    "perovskites",
    [list(LEARNED), list(TYPES), NEAR_EV, SYMPREC],
    made,
    PIECES,
    Path(__file__).with_name("known.npz"),
)
