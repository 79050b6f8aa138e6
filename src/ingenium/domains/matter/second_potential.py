"""SevenNet: a cross-check of CHGNet with another architecture and other authors.

Both were trained on energies of the Materials Project; where they differ, at least one is wrong.

Source: Park et al., J. Chem. Theory Comput. 20:4857, 2024 (SevenNet-0; weights of 11 July 2024 in
    the package, trained on PBE and PBE+U energies of the Materials Project).
"""

import io
import warnings
from contextlib import redirect_stdout
from functools import cache
from typing import Any

from ingenium.core.packages import Extra
from ingenium.domains.matter import phases
from ingenium.domains.matter.phases import Formula
from ingenium.domains.matter.potential import Crystal

EXTRA = Extra("sevennet")
WEIGHTS = "7net-0"


def version() -> str:
    """Return the versions of package and weights.

    Raises:
        MissingExtra: with the line that installs it.
    """
    return f"{EXTRA.release_of('sevenn')} weights {WEIGHTS}"


@cache
def _calculator() -> Any:
    """Load the network, once for each process."""
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # of its dependencies
        return EXTRA.package("sevenn.calculator").SevenNetCalculator(WEIGHTS, device="cpu")


def energy_ev(crystal: Crystal) -> float:
    """Energy per atom."""
    atoms = crystal.structure().to_ase_atoms()
    atoms.calc = _calculator()
    return float(atoms.get_potential_energy()) / len(atoms)


def above_ev(crystal: Crystal) -> float:
    """Energy per atom above the two binaries, all as relaxed by CHGNet.

    Each binary counts in its lowest type by this potential.
    """
    parts = phases.splits(crystal.sites.reduced)
    return energy_ev(crystal) - sum(share * _lowest(tuple(p.items())) for p, share in parts)


@cache
def _lowest(formula: Formula) -> float:
    return min(energy_ev(phase.crystal) for phase in phases.binaries(formula))
