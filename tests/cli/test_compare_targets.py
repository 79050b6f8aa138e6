"""`compare --targets`: methods on held-out targets at equal calls."""

from pathlib import Path

import pytest
from calling import answer, call

from ingenium.comparison import verdicts
from ingenium.comparison.verdicts import HeadToHeadVerdict

pytestmark = pytest.mark.usefixtures("plugin")


def test_it_says_who_meets_wishes_and_keeps_table_picture_and_numbers(tmp_path: Path) -> None:
    spec = tmp_path / "light.toml"
    spec.write_text(
        'problem = "toy.cantilever"\n[[objectives]]\nquantity = "mass_kg"\nsense = "minimise"\n'
    )
    words = (
        "compare",
        "toy.cantilever",
        "--spec",
        spec,
        "--targets",
        2,
        "--calls",
        4,
        "--seeds",
        1,
    )
    words += ("--family", "nearest_known,bootstrap", "--out", tmp_path / "out")
    code, text, errors = call(*words)
    assert code == 0, errors
    assert "Best method for toy.cantilever by targets met with a new design within 4 calls" in text
    files = {f.name for f in (tmp_path / "out").iterdir()}
    assert files == {"head_to_head", "head_to_head.json", "head_to_head.md", "head_to_head.png"}
    arms = [result["arm"] for result in answer(*words)]
    assert arms == ["nearest_known", "random", "optimiser (evolution)", "bootstrap"]


def test_what_a_contest_found_is_said_by_show_and_not_under_an_own_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched = "optimiser (evolution)"
    shares = {"inside": {"nearest_known": 0.25, searched: 0.75}}
    level, own = {"inside": (searched,)}, {"inside": 0.5}
    known = HeadToHeadVerdict("toy.cantilever", 8, shares, level, ("bootstrap",), own)
    monkeypatch.setattr(verdicts, "verdict_on", lambda kind: known)
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path / "cache"))  # without pages of problems
    said = (
        "Benchmark on held-out targets (8 engine calls each), share met by new designs: "
        "inside the data 75 % by "
        "optimiser (evolution). Better inside the data: ingenium search toy.cantilever."
    )
    code, text, errors = call("propose", "toy.cantilever", "-n", 4, "--out", tmp_path / "run")
    assert code == 0, errors
    assert said not in text
    assert said not in (tmp_path / "run" / "report.html").read_text()
    assert said in call("show", "toy.cantilever")[1]


@pytest.mark.parametrize(
    ("family", "expected"), [("vae:none", "steps of training"), ("vaee", "vae")]
)
def test_a_family_that_is_none_is_refused(family: str, expected: str, tmp_path: Path) -> None:
    words = ("compare", "toy.cantilever", "--targets", 2, "--family", family, "--out", tmp_path)
    code, _, errors = call(*words)
    assert code == 2
    assert expected in errors


def test_a_problem_that_measures_no_wish_is_refused(tmp_path: Path) -> None:
    code, _, errors = call("compare", "toy.cantilever", "--targets", 2, "--out", tmp_path)
    assert code == 2
    assert "an objective in the spec" in errors


def test_calls_go_with_wishes(tmp_path: Path) -> None:
    code, _, errors = call("compare", "toy.cantilever", "--calls", 4, "--out", tmp_path)
    assert code == 2
    assert "Add --targets 6" in errors
