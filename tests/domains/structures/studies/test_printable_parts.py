"""Rows 25.5 to 25.8 in small: what is judged is judged rightly."""

import numpy as np
import pytest
import torch
from ingenium.studies.registry import find

from ingenium.domains.structures.optimise.build import Build
from ingenium.domains.structures.optimise.parts import HELD_OUT, PARTS
from ingenium.domains.structures.optimise.simp import Simp, compliance_of
from ingenium.domains.structures.studies import (
    layered_build,
    manufacturing_limits,
    part_and_supports,
)
from ingenium.domains.structures.studies.manufacturing_limits import prescription
from ingenium.kits.solids.elastic.supports import require_held


def test_a_block_with_a_slot_and_pads_breaks_no_limit_but_the_span_over_its_slot():
    asked = PARTS["low_cantilever"]((20, 4, 10), (0.5,))
    prescribed = type(asked)(
        asked.elastic, asked.load_n, asked.volume_fraction, prescription(asked)
    )
    block = prescribed.impose(torch.ones(1, 800, dtype=torch.float64))
    found = manufacturing_limits.judged(prescribed, block, "+z")
    assert found["misplaced"] == 0
    assert found["thin"] == 0
    assert found["hidden"] == 0
    assert 0 < found["overhang"] < 5
    assert found["volume"] == pytest.approx(100 * float(block.mean()), abs=1)
    low = torch.zeros(1, 20, 4, 10, dtype=torch.float64)
    low[..., :9] = 1.0
    filled = manufacturing_limits.judged(prescribed, low.flatten(1), "+z")
    assert filled["misplaced"] > 10
    assert filled["overhang"] == 0


def test_stages_of_a_table_are_not_within_the_limit_and_those_of_a_block_are():
    asked = PARTS["cantilever"]((12, 6), (0.5,))
    build = Build(asked.elastic.grid, "+y")
    table = torch.zeros(1, 12, 6, dtype=torch.float64)
    table[:, 5], table[:, :, 5] = 1.0, 1.0
    block = torch.zeros(1, 12, 6, dtype=torch.float64)
    block[:, :, :3] = 1.0
    limit = layered_build.LIMIT * 6**2 / 2
    kept = layered_build.judged(asked, build, limit, block.flatten(1), carried=True)
    assert kept["stages_within"] == 100
    assert kept["overhang_percent"] == 0
    shares = torch.tensor([17 / 72], dtype=torch.float64)
    asked = type(asked)(asked.elastic, asked.load_n, shares)
    broken = layered_build.judged(asked, build, limit, table.flatten(1), carried=False)
    assert broken["stages_within"] == pytest.approx(100 * 5 / 6)
    assert broken["overhang_percent"] == pytest.approx(100 * 9 / 17)


def test_time_counts_part_supports_and_layers():
    grid = PARTS["cantilever"]((12, 6), (0.5,)).elastic.grid
    half = torch.full((4,), 0.5, dtype=torch.float64)
    time = part_and_supports.print_time(grid, half, half)
    assert time.tolist() == [36 + 9 + 24, 36 + 9 + 24, 36 + 9 + 12, 36 + 9 + 12]


def test_parts_that_were_held_out_are_held_and_none_of_those_looked_at():
    work = {}
    for name, part in (dict(PARTS) | dict(HELD_OUT)).items():
        asked = part((8, 4), (0.5,))
        require_held(asked.elastic.grid, asked.elastic.fixed)
        solid = torch.ones(1, 32, dtype=torch.float64)
        work[name] = float(compliance_of(asked, solid, Simp()))
    assert work["corbel"] > work["high_cantilever"]  # held on less
    assert work["high_cantilever"] == pytest.approx(work["low_cantilever"])  # upside down
    assert not set(PARTS) & set(HELD_OUT)


def test_nothing_saved_where_nothing_was():
    assert part_and_supports._saved([(0.0, 0.0), (0.0, 0.0)]).value == 0
    assert part_and_supports._saved([(4.0, 1.0), (4.0, 1.0)]).value == 75
    assert part_and_supports._saved([(0.0, 2.0), (0.0, 2.0)]).value == -100


def test_specks_beside_a_part_are_not_printed():
    solid = np.zeros((6, 6), dtype=bool)
    solid[:4, :2], solid[5, 5] = True, True
    assert np.array_equal(part_and_supports.connected(solid), solid & (np.arange(6) < 5))


@pytest.mark.slow
@pytest.mark.parametrize("row", ["25.5", "25.6", "25.7", "25.8"])
def test_quick_study_measures_all_parts(row, tmp_path):
    result = find(row).run((0,), quick=True, folder=tmp_path)
    assert set(result.values) == {part.name for part in find(row).parts}
