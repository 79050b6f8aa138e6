"""Pictures that domains share: what is on them, and how it is named."""

import numpy as np
import pytest
import xarray as xr

from ingenium.core.verdict import Verdict
from ingenium.drawing.style import by_verdict, dress, field, front, gallery, named, plane


def test_a_gallery_has_a_title_over_each_and_nothing_in_the_rest():
    drawn = []
    figure = gallery(
        [f"part {i}" for i in range(5)], lambda axes, i: drawn.append(i), size=(2.0, 1.0)
    )
    assert drawn == list(range(5))
    assert [axes.get_title() for axes in figure.axes] == [f"part {i}" for i in range(5)] + [""] * 3
    assert not any(axes.axison for axes in figure.axes)
    assert figure.get_size_inches().tolist() == [8, 2]
    few = gallery(["one"], lambda axes, i: None, size=(2.0, 1.0))
    assert len(few.axes) == 1


@pytest.mark.parametrize(("unit", "text"), [("J", "work (J)"), ("1", "work")])
def test_a_quantity_is_named_with_its_unit(unit, text):
    assert named(xr.DataArray(1.0, attrs={"long_name": "work", "units": unit})) == text


def test_each_verdict_has_its_points_and_a_failed_one_has_none():
    _, axes = plane()
    verdict = np.array([Verdict.ACCEPTED, Verdict.REJECTED, Verdict.FAILED, Verdict.ACCEPTED])
    by_verdict(axes, np.arange(4.0), np.arange(4.0), verdict)
    dress(axes, "x (m)", "y (s)")
    points = {c.get_label(): c.get_offsets()[:, 0].tolist() for c in axes.collections}
    assert points == {"rejected": [1.0], "accepted": [0.0, 3.0]}
    assert axes.get_xlabel() == "x (m)"
    assert {t.get_text() for t in axes.get_legend().get_texts()} == {"rejected", "accepted"}
    assert not axes.spines["top"].get_visible()


def test_the_front_joins_what_no_other_beats():
    _, axes = plane()
    front(axes, np.array([[1.0, 3.0], [2.0, 2.0], [2.5, 2.5], [3.0, 1.0]]))
    assert axes.lines[0].get_xydata().tolist() == [[1, 3], [2, 2], [3, 1]]
    front(axes, np.empty((0, 2)))
    assert len(axes.lines) == 1


def test_a_field_lies_with_its_first_axis_to_the_right():
    _, axes = plane()
    share = np.zeros((3, 2))
    share[2, 0] = 1.0
    field(axes, share, (0.0, 3.0, 0.0, 2.0))
    (image,) = axes.images
    assert image.get_array()[0, 2] == 1.0
    assert image.origin == "lower"
    assert image.get_extent() == [0, 3, 0, 2]
