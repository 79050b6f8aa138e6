"""Differences of CHGNet from pw.x, on crystals sampled at random from the list.

Crystals of the example's runs are near the hull and have a gap; those sampled here are not
selected, so that their errors are those of the whole list. `python -m
ingenium_book.checks.matter.agreement 30` runs pw.x on the first thirty; answers are cached.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ingenium.domains.matter import phases, potential, results
from ingenium.domains.matter.espresso import GroundState
from ingenium.domains.matter.potential import Crystal
from ingenium.domains.matter.recipe import KNOWN
from ingenium.domains.matter.results import PlaneWaveRun
from ingenium.domains.matter.wyckoff import Wyckoff

CUTOFF_RY, SEED = 40.0, 27
MOST = 30


@dataclass(frozen=True)
class AgreementRow:
    """One crystal, in eV an atom above its two binaries, and its pressure by pw.x."""

    text: str
    by_chgnet_ev: float
    by_pw_ev: float
    pressure_pa: float  # of the cell that CHGNet relaxed: 0 if both agreed on its size


def drawn(count: int) -> list[Crystal]:
    """Sample crystals in a fixed order."""
    retained = KNOWN.complete()
    order = np.random.default_rng(SEED).permutation(len(retained["crystal"]))[:count]
    return [
        Crystal(
            Wyckoff.of(str(retained["crystal"][k])), retained["edges_m"][k], retained["free"][k]
        )
        for k in order
    ]


def others() -> list[Crystal]:
    """All other ABX3 with an answer in the package: those of the example's runs."""
    keys = {PlaneWaveRun(c, CUTOFF_RY).key for c in drawn(MOST)}
    ternaries = [c for c, _ in results.packaged() if sorted(c.sites.reduced.values()) == [1, 1, 3]]
    return [c for c in ternaries if PlaneWaveRun(c, CUTOFF_RY).key not in keys]


def requested(crystal: Crystal) -> list[PlaneWaveRun]:
    """Runs of pw.x for a crystal: itself, and the types of its binaries that may be lowest."""
    parts = [part for part, _ in phases.splits(crystal.sites.reduced)]
    found = [crystal, *(p.crystal for part in parts for p in phases.deciding(part))]
    return [PlaneWaveRun(c, CUTOFF_RY) for c in found]


def rows(crystals: Sequence[Crystal]) -> list[AgreementRow]:
    """Rows with all results present; pw.x is not run."""
    found = []
    for crystal in crystals:
        answers = [results.known(run) for run in requested(crystal)]
        if not all(isinstance(a, GroundState) for a in answers):
            continue
        own, formula = answers[0], crystal.sites.reduced
        (slopes,) = potential.slopes([crystal])
        if isinstance(own, GroundState) and slopes is not None:
            by_pw = own.energy_ev / crystal.atoms - phases.computed(formula, CUTOFF_RY, 1)
            by_chgnet = slopes.energy_ev / crystal.atoms - phases.screened(formula)
            found.append(AgreementRow(crystal.sites.text, by_chgnet, by_pw, own.pressure_pa))
    return found


if __name__ == "__main__":
    for one in drawn(int(sys.argv[1])):
        results.solve(requested(one), 1)
        print(*rows([one]), flush=True)
