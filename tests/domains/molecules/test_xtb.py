"""GFN2-xTB: published energies, forces as differences say, and the gap after relaxation."""

import numpy as np
import pytest

from ingenium.domains.molecules.chemistry.conformers import conformer
from ingenium.domains.molecules.chemistry.parsing import required
from ingenium.domains.molecules.chemistry.xtb import (
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


def test_water_relaxes_to_the_published_energy() -> None:
    """-5.070544 Hartree is what xtb 6 prints for water that it has optimised itself."""
    end = relaxed(geometry("O"))
    assert end is not None
    there, found = end
    assert found.energy_hartree == pytest.approx(-5.070544, abs=2e-6)
    assert np.abs(found.gradient).max() < LARGEST_FORCE
    length = np.linalg.norm(there.position_bohr[1] - there.position_bohr[0]) * BOHR_ANGSTROM
    assert length == pytest.approx(0.9593, abs=2e-3)


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
    """Measured: 1.855 debye; GFN2-xTB is a fifth above."""
    assert gap_and_dipole(required("O", "water"))[1] == pytest.approx(2.2, abs=0.15)
    assert gap_and_dipole(required("C", "methane"))[1] == pytest.approx(0, abs=0.01)


def test_relaxing_frees_energy() -> None:
    gap, dipole, strain = relaxed_gap(required("CCO", "ethanol"))
    assert 0 < strain < 5
    before = gap_and_dipole(required("CCO", "ethanol"))
    assert (gap, dipole) == pytest.approx(before, rel=0.15)


def test_one_molecule_has_one_conformer() -> None:
    first, second = (conformer(required(s, "molecule")) for s in ("OCCc1ccccc1", "c1ccccc1CCO"))
    places = [m.GetConformer().GetPositions() for m in (first, second)]
    np.testing.assert_array_equal(*places)
    assert conformer(required("C1=C=C1", "none")).GetNumAtoms() > 0
