"""Row 36.7 in small: baselines and checks are what they say."""

import numpy as np
import pytest

from ingenium.core.problem import silent
from ingenium.domains.structures.studies import printed_columns
from ingenium.evaluate.measured import Budget
from ingenium.kits.solids.elastic.reference import Reference
from ingenium.kits.solids.printing.bearing import Head


def test_a_rectangular_column_under_its_middle_is_as_large_as_force_by_strength():
    found = printed_columns.rectangular_m3(Head((0.0, 0.0, -1e6)), 1.2, 2.0)
    assert found == pytest.approx(2e6 / 30e6 * 1.2, rel=0.05)  # its foot is held


def test_what_hangs_is_told():
    share = np.zeros((10, 10, 4))
    share[2:5, 2:5, :2] = 1.0
    share[3:6, 2:5, 2] = 1.0  # one cell aside rests
    assert printed_columns.hanging(share) == 0
    share[7:9, 7:9, 2] = 1.0
    assert printed_columns.hanging(share) == pytest.approx(4 / 31)


def test_columns_of_a_seed_are_the_same_and_fit_the_machine():
    work = printed_columns.FULL
    for seed in range(5):
        column, head = printed_columns.case(seed, work)
        assert printed_columns.case(seed, work) == (column, head)
        reach = np.abs(column.mesh().bounds[:, :2]).max()
        assert reach + printed_columns.APART_M < printed_columns.MACHINE.high_m[0]


@pytest.mark.slow
def test_quick_study_measures_all_parts(tmp_path):
    found = printed_columns.measure(Budget((0,), True, tmp_path), silent).values
    assert found["collisions"].interval.value == 0
    assert found["planted"].interval.value == 100
    assert found["capacity_agreement"].interval.value < 0.1


def test_the_second_engine_finds_the_capacity_of_a_beam_pressed_beside_its_middle():
    """Closed form: N / A + M / W at the corner cells' middles; 99.5 % of equal columns is it."""
    aside, force, cell = (0.03, -0.05), 1e6, 0.05
    head = Head((0.0, 0.0, -force), aside)
    part = printed_columns.standing((0.2, 0.2), 1.2, head, cell)
    share = np.ones(part.cells)
    moved = Reference(part.elastic).displacements_m(part.modulus_pa(share), part.load_n(share))
    width = part.cells[0] * cell
    at = width / 2 - cell / 2
    bending = (abs(aside[0]) + abs(aside[1])) * at / (width**4 / 12)
    truth = 1 / max(force * (bending - 1 / width**2) / 3e6, force * (1 / width**2 + bending) / 30e6)
    assert printed_columns.other_failure(part, share, moved) == pytest.approx(truth, rel=0.02)
    work, capacity = printed_columns.disagreement(part, share)
    assert max(work, capacity) < 1e-3
