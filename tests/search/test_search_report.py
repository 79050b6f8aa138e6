"""The report of a search: its trajectory, its conflicts, its results."""

from pathlib import Path

import pytest

import ingenium
import known_fronts
from ingenium.report.words import exported
from ingenium.runs.search_plan import SearchPlan
from ingenium.searches.stopping import Stop

pytestmark = pytest.mark.usefixtures("fronts")
CONFLICT = [{"quantity": "f1", "at_least": 0.62}, {"quantity": "f0", "at_most": 0.9}]


def test_it_shows_the_conflict_with_the_nearest_front(tmp_path: Path) -> None:
    """A mean of 0.62 of six numbers is at least 6 * 0.42^2 = 1.06 from the point of all 0.2."""
    spec = known_fronts.spec(limits=[*CONFLICT, {"quantity": "f2", "at_most": 1.0}])
    found = ingenium.search(spec, SearchPlan("cma_es", 0, 32), Stop(96), tmp_path / "o")
    page = (tmp_path / "o" / "result" / "report.html").read_text()
    assert "No design meets every limit" in page
    assert "f1 at least 0.62 and f0 at most 0.9" in page
    assert "The nearest that was attained" in page
    assert found.session is not None
    assert found.session.unmet is not None
    assert len(found.session.unmet.front) > 2
    for one in found.session.unmet.front:
        assert one.values["f0"] >= 6 * max(one.values["f1"] - 0.2, 0) ** 2 - 1e-9, "closed form"
    nearest = found.session.unmet.front[0]
    assert f"<td>{nearest.design}</td>" in page


def test_it_shows_how_a_front_grew_and_what_the_strategy_says(tmp_path: Path) -> None:
    spec = known_fronts.spec(setup={"function": "zdt1"}, objectives=known_fronts.BOTH)
    ingenium.search(spec, SearchPlan("map_elites:f2", 0, 32), Stop(96), tmp_path / "o")
    page = (tmp_path / "o" / "result" / "report.html").read_text()
    for caption in ("Hypervolume", "Designs of the front", "Coverage", "QD score", "Best f0"):
        assert caption in page
    assert "All designs over the first two objectives" in page
    assert page.count("<svg") == 7
    assert "Binding limits" not in page


LEAST_F0 = known_fronts.LEAST_SQUARE


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"objectives": LEAST_F0}, "the best 10 of {} accepted designs (10, since [select]"),
        ({"objectives": LEAST_F0, "select": {"count": 5}}, "the best 5 of {} accepted designs (as"),
        ({"select": {"count": 500}}, "all {} accepted designs"),
        (
            {"select": {"count": 500, "min_distance": 99.0}},
            "the first 1 of {} accepted designs (all that",
        ),
        (
            {"setup": {"function": "zdt1"}, "objectives": known_fronts.ALL},
            "of {} accepted designs (the front of the objectives, since [select] gives no count)",
        ),
    ],
)
def test_it_says_what_is_kept_of_how_many_and_why(
    tmp_path: Path, entries: dict[str, object], words: str
) -> None:
    found = ingenium.search(
        known_fronts.spec(**entries), SearchPlan("evolution", 0, 32), Stop(96), tmp_path / "o"
    )
    page = (tmp_path / "o" / "result" / "report.html").read_text()
    said = words.format(found.summary.accepted)
    assert found.summary.accepted > 10
    assert said in page
    assert said in exported(found)
