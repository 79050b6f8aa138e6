"""The known crystals: every cubic ABX3 of the table whose charges balance, relaxed by CHGNet.

Where it is not far above its binaries, types of lower symmetry stand beside it.

`python -m ingenium.domains.matter.recipe` makes `known.npz` and `references.npz` again, in some
minutes.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ingenium.core.recipe import Arrays, Recipe, printed
from ingenium.domains.matter import phases
from ingenium.domains.matter.charges import triples
from ingenium.domains.matter.grammar import PROPOSED
from ingenium.domains.matter.potential import Crystal, relaxed
from ingenium.domains.matter.prototypes import PEROVSKITES
from ingenium.domains.matter.settings import LEARNED

TYPES = PROPOSED[:3]
PIECES = 12
WIDE, NEAR_EV = 4, 0.15  # free coordinates; eV an atom above the binaries


def binaries(piece: int) -> Arrays:
    """Types of binary compounds, by CHGNet."""
    own = phases.binaries_of(LEARNED)[piece::PIECES]
    return phases.table_of({phases.written(dict(f)): phases.binaries(f) for f in own})


def made(piece: int) -> Arrays:
    """Texts, edges, free coordinates, and energies above the two binaries, by CHGNet."""
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
    }


def _above(rows: Sequence[tuple[str, tuple[str, str, str]]]) -> list[tuple[Crystal, float]]:
    """Crystals of some types and elements, relaxed, and eV an atom above their binaries."""
    starts = [PEROVSKITES[name].start(A=a, B=b, X=x) for name, (a, b, x) in rows]
    return [
        (crystal, energy - phases.screened(dict(zip(abc, (1, 1, 3), strict=True))))
        for (_, abc), (crystal, energy) in zip(rows, relaxed(starts), strict=True)
    ]


BINARIES = Recipe("binaries", [list(LEARNED)], binaries, PIECES, phases.SHIPPED)
KNOWN = Recipe(
    "perovskites",
    [list(LEARNED), list(TYPES), NEAR_EV],
    made,
    PIECES,
    Path(__file__).with_name("known.npz"),
)

if __name__ == "__main__":
    BINARIES.ship(printed)
    phases.shipped.cache_clear()  # the crystals are made with what has just been shipped
    phases.binaries.cache_clear()
    KNOWN.ship(printed)
