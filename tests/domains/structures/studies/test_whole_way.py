"""Row 25.1: rules of the parameters, and the way in small."""

import pytest
from ingenium.studies.registry import find

from ingenium.core.spec import Limit
from ingenium.domains.structures.studies import whole_way


def test_two_beads_fit_into_the_thinnest_wall_of_the_spec():
    bead = whole_way.bead_of((Limit("mass", at_most=1.0), Limit("min_feature", at_least=5.0)))
    assert (bead.width_m, bead.height_m) == pytest.approx((0.0025, 0.00125))


@pytest.mark.slow
def test_quick_study_measures_all_parts(tmp_path):
    result = find("25.1").run((0,), quick=True, folder=tmp_path)
    assert set(result.values) == {part.name for part in find("25.1").parts}
    assert result.values["stages"].value == 100
    assert result.values["monitored"].value == 0
