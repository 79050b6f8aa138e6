"""The command `search`: what it prints, its JSON, and how it ends."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingenium.cli.app import app

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
def asked(tmp_path: Path) -> Path:
    (tmp_path / "met.toml").write_text(SPEC.format(least=0.55))
    (tmp_path / "unmet.toml").write_text(SPEC.format(least=0.66))
    return tmp_path


def call(*words: object) -> tuple[int, str, str]:
    found = CliRunner().invoke(app, ["search", "known.front", *map(str, words)])
    return found.exit_code, found.stdout, found.stderr


def test_it_says_what_was_found_and_goes_on(asked: Path) -> None:
    words = ["--spec", asked / "met.toml", "--strategy", "cma_es", "--out", asked / "o"]
    code, text, errors = call(*words, "--budget", 96)
    assert code == 0, errors
    assert "the budget of engine calls is spent" in text
    assert "96 verified designs held every limit" in text
    assert "search 96/96" in errors
    code, text, errors = call(*words, "--budget", 128, "--json")
    found = json.loads(text)
    assert code == 0
    assert found["why"] == "calls"
    assert found["last"]["calls"] == 128
    assert len(found["kept"]) == 10
    assert (asked / "o" / "result" / "evidence.jsonl").is_file()


def test_it_says_what_is_in_the_way(asked: Path) -> None:
    words = ["--spec", asked / "unmet.toml", "--strategy", "cma_es", "--out", asked / "o"]
    code, text, errors = call(*words, "--budget", 128)
    assert code == 1
    assert "No design held these limits together" in text
    assert "f1" in text
    assert "No design held every limit" in errors


def test_an_unknown_strategy_is_refused_with_the_known_ones(asked: Path) -> None:
    code, _, errors = call("--strategy", "evolutoin", "--out", asked / "o", "--budget", 8)
    assert code == 2
    assert "evolution" in errors
    assert not (asked / "o").exists()


def test_an_engine_without_any_answer_is_a_failure(asked: Path) -> None:
    (asked / "broken.toml").write_text('problem = "known.front"\n[setup]\ngap = 2.0\n')
    words = ["--spec", asked / "broken.toml", "--out", asked / "o", "--budget", 32]
    code, _, errors = call(*words, "--strategy", "random")
    assert code == 3
    assert "gave no answer to any" in errors
