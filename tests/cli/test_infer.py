"""The commands of the how-to on posteriors, on a problem whose posterior is known."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from calling import answer, call

from plugged import distribution, plugged

sys.path.insert(0, str(Path(__file__).parents[1] / "infer"))

SPEC = """
problem = "hidden.linear"
title = "Three numbers of which two sums were read"
samples = 2000
truths = 80
ranked = 80
check_samples = 1000
prior_samples = 64
[setup]
method = "importance"
exact_prior = true
known = 500
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    own = distribution(tmp_path_factory.mktemp("hidden"), "hidden", {"hidden": "linear:DOMAIN"})
    (own / "spec.toml").write_text(SPEC)
    (own / "seen.csv").write_text("seen\n1.2\n-3.1\n")
    with plugged(own) as found:
        yield found


@pytest.fixture(scope="module")
def inferred(folder: Path) -> Path:
    spec, given = ("--spec", folder / "spec.toml"), ("--given", folder / "seen.csv")
    code, text, said = call("infer", "hidden.linear", *spec, *given, "--out", folder / "out")
    assert code == 0, said
    assert "accepted" in text
    return folder / "out"


def test_a_posterior_is_shown_and_inferred_again(inferred: Path) -> None:
    shown = answer("show", inferred)
    assert shown["method"] == "importance"
    assert shown["estimates"]["first"]["q05"] < shown["estimates"]["first"]["q95"]
    assert "nuts" in answer("posterior", "methods")["methods"]
    assert (inferred / "given" / "seen.csv").is_file()
    assert answer("replay", inferred)["reproduced"]


def test_a_problem_without_readings_and_a_spec_of_another_are_refused(folder: Path) -> None:
    spec = ("--spec", folder / "spec.toml")
    code, _, said = call("infer", "grid.feeder_day", *spec, "--out", folder / "other")
    assert code == 2
    assert "a spec of grid.feeder_day" in said
    code, _, said = call("infer", "hidden.linear", *spec, "--method", "guess")
    assert code == 2
    assert "importance" in said
    code, _, said = call("infer", "hidden.linear", *spec, "--out", folder / "none")
    assert code == 2
    assert "seen" in said
    assert not (folder / "none").exists()
