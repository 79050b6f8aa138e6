"""Reference phases into which a crystal could decompose, and its energy above them.

The hull is that of the section between the two binary compounds into which a ternary splits with
all charges kept. Binaries are those of `prototypes.BINARIES`, relaxed by CHGNet; of those within
`NEAR_EV` of the lowest, in cells of at most `MOST_ATOMS`, pw.x decides which is lowest, with the
same cutoff and pseudopotentials as the crystal itself. Where a larger cell is the lowest of all by
CHGNet, its CHGNet energy below the smaller ones is subtracted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from ingenium.domains.matter import results
from ingenium.domains.matter.charges import parts, triples
from ingenium.domains.matter.espresso import GroundState
from ingenium.domains.matter.potential import Crystal, relaxed
from ingenium.domains.matter.prototypes import BINARIES, PEROVSKITES, Prototype
from ingenium.domains.matter.results import PlaneWaveRun
from ingenium.domains.matter.wyckoff import Wyckoff

NEAR_EV = 0.03  # eV an atom, about the error of CHGNet between types of one compound
MOST_ATOMS = 6  # of a cell that pw.x computes
MOST_FREE = 10  # coordinates
PACKAGED = Path(__file__).with_name("references.npz")
Formula = tuple[tuple[str, int], ...]


@dataclass(frozen=True, eq=False)
class Phase:
    """Reference phase, relaxed by CHGNet."""

    type: str
    crystal: Crystal
    energy_ev: float  # of an atom, by CHGNet


@cache
def binaries(formula: Formula) -> tuple[Phase, ...]:
    """Types of a binary compound of one to one or one to two, the lowest first, by CHGNet."""
    counts = dict(formula)
    alone = min(counts, key=lambda e: counts[e])  # of A2X and AX2 the one with a single atom
    (other,) = [e for e in counts if e != alone]
    types = BINARIES[f"{counts[alone]}:{counts[other]}"]
    return _stored(written(counts)) or _relaxed(types, {"A": alone, "X": other})


@cache
def perovskites(a: str, b: str, x: str) -> tuple[Phase, ...]:
    """Types of ABX3, the lowest first, by CHGNet."""
    types = tuple(PEROVSKITES.values())
    return _stored(written({a: 1, b: 1, x: 3})) or _relaxed(types, {"A": a, "B": b, "X": x})


def _relaxed(types: Sequence[Prototype], elements: Mapping[str, str]) -> tuple[Phase, ...]:
    found = relaxed([p.start(**elements) for p in types])
    phases = [Phase(p.name, c, e) for p, (c, e) in zip(types, found, strict=True) if np.isfinite(e)]
    return tuple(sorted(phases, key=lambda p: p.energy_ev))


def written(counts: Mapping[str, int]) -> str:
    """Write the formula as a compound of the table."""
    return " ".join(f"{e}{n if n > 1 else ''}" for e, n in counts.items())


def _stored(compound: str) -> tuple[Phase, ...]:
    """Return the phases shipped with the package; empty for a compound without any."""
    table = packaged()
    rows = np.flatnonzero(table["compound"] == compound) if table else ()
    return tuple(
        Phase(
            str(table["type"][k]),
            Crystal(Wyckoff.of(str(table["crystal"][k])), table["edges_m"][k], table["free"][k]),
            float(table["energy_ev"][k]),
        )
        for k in rows
    )


@cache
def packaged() -> Mapping[str, np.ndarray]:
    """Return the shipped arrays; empty while they are being generated."""
    if not PACKAGED.is_file():
        return {}
    with np.load(PACKAGED, allow_pickle=False) as stored:
        return dict(stored)


def table_of(found: Mapping[str, Sequence[Phase]]) -> dict[str, np.ndarray]:
    """Convert phases by compound to the arrays that ship with the package."""
    rows = [(compound, phase) for compound, own in found.items() for phase in own]
    free = np.zeros((len(rows), MOST_FREE))
    for row, (_, phase) in zip(free, rows, strict=True):
        row[: phase.crystal.sites.free] = phase.crystal.free[: phase.crystal.sites.free]
    return {
        "compound": np.array([compound for compound, _ in rows]),
        "type": np.array([phase.type for _, phase in rows]),
        "crystal": np.array([phase.crystal.sites.text for _, phase in rows]),
        "edges_m": np.stack([phase.crystal.edges_m for _, phase in rows]),
        "free": free,
        "energy_ev": np.array([phase.energy_ev for _, phase in rows]),
    }


def binaries_of(elements: Sequence[str]) -> list[Formula]:
    """Return all binary compounds into which some ABX3 of these elements decomposes."""
    found = {
        tuple(part.items()): None
        for abc in triples(elements)
        for part in parts(dict(zip(abc, (1, 1, 3), strict=True)))
    }
    return list(found)


def deciding(formula: Mapping[str, int]) -> tuple[Phase, ...]:
    """Return the types of a binary compound that pw.x must compute."""
    found = binaries(tuple(formula.items()))
    small = [p for p in found if p.crystal.atoms <= MOST_ATOMS]
    return tuple(p for p in small if p.energy_ev <= small[0].energy_ev + NEAR_EV)


def splits(formula: Mapping[str, int]) -> tuple[tuple[dict[str, int], float], ...]:
    """Return the two binaries of a ternary, and the share of its atoms that each takes."""
    one, two = parts(formula)
    atoms = sum(formula.values())
    own = next(e for e in one if e not in two), next(e for e in two if e not in one)
    shares = [
        formula[e] / part[e] * sum(part.values()) / atoms
        for e, part in zip(own, (one, two), strict=True)
    ]
    return (one, shares[0]), (two, shares[1])


def screened(formula: Mapping[str, int]) -> float:
    """Energy of the two binaries in eV an atom, by CHGNet."""
    return sum(
        share * binaries(tuple(part.items()))[0].energy_ev for part, share in splits(formula)
    )


def computed(formula: Mapping[str, int], cutoff_ry: float, processes: int) -> float:
    """Energy of the two binaries by pw.x, each in its lowest type; NaN where one has no answer."""
    return sum(share * _lowest(part, cutoff_ry, processes) for part, share in splits(formula))


def _lowest(part: Mapping[str, int], cutoff_ry: float, processes: int) -> float:
    """Lowest energy of a binary by pw.x, corrected by CHGNet if a larger cell is lower."""
    deciders, lowest = deciding(part), binaries(tuple(part.items()))[0]
    requested = [PlaneWaveRun(p.crystal, cutoff_ry) for p in deciders]
    found = [
        a.energy_ev / q.crystal.atoms
        for q, a in zip(requested, results.solve(requested, processes), strict=True)
        if isinstance(a, GroundState)
    ]
    if len(found) < len(requested):
        return np.nan
    return float(np.min(found)) - (deciders[0].energy_ev - lowest.energy_ev)
