"""Energies of conformers by GFN2-xTB, at rest or relaxed."""

import math

import numpy as np
from jaxtyping import Float
from rdkit import Chem
from scipy.optimize import minimize

from ingenium.kits.chemistry.packages import package
from ingenium.kits.chemistry.xtb import (
    BOHR_ANGSTROM,
    HARTREE_KCAL,
    LARGEST_FORCE,
    MOST_STEPS,
    Geometry,
    single_point,
)


def energies(mol: Chem.Mol, position: Float[np.ndarray, "n a 3"]) -> Float[np.ndarray, " n"]:
    """GFN2-xTB energies (kcal/mol); NaN where the charges do not converge."""
    return np.array([energy(mol, x) for x in position])


def energy(mol: Chem.Mol, position: Float[np.ndarray, "a 3"]) -> float:
    """Of one conformer (kcal/mol)."""
    found = single_point(_geometry(mol, position))
    return math.nan if found is None else found.energy_hartree * HARTREE_KCAL


def relaxed(
    mol: Chem.Mol, position: Float[np.ndarray, "a 3"]
) -> tuple[Float[np.ndarray, "a 3"], float]:
    """The nearest minimum of GFN2-xTB and its energy (kcal/mol); NaN where it has no answer.

    Each step starts from the charges of the one before, which takes 60 % of the time.
    """
    at = _geometry(mol, position)
    interface = package("tblite.interface")
    calculator = interface.Calculator(
        "GFN2-xTB", at.numbers, at.position_bohr, charge=float(at.charge), uhf=at.unpaired
    )
    calculator.set("verbosity", 0)
    last: list[object] = [None]

    def step(x: np.ndarray) -> tuple[float, np.ndarray]:
        calculator.update(x.reshape(-1, 3))
        last[0] = found = calculator.singlepoint(last[0])
        return float(found.get("energy")), np.ravel(found.get("gradient"))

    try:
        end = minimize(
            step,
            at.position_bohr.ravel(),
            jac=True,
            method="L-BFGS-B",
            options={"gtol": LARGEST_FORCE, "maxiter": MOST_STEPS},
        )
    except interface.TBLiteRuntimeError:
        return position, math.nan
    there = end.x.reshape(-1, 3) * BOHR_ANGSTROM
    return there, energy(mol, there)


def _geometry(mol: Chem.Mol, position: Float[np.ndarray, "a 3"]) -> Geometry:
    numbers = np.array([a.GetAtomicNum() for a in mol.GetAtoms()])
    return Geometry(numbers, position / BOHR_ANGSTROM, int(Chem.GetFormalCharge(mol)), 0)
