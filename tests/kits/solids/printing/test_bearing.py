"""Strength of standing parts: beams in closed form, an independent engine, and remaining shares."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.kits.solids.elastic.material import Material
from ingenium.kits.solids.elastic.reference import Reference
from ingenium.kits.solids.elastic.strength import Strength, failure_factor, principal_pa
from ingenium.kits.solids.printing.bearing import (
    Head,
    Standing,
    pooled,
)

WIDE, HIGH, CELL = 8, 48, 0.05
CONCRETE = Material(25e9, 0.0, 2300.0, 3e6)


def standing(head, clear_m=0.6):
    origin = (-WIDE * CELL / 2, -WIDE * CELL / 2, 0.0)
    strength = Strength(3e6, 30e6)
    return Standing((WIDE, WIDE, HIGH), CELL, origin, CONCRETE, strength, head, clear_m)


SOLID = np.ones((WIDE, WIDE, HIGH))


def test_principal_stresses_are_eigenvalues():
    rng = torch.Generator().manual_seed(0)
    stress = torch.randn(50, 6, generator=rng, dtype=torch.float64)
    full = torch.diag_embed(stress[:, :3])
    for row, (a, b) in enumerate(((1, 2), (0, 2), (0, 1)), start=3):
        full[:, a, b] = full[:, b, a] = stress[:, row]
    truth = torch.linalg.eigvalsh(full)
    least, most = principal_pa(stress)
    assert (least - truth[:, 0]).abs().max() < 1e-12
    assert (most - truth[:, 2]).abs().max() < 1e-12
    plane = torch.tensor([[3.0, 1.0, 2.0]], dtype=torch.float64)
    assert [float(v) for v in principal_pa(plane)] == pytest.approx([2 - 5**0.5, 2 + 5**0.5])


def test_the_weaker_of_tension_and_compression_tells():
    strength = Strength(3.0, 30.0)
    stress = torch.tensor([[1.5, 0, 0, 0, 0, 0], [-15.0, 0, 0, 0, 0, 0]], dtype=torch.float64)
    assert strength.use(stress).tolist() == pytest.approx([0.5, 0.5])
    use = torch.tensor([[[0.1, 0.2, 0.9, 5.0]]], dtype=torch.float64)
    share = torch.tensor([[1.0, 1.0, 1.0, 0.3]], dtype=torch.float64)
    read = torch.tensor([True, True, True, True])
    assert float(failure_factor(use, share, read)) == pytest.approx(1 / 0.9)
    with pytest.raises(InputError):
        Strength(0.0, 1.0)


@pytest.mark.parametrize("aside", [(0.0, 0.0), (0.03, 0.0), (0.03, -0.05)])
def test_stress_of_a_prism_is_that_of_a_beam(aside):
    part = standing(Head((0.0, 0.0, -1e6), aside))
    use = part.use(SOLID)[:, :, HIGH // 2]
    width = WIDE * CELL
    at = (np.arange(WIDE) + 0.5) * CELL - width / 2
    inertia = width**4 / 12
    bending = (aside[0] * at[:, None] + aside[1] * at[None]) / inertia
    stress = -1e6 * (1 / width**2 + bending)
    pressed = stress < 0
    assert np.abs(use + stress / 30e6)[pressed].max() < 0.01 * use[pressed].max()
    assert use[~pressed] == pytest.approx(stress[~pressed] / 3e6, rel=0.02, abs=0.02)


def test_a_force_across_bends_most_at_the_foot():
    part = standing(Head((1e4, 0.0, 0.0)))
    below = np.where(part.read.view(part.cells).numpy())[2].min()
    width = WIDE * CELL
    arm = (HIGH - below - 0.5) * CELL
    stress = 1e4 * arm * (width / 2 - CELL / 2) / (width**4 / 12)
    assert part.first_failure(SOLID) == pytest.approx(3e6 / stress, rel=0.01)


def test_a_slender_one_buckles_as_euler_says():
    part = standing(Head((0.0, 0.0, -1e6)))
    euler = math.pi**2 * 25e9 * (WIDE * CELL) ** 4 / 12 / (4 * (HIGH * CELL) ** 2)
    assert part.buckling(SOLID) == pytest.approx(euler / 1e6, rel=0.06)  # shear, coarse cells


def test_scikit_fem_finds_the_same_displacements_of_a_hollow_part():
    part = replace(standing(Head((2e4, 1e4, -1e6), (0.02, 0.01)), 0.1), cells=(6, 6, 10))
    share = np.ones(part.cells)
    share[2:4, 2:4] = 0.3
    share[0, 0, 5:] = 0.0
    ours = part.displacement_m(share)
    other = Reference(part.elastic).displacements_m(part.modulus_pa(share), part.load_n(share))
    filled = part.load_n(share)
    assert ((ours * filled).sum() / (other * filled).sum()).item() == pytest.approx(1, abs=1e-6)


def test_the_head_brings_in_force_and_moment():
    part = standing(Head((2e4, -1e4, -1e6), (0.02, 0.05)))
    hollow = SOLID.copy()
    hollow[1:6, 2:5] = 0.0
    load = part.load_n(hollow).view(*part.elastic.grid.nodes, 3)[:, :, -1].numpy()
    place = np.stack(np.meshgrid(*[np.arange(WIDE + 1) * CELL - 0.2] * 2, indexing="ij"), -1)
    assert load.sum((0, 1)) == pytest.approx([2e4, -1e4, -1e6])
    assert (place * load[..., 2:]).sum((0, 1)) == pytest.approx([-2e4, -5e4])
    turning = place[..., 0] * load[..., 1] - place[..., 1] * load[..., 0]
    assert turning.sum() == pytest.approx(0.02 * -1e4 - 0.05 * 2e4)
    assert load[3, 3].any() == 0
    with pytest.raises(InputError):
        part.load_n(np.zeros(part.cells))


def test_shares_are_pooled():
    share = np.zeros((2, 2, 2))
    share[0, 0, 0], share[1, 1, 1] = 0.8, 2.0
    assert pooled(share, 2) == pytest.approx(np.array([[[0.35]]]))
