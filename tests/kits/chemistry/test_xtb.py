"""GFN2-xTB: published energies, forces against differences, and the gap after relaxation."""

import numpy as np
import pytest

from ingenium.kits.chemistry.conformer import conformer
from ingenium.kits.chemistry.parsing import required
from ingenium.kits.chemistry.xtb import (
    BOHR_ANGSTROM,
    LARGEST_FORCE,
    Geometry,
    gap_and_dipole,
    relaxed,
    relaxed_gap,
    single_point,
)


def geometry(smiles: str) -> Geometry:
    return Geometry.of(conformer(required(smiles, "molecule")))


G2_WATER_ANGSTROM = ((0, 0, 0.119262), (0, 0.763239, -0.477047), (0, -0.763239, -0.477047))
"""Source: Curtiss et al., J. Chem. Phys. 106:1063, 1997, by MP2/6-31G*."""


def test_water_has_the_energy_of_another_program() -> None:
    """The value of xtb 6.7.1 (grimme-lab, in Fortran) on these atoms: -5.0702223 Hartree."""
    position = np.array(G2_WATER_ANGSTROM) / BOHR_ANGSTROM
    found = single_point(Geometry(np.array([8, 1, 1]), position, 0, 0))
    assert found is not None
    assert found.energy_hartree == pytest.approx(-5.0702223, abs=2e-7)


def test_water_relaxes_to_a_minimum() -> None:
    """Energy below another method's geometry, no forces, and a measured bond (0.9578 angstrom).

    Source: Császár et al., J. Chem. Phys. 122:214305, 2005 (length at equilibrium).
    """
    end = relaxed(geometry("O"))
    assert end is not None
    there, found = end
    assert -5.0710 < found.energy_hartree < -5.0702223
    assert np.abs(found.gradient).max() < LARGEST_FORCE
    length = np.linalg.norm(there.position_bohr[1] - there.position_bohr[0]) * BOHR_ANGSTROM
    assert length == pytest.approx(0.9578, abs=5e-3)
    rng = np.random.default_rng(0)
    for _ in range(4):
        moved = there.position_bohr + 0.02 * rng.normal(size=(3, 3))
        higher = single_point(Geometry(there.numbers, moved, 0, 0))
        assert higher is not None
        assert higher.energy_hartree > found.energy_hartree


def test_forces_are_slopes_of_the_energy() -> None:
    at, step = geometry("CO"), 1e-4
    found = single_point(at)
    assert found is not None
    for atom, axis in ((0, 0), (1, 2)):
        energies = []
        for way in (step, -step):
            moved = at.position_bohr.copy()
            moved[atom, axis] += way
            there = single_point(Geometry(at.numbers, moved, 0, 0))
            assert there is not None
            energies.append(there.energy_hartree)
        slope = (energies[0] - energies[1]) / (2 * step)
        assert found.gradient[atom, axis] == pytest.approx(slope, abs=5e-6)  # of the charges


def test_gaps_fall_with_the_length_of_a_conjugated_chain() -> None:
    gaps = [gap_and_dipole(required("C=C" * n, "polyene"))[0] for n in (1, 2, 3, 4)]
    assert all(np.diff(gaps) < 0)
    assert gaps[0] > 4 > gaps[3] > 1


def test_dipole_of_water_and_of_none() -> None:
    """The measured dipole is 1.855 debye; GFN2-xTB is a fifth above."""
    assert gap_and_dipole(required("O", "water"))[1] == pytest.approx(2.2, abs=0.15)
    assert gap_and_dipole(required("C", "methane"))[1] == pytest.approx(0, abs=0.01)


def test_relaxing_frees_energy() -> None:
    gap, dipole, _, strain = relaxed_gap(required("CCO", "ethanol"))
    assert 0 < strain < 5
    before = gap_and_dipole(required("CCO", "ethanol"))
    assert (gap, dipole) == pytest.approx(before[:2], rel=0.15)


def test_one_molecule_has_one_conformer() -> None:
    first, second = (conformer(required(s, "molecule")) for s in ("OCCc1ccccc1", "c1ccccc1CCO"))
    places = [m.GetConformer().GetPositions() for m in (first, second)]
    np.testing.assert_array_equal(*places)
    assert conformer(required("C1=C=C1", "none")).GetNumAtoms() > 0
