"""Modes against closed forms, choices of sensors against all possible ones, a fitted generator."""

from itertools import combinations

import numpy as np
import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.train.plan import Plan
from ingenium_book.studies.structures.plates import placement
from ingenium_book.studies.structures.plates.plate import PATCHES, Plate, drawn, modes
from ingenium_book.studies.structures.plates.proposer import COUNT, Proposer, heard

SUPPORTED = Plate(("supported",) * 4, width=0.5)


def test_frequencies_of_supported_and_clamped_plates() -> None:
    waves = [np.pi**2 * (i**2 + 4 * j**2) for i in range(1, 8) for j in range(1, 8)]
    assert modes(SUPPORTED, 6).frequency == pytest.approx(np.sort(waves)[:6], rel=3e-4)
    clamped = modes(Plate(("clamped",) * 4), 1).frequency[0]
    assert clamped == pytest.approx(35.985, rel=1e-4)  # Leissa 1973, J. Sound Vib. 31:257, table


def test_rigidity_across_and_a_fixed_mass_act_as_in_closed_form() -> None:
    stiff = Plate(("supported",) * 4, across=2.0, poisson=0.2, twist=0.5)
    square = 1 + 2.0 + 2 * (0.2 + 2 * 0.5) * np.sqrt(2)  # of (frequency / pi^2)
    assert modes(stiff, 1).frequency[0] == pytest.approx(np.pi**2 * np.sqrt(square), rel=1e-4)
    bare = modes(SUPPORTED, 1).frequency[0]
    loaded = modes(Plate(SUPPORTED.edges, 0.5, masses=((0.5, 0.5, 1e-4),)), 1).frequency[0]
    shift = 1e-4 * 4  # of the square: mass times the square of the mode, which is 2 in the middle
    assert (bare / loaded) ** 2 - 1 == pytest.approx(shift, rel=0.02)


def test_patches_hear_the_mean_curvature_under_them() -> None:
    plate = Plate(("supported",) * 4)
    got = np.abs(modes(plate, 1).heard[:, 0]).reshape(PATCHES)
    means = []
    for n in PATCHES:
        ends = np.cos(np.pi * np.linspace(0, 1, n + 1))
        means.append(n * (ends[:-1] - ends[1:]) / np.pi)
    want = 2 * 2 * np.pi**2 * np.outer(*means)  # the mode is 2 sin sin, its curvature -2 pi^2 times
    assert got == pytest.approx(want, rel=1e-3)


def test_a_plate_that_nothing_holds_is_refused() -> None:
    with pytest.raises(InputError, match="edges that hold"):
        Plate(("free",) * 4)


@pytest.fixture
def rows() -> np.ndarray:
    rng = np.random.default_rng(3)
    return rng.standard_normal((10, 3)) * np.array([4.0, 2.0, 1.0])


def test_rules_against_all_choices(rows: np.ndarray) -> None:
    every = [np.array(c) for c in combinations(range(10), 4)]
    best = max(placement.information(rows, c) for c in every)
    loose = placement.relaxed(rows, 4, close=1e-7)
    assert best <= loose.bound <= 1.05 * best
    assert loose.weights.sum() == pytest.approx(4)
    assert loose.weights.min() >= 0
    assert loose.weights.max() <= 1
    greedy = placement.greedy(rows, 4)
    assert placement.information(rows, greedy) >= (1 - np.exp(-1)) * best
    first = [placement.information(rows, np.array([i])) for i in range(10)]
    assert greedy[0] == int(np.argmax(first))
    end = placement.exchanged(rows, np.array([0, 1, 2, 3]))
    worth = placement.information(rows, end)
    near = [c for c in every if len(set(c) & set(end)) == 3]
    assert all(placement.information(rows, c) <= worth + 1e-9 for c in near)
    assert worth > placement.information(rows, np.array([0, 1, 2, 3]))


def test_information_of_one_sensor_is_that_of_a_gaussian_channel() -> None:
    row = np.array([[3.0, 4.0]])
    assert placement.information(row) == pytest.approx(0.5 * np.log(26))


@pytest.mark.parametrize("rule", [placement.effective_independence, placement.pivoted])
def test_rules_of_the_field_leave_out_what_hears_nothing(rule: object) -> None:
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.standard_normal((4, 4)), 1e-6 * rng.standard_normal((6, 4))])
    assert callable(rule)
    assert sorted(rule(rows, 4)) == [0, 1, 2, 3]


@pytest.mark.slow
def test_the_generator_fills_sets_as_it_has_seen() -> None:
    rng = np.random.default_rng(1)
    plates = [placement.rows_of(modes(drawn(rng), 6), 0.01) for _ in range(6)]
    cond = heard(torch.from_numpy(np.stack(plates)))
    chosen = torch.zeros(6, COUNT)
    for i, own in enumerate(plates):
        chosen[i, placement.greedy(own, 4)] = 1.0
    torch.manual_seed(0)
    proposer = Proposer(6, 4)
    proposer.fit(chosen, cond, Plan(steps=120, batch=6, learning_rate=1e-2, ema_decay=0.9))
    made = proposer.propose(cond, torch.Generator().manual_seed(0))
    again = proposer.propose(cond, torch.Generator().manual_seed(0))
    assert torch.equal(made, again)
    assert (made.sum(1) == 4).all()
    assert float((made * chosen).sum()) >= 18  # of 24; by chance it would be 1
