"""A small potential of one crystal: its forces are gradients, and it fits what it can."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from pymatgen.core import Structure

from ingenium.core.errors import EngineError
from ingenium.domains.matter import espresso
from ingenium.domains.matter.potential import Crystal
from ingenium.domains.matter.wyckoff import Wyckoff
from ingenium_book.checks.matter import box_forces, force_field
from ingenium_book.checks.matter.force_field import AtomBox, ForceFit, PairDensities


@pytest.fixture(scope="module")
def box() -> AtomBox:
    cube = Crystal(Wyckoff.of("Pm-3m Cs_a Pb_b Br_c"), np.full(3, 6.0e-10), np.zeros(0))
    return AtomBox.of(cube, (1, 1, 1))


@pytest.mark.slow
def test_it_learns_forces_of_its_own_kind_and_knows_what_it_has_not_seen(box: AtomBox) -> None:
    rng = torch.Generator().manual_seed(0)
    features = PairDensities(box)
    places = force_field.thrown(box, 0.1, 28, rng)
    slopes = [features.slopes(p) for p in places]
    true = torch.randn(len(slopes[0]), generator=rng, dtype=torch.float64)
    forces = [(s.T @ true).reshape(-1, 3) for s in slopes]
    fit = ForceFit.of(box, places[:25], forces[:25])
    found = torch.stack([fit.force(p) for p in places[25:]])
    off = (found - torch.stack(forces[25:])).square().mean().sqrt()
    assert off < 0.1 * torch.stack(forces).square().mean().sqrt()
    far, other = force_field.thrown(box, 0.5, 2, rng)
    picked = fit.least_known([*places[:5], far, far.clone(), other], 2)
    assert sum(torch.equal(p, far) for p in picked) == 1, "its copy tells nothing more"
    assert sum(torch.equal(p, other) for p in picked) == 1


def test_forces_are_the_same_where_all_atoms_are_shifted(box: AtomBox) -> None:
    features = PairDensities(box)
    (at,) = force_field.thrown(box, 0.2, 1, torch.Generator().manual_seed(1))
    torch.testing.assert_close(features(at), features(at + 0.37))
    assert features.slopes(at).reshape(-1, 5, 3).sum(1).abs().max() < 1e-9, "none on the whole"


def test_nuclei_repel_each_other_as_their_law_says(box: AtomBox) -> None:
    """Each atom and each of its images once, by the formula; forces are its differences."""
    cell = Structure(box.cell, box.elements, box.home.numpy(), coords_are_cartesian=True)
    total = 0.0
    for one, other, _, r in zip(*cell.get_neighbor_list(force_field.REACH), strict=True):
        z, q = cell[int(one)].specie.Z, cell[int(other)].specie.Z
        x = r * (z**0.23 + q**0.23) / 0.46850
        law = 0.18175 * np.exp(-3.1998 * x) + 0.50986 * np.exp(-0.94229 * x)
        law += 0.28022 * np.exp(-0.4029 * x) + 0.02817 * np.exp(-0.20162 * x)
        total += 0.5 * 14.399645 * z * q / r * law * 0.5 * (1 + np.cos(np.pi * r / 6.0))
    assert float(box.repulsion(box.home)) == pytest.approx(total, rel=1e-9)
    (at,) = force_field.thrown(box, 0.2, 1, torch.Generator().manual_seed(2))
    step = torch.zeros_like(at)
    step[1, 2] = 1e-4
    slope = (box.repulsion(at + step) - box.repulsion(at - step)) / 2e-4
    assert float(box.repelled(at)[1, 2]) == pytest.approx(-float(slope), rel=1e-5)


def test_a_run_has_the_temperature_that_is_asked_for(box: AtomBox) -> None:
    """Springs to the atoms' equilibrium positions; an atom that leaves ends the run."""
    rng = torch.Generator().manual_seed(0)
    long = [k for _, k in force_field.run(box, lambda p: -0.5 * (p - box.home), 300.0, 4000, rng)]
    assert len(long) == 4000
    assert np.mean(long[500:]) == pytest.approx(300.0, rel=0.15)
    short = list(force_field.run(box, lambda p: 5.0 * (p - box.home), 300.0, 4000, rng))
    assert len(short) < 4000


def test_forces_are_read_from_their_sum_and_a_cut_output_has_none() -> None:
    """One Ry a bohr is 25.711 eV/angstrom; components of the force follow below."""
    line = "     atom    {} type  1   force =     {}    0.50000000   -1.00000000"
    sums, parts = (line.format(1, "1.00000000"), line.format(2, "0.00000000")), line.format(1, "9")
    found = espresso.forces_in("\n".join([*sums, "The non-local contrib.", parts]), 2)
    assert found[0] == pytest.approx([25.7110, 12.8555, -25.7110], abs=1e-3)
    assert found[1, 0] == 0.0
    for cut in (sums[0], "\n".join([sums[0], line.format(2, "**********")])):
        with pytest.raises(EngineError, match="no forces on 2 atoms"):
            espresso.forces_in(cut, 2)


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("pw.x") is None,
    reason="apt install quantum-espresso quantum-espresso-data-sssp",
)
def test_forces_of_pw_give_the_note_of_rock_salt(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """NaF's transverse optical mode is 262 per cm near 0 K: its atoms pull like such a spring."""
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path))
    salt = Crystal(Wyckoff.of("Fm-3m Na_a F_b"), np.full(3, 4.63e-10), np.zeros(0))
    box, moved = AtomBox.of(salt, (1, 1, 1)), 0.05
    at = box.home.clone()
    at[0, 2] += moved
    (found,) = box_forces.by_pw(box, [at])
    reduced_kg = 22.990 * 18.998 / 41.988 * 1.66054e-27
    spring = reduced_kg * (2 * np.pi * 2.99792e10 * 262) ** 2 / 16.0218  # N/m to eV/angstrom^2
    assert float(found[0, 2]) == pytest.approx(-spring * moved, rel=0.1)
    torch.testing.assert_close(found[1], -found[0], atol=1e-4, rtol=0)
    monkeypatch.setattr(espresso, "forces", None)  # nothing is computed twice
    (again,) = box_forces.by_pw(box, [at + 1e-7])
    assert torch.equal(again, found)
