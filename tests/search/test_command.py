"""The command `search`: what it prints, its JSON, and how it ends."""

import json
from pathlib import Path
from typing import get_args

import pytest
from typer.testing import CliRunner

from ingenium.cli.app import app
from ingenium.core.problem import SearchDefaults
from ingenium.domains import problem_class
from ingenium.searches.acquisition import Worth
from ingenium.searches.named import STRATEGIES, WORTHS, listed
from ingenium.searches.strategies import NAMES

pytestmark = pytest.mark.usefixtures("fronts")
SPEC = """
problem = "known.front"
[[limits]]
quantity = "f1"
at_least = {least}
[[limits]]
quantity = "f0"
at_most = 1.1
[[objectives]]
quantity = "f0"
sense = "minimise"
"""


@pytest.fixture
def requested(tmp_path: Path) -> Path:
    (tmp_path / "met.toml").write_text(SPEC.format(least=0.55))
    (tmp_path / "unmet.toml").write_text(SPEC.format(least=0.66))
    return tmp_path


def call(*words: object) -> tuple[int, str, str]:
    found = CliRunner().invoke(app, ["search", "known.front", *map(str, words)])
    return found.exit_code, found.stdout, found.stderr


def test_it_says_what_was_found_and_goes_on(requested: Path) -> None:
    words = ["--spec", requested / "met.toml", "--strategy", "cma_es", "--out", requested / "o"]
    code, text, errors = call(*words, "--budget", 96)
    assert code == 0, errors
    assert "the budget of engine calls is spent" in text
    assert "96 verified designs meet every limit" in text
    assert "Exported: the best 10 of " in text
    assert "search 96/96" in errors
    code, text, errors = call(*words, "--budget", 128, "--json")
    found = json.loads(text)
    assert code == 0
    assert found["why"] == "calls"
    assert found["last"]["calls"] == 128
    assert len(found["exported"]) == 10
    assert (requested / "o" / "result" / "evidence.jsonl").is_file()


def test_it_says_what_is_in_the_way(requested: Path) -> None:
    words = ["--spec", requested / "unmet.toml", "--strategy", "cma_es", "--out", requested / "o"]
    code, text, errors = call(*words, "--budget", 128)
    assert code == 1
    assert "No design meets these limits together" in text
    assert "f1" in text
    assert "No design meets every limit" in errors


def test_without_a_strategy_that_of_the_problem_is_taken(
    requested: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["--spec", requested / "met.toml", "--budget", 32, "--json"]
    for name in ("evolution", "cma_es"):
        code, text, errors = call(*words, "--out", requested / name)
        assert code in (0, 1), errors
        assert json.loads(text)["strategy"] == name
        monkeypatch.setattr(problem_class("known.front"), "searches", SearchDefaults("cma_es"))


def test_an_unknown_strategy_is_refused_with_the_known_ones(requested: Path) -> None:
    code, _, errors = call("--strategy", "evolutoin", "--out", requested / "o", "--budget", 8)
    assert code == 2
    assert all(name in errors for name in NAMES)
    assert 'Write "evolution"' in " ".join(errors.split())
    assert not (requested / "o").exists()


def test_its_help_names_every_strategy_with_its_options() -> None:
    code, text, _ = call("--help")
    said = " ".join(text.split())
    assert code == 0
    assert tuple(STRATEGIES) == NAMES
    assert get_args(Worth) == WORTHS
    for line in listed():
        assert line in said


def test_an_engine_without_any_answer_is_a_failure(requested: Path) -> None:
    (requested / "broken.toml").write_text('problem = "known.front"\n[setup]\ngap = 2.0\n')
    words = ["--spec", requested / "broken.toml", "--out", requested / "o", "--budget", 32]
    code, _, errors = call(*words, "--strategy", "random")
    assert code == 3
    assert "failed on every one" in errors


@pytest.mark.parametrize(
    ("words", "option", "needs"),
    [
        (["--cost", 20], "--cost", "--cost-ratio and --screen cheap"),
        (["--cost-ratio", 0.1], "--cost-ratio", "--screen cheap, or --strategy fidelity"),
        (["--cheap", "f0"], "--cheap", "--screen cheap, or --strategy fidelity"),
        (["--pass-fraction", 0.5], "--pass-fraction", "--screen"),
        (["--audit", 0.2], "--audit", "--screen"),
        (["--miscoverage", 0.2], "--miscoverage", "--screen"),
        (["--screen", "cheap", "--cost", 20], "--cost", "--cost-ratio"),
        (["--screen", "ensemble", "--cost-ratio", 0.1], "--cost-ratio", "--screen cheap"),
        (
            ["--strategy", "fidelity", "--cost-ratio", 0.1, "--pass-fraction", 0.4],
            "--pass-fraction",
            "--screen",
        ),
    ],
)
def test_an_option_that_nothing_would_use_is_refused(
    requested: Path, words: list[object], option: str, needs: str
) -> None:
    code, _, errors = call(*words, "--out", requested / "o", "--budget", 8)
    assert code == 2
    assert f"expected {option} together with {needs}" in " ".join(errors.split())
    assert not (requested / "o").exists()


def test_options_of_a_screen_are_used_beside_it(requested: Path) -> None:
    (requested / "rough.toml").write_text(SPEC.format(least=0.55) + "[setup]\nrough = 0.2\n")
    words = ["--spec", requested / "rough.toml", "--strategy", "random", "--screen", "cheap"]
    words += [
        "--pass-fraction",
        0.5,
        "--audit",
        0.2,
        "--cost-ratio",
        0.01,
        "--cost",
        40,
        "--batch",
        16,
    ]
    code, text, errors = call(*words, "--out", requested / "o", "--budget", 500)
    assert code == 0, errors
    assert "the cost is spent" in text


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("--budget", 0, "at least one engine call"),
        ("--batch", 0, "at least one design in a round"),
        ("--on", "processes:0", "1 to 1024 workers"),
        ("--enough", 0, "at least one accepted design"),
        ("--stagnation", -1, "at least one engine call"),
        ("--seconds", 0, "a time above 0 s"),
        ("--seed", -1, "a seed of at least 0 and below 2^63"),
    ],
)
def test_a_number_out_of_range_is_told_by_its_option(
    requested: Path, option: str, value: int, expected: str
) -> None:
    code, _, errors = call(option, value, "--out", requested / "o")
    assert code == 2
    said = " ".join(errors.split())
    assert f"expected {expected}, got {option} {value}. Write {option} " in said
    assert not (requested / "o").exists()
