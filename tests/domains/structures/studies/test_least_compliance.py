"""Row 25.4 in small: the same parts in another program, and slopes that a fault would show."""

from dataclasses import replace

import pytest
import torch

from ingenium.domains.structures.optimise.parts import PARTS
from ingenium.domains.structures.optimise.simp import Simp, simp
from ingenium.domains.structures.optimise.work import work_of
from ingenium.domains.structures.studies import least_compliance


@pytest.mark.parametrize(
    ("name", "cells"),
    [("two_loads", (12, 6)), pytest.param("half_mbb", (6, 4, 4), marks=pytest.mark.slow)]
    + [pytest.param(n, c, marks=pytest.mark.slow) for n in PARTS for c in ((16, 8), (8, 4, 4))],
)
def test_pymoto_starts_and_ends_where_we_do(name, cells):
    asked = replace(PARTS[name](cells, (0.5,)), passive=None)
    for steps, close in ((0, 1e-6), (40, 0.03)):
        settings = Simp(
            steps=steps, radius_cells=1.5, filter="density", method="mma", tolerance=0.0
        )
        ours = float(simp(asked, settings).compliance_j[0, -1])
        assert ours == pytest.approx(least_compliance.pymoto_compliance(asked, settings), rel=close)


def test_slopes_agree_and_a_wrong_one_would_be_seen(monkeypatch):
    asked = PARTS["half_mbb"]((12, 6), (0.5,))
    assert least_compliance.slope_error(asked, 0) < 1e-4

    def wrong(elastic, modulus, load):
        work, u = work_of(elastic, modulus, load)
        return work.detach() * 0.99 + 0.01 * work, u

    monkeypatch.setattr("ingenium.domains.structures.optimise.simp.work_of", wrong)
    assert least_compliance.slope_error(asked, 0) > 0.1


def test_weights_of_loads_are_their_roots():
    asked = PARTS["two_loads"]((8, 4), (0.5,))
    density = torch.full((1, 32), 0.5, dtype=torch.float64)
    work, _ = work_of(asked.elastic, density, asked.load_n * 2**0.5)
    plain, _ = work_of(asked.elastic, density, asked.load_n)
    torch.testing.assert_close(work, 2 * plain)
