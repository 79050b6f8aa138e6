"""The commands of the how-to on alarms, on a table of one's own."""

import json
import sys
from pathlib import Path

import pytest
from calling import answer, call

sys.path.insert(0, str(Path(__file__).parents[1] / "monitor"))
from synthetic import table as own_table


@pytest.fixture(scope="module")
def alarm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("alarm")
    stream = own_table(folder)
    code, text, _ = call("monitor", "fit", stream, "--family", "dpca", "--out", folder / "alarm")
    verdict = json.loads((folder / "alarm" / "monitor.json").read_text())["verdict"]
    assert code == (verdict != "accepted")  # few weeks leave the requested rate open
    assert "point adjustment" in text
    return folder


def test_a_run_draws_its_page_and_goes_on_from_its_memory(alarm: Path) -> None:
    state = alarm / "alarm.state"
    found = answer("monitor", "run", alarm / "alarm", alarm / "own.csv", "--state", state)
    assert found["rows"] == 12 * 168
    assert found["ranking"]["s"] > 0.7
    assert len(found["alarms"]) >= 4
    page = Path(found["report"]).read_text()
    assert "Alarms over time" in page
    again = answer("monitor", "run", alarm / "alarm", alarm / "own.csv", "--state", state)
    assert again["late"] == again["rows"] == 12 * 168
    code, text, _ = call("monitor", "run", alarm / "alarm", "heldout.csv")  # in its folder
    assert code == 0
    assert "µs a row" in text


def test_a_monitor_is_shown_and_replayed(alarm: Path) -> None:
    shown = answer("show", alarm / "alarm")
    assert shown["family"] == "dpca"
    assert shown["measured"]["missed"]["unit"] == "1"
    assert "transformer" in answer("monitor", "families")["families"]
    assert answer("replay", alarm / "alarm")["reproduced"]


@pytest.mark.slow
def test_families_are_compared_at_one_budget(alarm: Path) -> None:
    words = ("--family", "pca", "--family", "cusum", "--out", alarm / "all")
    found = answer("monitor", "compare", alarm / "own.csv", *words)
    assert set(found) == {"pca", "cusum"}
    _, text, _ = call("monitor", "compare", alarm / "own.csv", *words[:2], *words[4:])
    row = next(line for line in text.splitlines() if "a random alarm" in line)
    assert "point-adjusted" in row


def test_limits_that_do_not_hold_end_with_one(alarm: Path) -> None:
    spec = alarm / "strict.toml"
    spec.write_text('family = "dpca"\n[[limits]]\nquantity = "delay"\nat_most = 0.0\n')
    words = ("--spec", spec, "--out", alarm / "strict")
    code, _, said = call("monitor", "fit", alarm / "own.csv", *words)
    assert code in (0, 1)
    record = json.loads((alarm / "strict" / "monitor.json").read_text())
    assert (record["verdict"] == "accepted") == (code == 0)
    spec.write_text('family = "dpca"\n[[limits]]\nquantity = "auc"\nat_least = 1.0\n')
    code, _, said = call("monitor", "fit", alarm / "own.csv", *words, "--overwrite")
    assert code == 1
    assert "auc" in said


def test_wrong_words_say_what_to_write(alarm: Path) -> None:
    code, _, said = call("monitor", "fit", alarm / "own.csv", "--family", "oracle")
    assert code == 2
    assert "oracle" in said
    code, _, said = call("monitor", "run", alarm, alarm / "own.csv")
    assert code == 2
    assert "ingenium monitor fit" in said
    code, _, said = call("monitor", "fit", alarm / "nowhere.csv", "--out", alarm / "x")
    assert code == 2
