"""The report of a run: histograms and the table of exported designs."""

import re
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.quantity import LABELS, SHOWN
from ingenium.core.spec import Limit
from ingenium.drawing.run_charts import Histogram
from ingenium.report import run_report
from ingenium.runs import loop

pytestmark = pytest.mark.usefixtures("beams")


@pytest.mark.parametrize("limit", [Limit("q", at_most=0.37), Limit("q", at_least=-0.21)])
def test_no_bin_of_a_histogram_lies_on_both_sides_of_its_limit(limit: Limit) -> None:
    values = np.random.default_rng(0).normal(size=2000)
    bound = limit.at_most if limit.at_least is None else limit.at_least
    broken = values > bound if limit.at_least is None else values < bound
    found = Histogram.of(values, broken, [limit], "a number")
    assert np.abs(np.array(found.edges) - bound).min() < 1e-9
    assert found.edges[0] <= found.low
    assert found.edges[-1] >= found.high
    assert not np.any((found.meets > 0) & (found.violates > 0))


def test_whole_numbers_that_hold_lie_outside_the_red_zone() -> None:
    """An upper limit of 3 is a bound between the bars of 3 and 4."""
    values = np.repeat(np.arange(7.0), 5)
    found = Histogram.of(values, values > 3, [Limit("q", at_most=3)], "rings")
    assert found.bounds == (3.5,)
    assert found.shaded == ((3.5, 6.5),)
    assert found.meets.tolist() == [5.0, 5.0, 5.0, 5.0, 0.0, 0.0, 0.0]
    assert found.violates.tolist() == [0.0, 0.0, 0.0, 0.0, 5.0, 5.0, 5.0]
    (axes,) = found.figure().axes  # as in a notebook
    assert set(axes.lines[0].get_xdata()) == {3.5}
    assert axes.get_xlim() == (found.low, found.high) == (-0.5, 6.5)


def test_the_table_shows_what_differs_with_units_in_its_head(finished: loop.Run) -> None:
    """All beams are heavy, so that there is no column for it; their loads differ."""
    run_report = (finished.folder / "report.html").read_text()
    table = run_report[run_report.index("Best designs") :]
    heads = re.findall("<th>(.*?)</th>", table[: table.index("</tr>")].replace("<wbr>", ""))
    assert "load_n (N)" in heads
    assert "mass_kg (kg)" in heads
    assert not {"duty", "verdict"} & set(heads)
    assert table.count("<tr><td>") >= 20


def test_a_variable_is_shown_as_its_problem_writes_it(
    finished: loop.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The problem's text replaces its number; other values stay."""
    first, second = (v.name for v in finished.problem.variables[:2])

    def in_table(name: str, designs: xr.Dataset) -> tuple[str, ...] | None:
        return tuple(f"no. {i}" for i in designs[DESIGN].values) if name == first else None

    plain = run_report.render(finished)
    monkeypatch.setattr(finished.problem, "in_table", in_table)
    shown = run_report.render(finished)
    assert "<td>no. " in shown
    assert "<td>no. " not in plain
    assert second in shown.replace("<wbr>", "")


def test_numbers_of_a_design_are_in_the_units_and_names_that_people_read(
    finished: loop.Run,
) -> None:
    first, second = (v.name for v in finished.problem.variables[:2])
    designs = finished.designs.copy()
    designs[first] = designs[first].assign_attrs({SHOWN: "mm"})
    designs[second] = (0 * designs[second]).assign_attrs({LABELS: ["flat", "upright"]})
    shown = run_report.render(replace(finished, designs=designs))
    table = shown[shown.index("Best designs") :]
    table = table[: table.index("</table>")].replace("<wbr>", "")
    assert f"<th>{first} (mm)</th>" in table
    assert table.count("<td>flat</td>") >= 20


def test_a_margin_that_all_selected_share_is_not_the_smallest(finished: loop.Run) -> None:
    """A margin such as that of a yes-or-no quantity would otherwise be in each row."""
    limits = finished.spec.limits
    assert len(limits) > 1
    shared = finished.verdicts.copy(deep=True)
    shared["margin"][:, 0] = 0.0
    shown = run_report.render(replace(finished, verdicts=shared)).replace("<wbr>", "")
    table = shown[shown.index("Best designs") :]
    cells = re.findall(r"<td>([^<]*) of (\w+)</td>", table[: table.index("</table>")])
    assert len(cells) >= 20
    assert not any(name == limits[0].quantity for _, name in cells)
