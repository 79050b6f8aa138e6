"""Elements of reports draw their input: limits, fronts, units, and failed designs."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ingenium.core.errors import InputError
from ingenium.core.select import best
from ingenium.core.spec import Limit
from ingenium.core.verdict import Verdict
from ingenium.drawing import (
    EXACT,
    HOURS_OF_DAY,
    Axis,
    MapField,
    Marks,
    OverTime,
    Pane,
    Plane,
    PlaneMap,
    Requested,
    TimeBand,
    figure_of,
    gallery,
    limits,
    quantiles,
    table,
)
from ingenium.drawing.plane import front
from ingenium.drawing.style import field, plane

NAN = np.nan
A, R, F = Verdict.ACCEPTED, Verdict.REJECTED, Verdict.FAILED


def measured(mass=(1.0, 2.0, NAN, 4.0), verdict=(A, R, F, A), labels=()):
    mass = np.array(mass, dtype=np.float64)
    about = {"units": "m", "long_name": "deflection of the tip", "shown_units": "mm"}
    return xr.Dataset(
        {
            "mass": ("design", mass, {"units": "kg", "long_name": "mass"}),
            "tip": ("design", mass[::-1] / 1000, about),
            "margin": (("design", "limit"), np.zeros((len(mass), len(labels)))),
            "verdict": ("design", np.array(verdict, dtype=object)),
        },
        coords={"design": np.arange(len(mass)), "limit": list(labels)},
    )


def drawn(piece: Pane) -> Axes:
    figure = figure_of(piece)
    figure.draw_without_rendering()
    return figure.axes[0]


def legend(axes: Axes) -> list[str]:
    found = axes.get_legend()
    return [] if found is None else [t.get_text() for t in found.get_texts()]


def shaded(axes: Axes) -> list[tuple[float, float]]:
    """Spans of x that a limit rules out."""
    spans = [p.get_extents().transformed(axes.transData.inverted()) for p in axes.patches]
    return [(float(s.x0), float(s.x1)) for s in spans if s.height > 0]


@pytest.mark.parametrize(
    "limit",
    [
        Limit("mass", at_most=2.5),
        Limit("mass", 0.9, 1.1, unit="pu"),
        Limit("x2_peak", at_least=-1e-7, unit="m/s**2", beyond_uncertainty=True),
    ],
)
def test_a_limit_is_read_from_its_label(limit: Limit) -> None:
    assert Limit.labelled(limit.label) == limit


def test_what_is_no_label_of_a_limit_is_refused() -> None:
    for text in ("as light as possible", "mass", "light <= mass"):
        with pytest.raises(InputError, match="expected the label of a limit"):
            Limit.labelled(text)


def test_an_axis_has_the_unit_that_people_read_and_the_limits_of_the_verdicts() -> None:
    one = measured(labels=["tip <= 0.003 [m]", "1.5 <= mass [kg]"])
    axis = Axis.of(one, "tip")
    assert axis.label == "deflection of the tip (mm)"
    assert axis.values[0] == pytest.approx(4.0)
    assert axis.bounds == [3.0]
    assert [x.label for x in limits(one)] == ["tip <= 0.003 [m]", "1.5 <= mass [kg]"]
    assert Axis.of(one, "tip", "sag", unit="cm").label == "sag (cm)"
    assert limits(one.drop_dims("limit")) == ()


def test_each_verdict_has_its_points_and_what_has_no_answer_is_counted() -> None:
    one = measured()
    verdict = one["verdict"].to_numpy()
    axes = drawn(Plane(Axis.of(one, "mass"), Axis(np.arange(4.0), "y", "s"), verdict))
    points = {c.get_label(): c.get_offsets()[:, 0].tolist() for c in axes.collections}
    assert points == {"rejected": [2.0], "accepted": [1.0, 4.0]}
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("mass (kg)", "y (s)")
    assert set(legend(axes)) == {"rejected", "accepted", "1 without a result, not shown"}
    assert not axes.spines["top"].get_visible()


def test_limits_are_lines_with_the_side_beyond_them_shaded() -> None:
    x = Axis(np.array([1.0, 2.0, 3.0]), "x", limits=(Limit("x", at_most=2.5),))
    axes = drawn(Plane(x, Axis(np.arange(3.0), "y")))
    assert [line.get_xdata()[0] for line in axes.lines] == [2.5]
    ((start, end),) = shaded(axes)
    assert (start, end) == pytest.approx((2.5, axes.get_xlim()[1]))
    low = Axis(x.values, "x", limits=(Limit("x", at_least=1.5),))
    ((start, end),) = shaded(drawn(Plane(low, Axis(np.arange(3.0), "y"))))
    assert start < 1.0
    assert end == pytest.approx(1.5)


def test_a_range_grows_to_a_near_limit_and_names_a_far_one() -> None:
    y = Axis(np.arange(3.0), "y")
    near = Axis(np.array([1.0, 2.0]), "x", limits=(Limit("x", at_most=2.3),))
    assert drawn(Plane(near, Axis(y.values[:2], "y"))).get_xlim()[1] > 2.3
    far = Axis(np.array([1.0, 2.0]), "x", "kg", limits=(Limit("x", at_most=900.0),))
    axes = drawn(Plane(far, Axis(y.values[:2], "y")))
    assert axes.get_xlim()[1] < 3
    assert axes.get_xlabel() == "x (kg)\n(limit 900 lies outside)"
    assert not axes.lines


def test_of_logarithms_only_what_is_above_0_is_drawn() -> None:
    x = Axis(np.array([0.0, 1.0, 10.0]), "x", limits=(Limit("x", at_least=0.0),), log=True)
    axes = drawn(Plane(x, Axis(np.arange(3.0), "y")))
    assert axes.get_xscale() == "log"
    assert axes.collections[0].get_offsets()[:, 0].tolist() == [1.0, 10.0]
    assert axes.get_xlabel() == "x"
    assert legend(axes) == ["1 without a result, not shown"]


@pytest.mark.parametrize(
    ("signs", "through"),
    [((1, 1), [[1, 3], [2, 2], [3, 1]]), ((-1, -1), [[1, 3], [2.5, 2.5], [3, 1]])],
)
def test_the_front_joins_what_no_other_beats(signs, through) -> None:
    _, axes = plane()
    front(axes, np.array([[1.0, 3.0], [2.0, 2.0], [2.5, 2.5], [3.0, 1.0]]), signs)
    assert axes.lines[0].get_xydata().tolist() == through
    front(axes, np.empty((0, 2)), signs)
    assert len(axes.lines) == 1


def test_the_front_is_of_accepted_designs_alone() -> None:
    y = Axis(np.array([3.0, 1.0, NAN, 2.0]), "y")
    one = measured()
    axes = drawn(Plane(Axis.of(one, "mass"), y, one["verdict"].to_numpy(), front=(1, 1)))
    assert axes.lines[0].get_xydata().tolist() == [[1, 3], [4, 2]]


def test_a_third_number_has_a_bar_and_what_lacks_it_a_cross() -> None:
    one = measured()
    three = [Axis(np.arange(4.0), name) for name in ("x", "y")]
    shown = Plane(*three, one["verdict"].to_numpy(), colour=Axis.of(one, "mass"))
    figure = figure_of(shown)
    axes, bar = figure.axes
    assert bar.get_ylabel() == "mass (kg)"
    assert legend(axes) == ["1 without an answer", "accepted"]


@pytest.mark.parametrize("n", [0, 1])
def test_one_design_and_none_can_be_drawn(n: int) -> None:
    own = Axis(np.arange(n) + 1.0, "x", "m", (Limit("x", at_most=3.0),))
    verdict = np.array([A] * n, dtype=object)
    for piece in (
        Plane(own, own, verdict, front=(1, 1)),
        Plane(own, own, verdict, colour=own),
        Plane(Axis(own.values, "x", log=True), own),
        Requested(own, own, verdict, tolerance=0.1),
        OverTime(np.arange(3.0), [TimeBand(np.ones((n, 3)), "own")], "load", "kW"),
        PlaneMap([Marks("place", own.values, own.values)]),
    ):
        axes = drawn(piece)
        assert isinstance(piece, Pane)
        if isinstance(piece, OverTime) and n == 0:
            assert [t.get_text() for t in axes.texts] == ["no design"]
    assert table(("x", own.values, ".1f"))[1:] == (("1.0",),) * n


def test_requests_lie_against_what_was_achieved_with_the_band_between() -> None:
    wanted, found = Axis(np.array([1.0, 2.0, 3.0]), "a"), Axis(np.array([1.1, NAN, 3.0]), "b")
    axes = drawn(Requested(wanted, found, tolerance=0.1))
    (diagonal,) = axes.lines[:1]
    assert (diagonal.get_xdata() == diagonal.get_ydata()).all()
    band = axes.collections[0].get_paths()[0].vertices
    assert band[:, 1].max() == pytest.approx(1.1 * band[:, 0].max())
    assert axes.collections[1].get_offsets().tolist() == [[1.0, 1.1], [3.0, 3.0]]
    assert "1 without a result, not shown" in legend(axes)


def test_series_become_their_median_and_one_series_a_line() -> None:
    time, values = np.arange(4.0), np.arange(20.0).reshape(5, 4)
    many, one = TimeBand(values, "proposed"), TimeBand(values[:1], "one", "#000000")
    axes = drawn(OverTime(time, (many, one), "load", "kW", "hour", ticks=HOURS_OF_DAY))
    assert axes.lines[0].get_ydata().tolist() == values[2].tolist()
    assert axes.lines[1].get_ydata().tolist() == values[0].tolist()
    assert len(axes.collections) == 2
    assert (axes.get_title(), axes.get_xlabel()) == ("load (kW)", "hour")
    assert legend(axes) == ["proposed", "one"]
    exact = drawn(OverTime(time, [TimeBand(values, levels=EXACT)], "q"))
    wide = exact.collections[0].get_paths()[0].vertices[:, 1]
    assert (wide.min(), wide.max()) == (values.min(), values.max())


def test_series_without_an_answer_are_counted_and_limits_drawn_over_time() -> None:
    values = np.array([[1.0, 2.0], [NAN, NAN], [2.0, 3.0]])
    over = Limit("u", at_most=2.6)
    axes = drawn(OverTime(np.arange(2.0), [TimeBand(values, "u")], "u", "V", limits=(over,)))
    assert legend(axes) == ["1 without a result, not shown", "u"]
    assert 2.6 in [line.get_ydata()[0] for line in axes.lines if len(line.get_ydata())]


def test_a_table_has_units_formats_and_empty_cells() -> None:
    assert table(("design", [3, 7], ""), ("mass (kg)", [1.25, NAN], ".1f")) == (
        ("design", "mass (kg)"),
        ("3", "1.2"),
        ("7", ""),
    )
    rows = quantiles(measured(), ["mass"], mean=True)
    assert rows[0] == ("quantity", "mean", "5 %", "median", "95 %", "unit")
    assert rows[1] == ("mass", "2.333", "1.1", "2", "3.8", "kg")
    assert quantiles(measured((NAN,), (F,)), ["mass"])[1] == ("mass", "", "", "", "kg")


def test_a_map_has_its_field_upright_its_links_and_its_names() -> None:
    share = np.zeros((3, 2))
    share[2, 0] = 1.0
    below = MapField(share, (0.0, 3.0, 0.0, 2.0), name="pressure", unit="bar")
    place = Marks("tank", np.array([1.0]), np.array([1.5]), notes=["T1"])
    shown = PlaneMap([place], np.array([[[0.0, 0.0], [3.0, 2.0]]]), below, "east (m)", "north (m)")
    figure = figure_of(shown)
    axes, bar = figure.axes
    (image,) = axes.images
    assert image.get_array()[0, 2] == 1.0
    assert image.get_extent() == [0, 3, 0, 2]
    assert bar.get_ylabel() == "pressure (bar)"
    assert [t.get_text() for t in axes.texts] == ["T1"]
    assert len(axes.collections[0].get_segments()) == 1
    assert axes.get_xlabel() == "east (m)"


def test_a_gallery_has_a_title_over_each_a_key_below_and_nothing_in_the_rest() -> None:
    seen = []
    names = [f"part {i}" for i in range(5)]
    figure = gallery(
        names, lambda axes, i: seen.append(i), size=(2.0, 1.0), rows=["a", "b"], key={"top": "red"}
    )
    assert seen == list(range(5))
    assert [axes.get_title() for axes in figure.axes] == names + [""] * 3
    assert not any(axes.axison for axes in figure.axes)
    assert figure.get_size_inches().tolist() == [8, 2]
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["top"]
    assert [t.get_text() for axes in figure.axes for t in axes.texts] == ["a", "b"]
    assert len(gallery(["one"], lambda axes, i: None, size=(2.0, 1.0)).axes) == 1
    assert isinstance(gallery([], lambda axes, i: None, size=(2.0, 1.0)), Figure)


def test_the_best_are_accepted_designs_by_one_number() -> None:
    one = measured()
    assert best(one, "mass").tolist() == [0, 3]
    assert best(one, "mass", most=True).tolist() == [3, 0]
    assert not len(best(measured((1.0,), (R,)), "mass"))


def test_material_lies_with_its_first_axis_to_the_right() -> None:
    _, axes = plane()
    share = np.zeros((3, 2))
    share[2, 0] = 1.0
    field(axes, share, (0.0, 3.0, 0.0, 2.0))
    (image,) = axes.images
    assert image.get_array()[0, 2] == 1.0
    assert image.origin == "lower"
