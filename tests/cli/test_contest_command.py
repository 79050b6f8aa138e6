"""`compare --wishes`: methods on held-out targets at equal calls."""

from pathlib import Path

import pytest
from calling import answer, call

from ingenium.cli import outcome
from ingenium.comparison import verdicts
from ingenium.comparison.verdicts import ContestVerdict
from ingenium.report import page

pytestmark = pytest.mark.usefixtures("plugin")


def test_it_says_who_meets_wishes_and_keeps_table_picture_and_numbers(tmp_path: Path) -> None:
    spec = tmp_path / "light.toml"
    spec.write_text(
        'problem = "toy.cantilever"\n[[objectives]]\nquantity = "mass_kg"\nsense = "minimise"\n'
    )
    words = ("compare", "toy.cantilever", "--spec", spec, "--wishes", 2, "--calls", 4, "--seeds", 1)
    words += ("--family", "nearest_known,bootstrap", "--out", tmp_path / "out")
    code, text, errors = call(*words)
    assert code == 0, errors
    assert "Of targets for toy.cantilever something new meets most within 4 calls" in text
    files = {f.name for f in (tmp_path / "out").iterdir()}
    assert files == {"contest", "contest.json", "contest.md", "contest.png"}
    arms = [result["arm"] for result in answer(*words)]
    assert arms == ["nearest_known", "random", "optimiser (evolution)", "bootstrap"]


def test_a_proposal_its_report_and_show_say_what_a_contest_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched = "optimiser (evolution)"
    shares = {"inside": {"nearest_known": 0.25, searched: 0.75}}
    level, own = {"inside": (searched,)}, {"inside": 0.5}
    known = ContestVerdict("toy.cantilever", 8, shares, level, ("bootstrap",), own)
    for module in (outcome, page, verdicts):
        monkeypatch.setattr(module, "verdict_on", lambda kind: known)
    said = (
        "Benchmark on held-out targets (8 engine calls each), share met by new designs: "
        "inside the data 75 % by "
        "optimiser (evolution). Better inside the data: ingenium search toy.cantilever."
    )
    code, text, errors = call("propose", "toy.cantilever", "-n", 4, "--out", tmp_path / "run")
    assert code == 0, errors
    assert said in text
    assert said in (tmp_path / "run" / "report.html").read_text()
    assert said in call("show", "toy.cantilever")[1]


@pytest.mark.parametrize(
    ("family", "expected"), [("vae:none", "steps of training"), ("vaee", "vae")]
)
def test_a_family_that_is_none_is_refused(family: str, expected: str, tmp_path: Path) -> None:
    words = ("compare", "toy.cantilever", "--wishes", 2, "--family", family, "--out", tmp_path)
    code, _, errors = call(*words)
    assert code == 2
    assert expected in errors


def test_a_problem_that_measures_no_wish_is_refused(tmp_path: Path) -> None:
    code, _, errors = call("compare", "toy.cantilever", "--wishes", 2, "--out", tmp_path)
    assert code == 2
    assert "an objective in the spec" in errors


def test_calls_go_with_wishes(tmp_path: Path) -> None:
    code, _, errors = call("compare", "toy.cantilever", "--calls", 4, "--out", tmp_path)
    assert code == 2
    assert "Add --wishes 6" in errors
