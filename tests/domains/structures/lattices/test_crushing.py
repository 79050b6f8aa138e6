"""The crushing engine against closed forms: squash, Euler, hinges, and the honeycomb's plateau."""

import math
from dataclasses import replace

import numpy as np
import pytest

from ingenium.core.errors import InputError
from ingenium.domains.structures.lattices.crushing import Crushing, crush
from ingenium.domains.structures.lattices.frame import Frame
from ingenium.domains.structures.lattices.material import STEEL_316L
from ingenium.domains.structures.lattices.verifier import stress_pa

STEEL = STEEL_316L
ELASTIC = replace(STEEL, yield_pa=0.04 * 180e9)


def _column(length_m: float, thickness_m: float) -> Frame:
    node = np.array([[0.0, 0.0], [0.0, length_m]])
    return Frame(node, np.array([[0, 1]]), np.array([thickness_m]), 0.02, length_m)


def test_a_stub_column_yields_at_its_squash_load():
    stub = _column(0.01, 0.004)
    curve = crush(stub, STEEL, Crushing(strain=0.02, steps=8000, crooked=0.0))
    assert curve.top_n_m[-60:].mean() == pytest.approx(470e6 * 0.004, rel=0.01)


def test_a_slender_elastic_column_buckles_at_the_euler_load():
    slender = _column(0.1, 0.002)
    trace = Crushing(strain=0.01, steps=160000, beams=4, crooked=0.02)
    euler = math.pi**2 * 180e9 * 0.002**3 / 12 / 0.1**2
    late = crush(slender, ELASTIC, trace).top_n_m[120:]  # it swings a little around its answer
    assert late.mean() == pytest.approx(euler, rel=0.02)


def test_a_folding_column_follows_its_plastic_mechanism():
    """Pinned ends and a hinge in the middle: N w = Mp (1 - (N / Np)^2), w from geometry."""
    length, t = 0.1, 0.004
    curve = crush(_column(length, t), STEEL, Crushing(strain=0.3, steps=40000, crooked=0.05))
    squash = 470e6 * t
    for strain in (0.15, 0.25):
        w = length / 2 * math.sqrt(1 - (1 - strain) ** 2)
        half = w * squash / 2 / (t / 4)  # of n^2 + 2 half / squash n - 1 = 0
        n = -half / squash + math.sqrt((half / squash) ** 2 + 1)
        found = np.interp(strain, curve.strain, curve.bottom_n_m)
        assert found == pytest.approx(n * squash, rel=0.05)


def _hexagons(columns: int, rows: int, t: float) -> Frame:
    """Regular hexagons with walls of 10 mm, uprights cut at the plates."""
    wall = 0.01
    w, h = wall * math.cos(math.pi / 6), 1.5 * wall
    i, j = np.meshgrid(np.arange(columns + 1), np.arange(rows + 1), indexing="ij")
    lift = np.where((i + j) % 2 == 0, 1, -1) * wall / 4
    node = np.stack([i * w, j * h + lift + wall / 4], 2).reshape(-1, 2)
    number = np.arange(i.size).reshape(i.shape)
    up = ((i + j) % 2 == 0)[:, :-1]
    ends = [
        np.stack([number[:-1].ravel(), number[1:].ravel()], 1),
        np.stack([number[:, :-1][up], number[:, 1:][up]], 1),
    ]
    walls = np.concatenate(ends)
    return Frame(node, walls, np.full(len(walls), t), columns * w, rows * h + wall / 2)


def test_hexagons_collapse_at_the_plastic_stress_of_gibson_and_ashby():
    """Source: Gibson and Ashby, Cellular Solids, 2nd ed., 1997, eq. 4.26a: 2/3 (t/l)^2 yield."""
    t = 0.0005
    comb = _hexagons(16, 8, t)
    curve = crush(comb, STEEL, Crushing(strain=0.12, steps=40000, crooked=0.0))
    late = curve.strain > 0.03
    bottom = curve.bottom_n_m[late] / comb.width_m
    assert np.median(bottom) == pytest.approx(2 / 3 * (t / 0.01) ** 2 * 470e6, rel=0.2)


def test_slower_crushing_says_the_same_and_both_plates_agree():
    comb = _hexagons(4, 4, 0.001)
    energy = []
    for steps in (24000, 48000):
        curve = crush(comb, STEEL, Crushing(steps=steps))
        stress = stress_pa(curve, comb.width_m)
        energy.append((stress * np.gradient(curve.strain)).sum())
        assert curve.top_n_m.sum() == pytest.approx(curve.bottom_n_m.sum(), rel=0.1)
    assert energy[0] == pytest.approx(energy[1], rel=0.1)


def test_walls_do_not_pass_through_each_other():
    """A folded column presses on its own halves: the force rises again when they meet."""
    node = np.array([[0.0, 0.0], [0.0, 0.02], [0.0, 0.04]])
    walls = np.array([[0, 1], [1, 2]])
    bent = Frame(node, walls, np.full(2, 0.004), 0.02, 0.04)
    curve = crush(bent, STEEL, Crushing(strain=0.85, steps=30000, crooked=0.1))
    folded = curve.bottom_n_m[(curve.strain > 0.4) & (curve.strain < 0.5)].mean()
    assert np.nanmax(curve.bottom_n_m[curve.strain > 0.8]) > 1.5 * folded


def test_nonsense_is_refused():
    with pytest.raises(InputError, match="strain below"):
        Crushing(strain=1.0)
    with pytest.raises(InputError, match="yield stress"):
        replace(STEEL, yield_pa=180e9)
    with pytest.raises(InputError, match="thicker"):
        Frame(np.zeros((2, 2)), np.array([[0, 1]]), np.array([-1.0]), 1.0, 1.0)
    with pytest.raises(InputError, match="longer"):
        Frame(np.zeros((2, 2)), np.array([[0, 1]]), np.array([1.0]), 1.0, 1.0)
