"""The commands of the how-to on models, on a colony whose constants are known."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from calling import answer, call

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "model.md"
EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def colony(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Growth to a capacity of 5, read sixteen times with errors of 5 %."""
    time = np.arange(16.0)
    exact = 5 / (1 + 11.5 * np.exp(-0.5 * time))
    read = exact * np.exp(0.05 * np.random.default_rng(6).standard_normal(16))
    rows = "\n".join(f"{t:g},{x:.5g}" for t, x in zip(time, read, strict=True))
    path = tmp_path_factory.mktemp("colony") / "colony.csv"
    path.write_text(f"day [day],mass [g]\n{rows}\n")
    return path


@pytest.fixture(scope="module")
def made(colony: Path) -> Path:
    words = "A colony grows until there is no room; moonlight plays a part."
    out = colony.parent / "out"
    code, text, said = call("model", words, "--data", colony, "--samples", 100, "--out", out)
    assert code in (0, 1), said
    assert "moonlight" in text
    return out


def test_the_model_is_kept_and_shown(made: Path) -> None:
    record = json.loads((made / "model.json").read_text())
    assert record["model"] == "logistic"
    low, high = (record["constants"]["k"][q] for q in ("q05", "q95"))
    assert low < 5.3
    assert high > 4.7
    assert record["constants"]["k"]["unit"] == "g"
    assert all(c["passed"] for c in record["checks"])
    assert record["forecast"]["count"] == 3
    found = answer("show", made)
    assert found["title"] == record["title"]
    assert "growth rate decreases" in " ".join(found["assumptions"])
    page = (made / "report.html").read_text()
    assert "moonlight" in page
    assert page.count("<figure class=") == 3


def test_a_changed_table_is_no_longer_what_was_judged(made: Path, tmp_path: Path) -> None:
    import shutil

    forged = Path(shutil.copytree(made, tmp_path / "forged"))
    path = forged / "constants.csv"
    path.write_text(path.read_text().replace("0.4", "0.6", 1))
    code, _, said = call("show", forged)
    assert code != 0
    assert "constants.csv" in said


@pytest.mark.slow
def test_it_is_made_again(made: Path) -> None:
    assert answer("replay", made)["reproduced"]


def test_words_and_families_are_told() -> None:
    read = answer("models", "read", "Foxes hunt rabbits")["read"][0]
    assert read["processes"] == ["predation"]
    listed = answer("models", "families")["families"]
    page = PAGE.read_text()
    for process in {f["process"] for f in listed}:
        assert f"| {process} |" in page


def test_bad_tables_are_refused(tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("year,hare [1]\n" + "\n".join(f"{i},{i + 1}" for i in range(12)))
    code, _, said = call("model", "growth", "--data", bad, "--out", tmp_path / "out")
    assert code == 2
    assert "year [m]" in said or "year [year]" in said
    assert not (tmp_path / "out").exists()
    code, _, said = call("model", "growth", "--data", tmp_path / "none.csv")
    assert code == 2
    assert "Traceback" not in said


@pytest.mark.slow
def test_the_command_of_the_page(tmp_path: Path) -> None:
    """Hares and lynx: the constants of the published study lie in the intervals."""
    command = re.search(r'ingenium model "([^"]+)" --data (\S+)', PAGE.read_text())
    assert command is not None
    data = EXAMPLES.parent / command[2]
    found = answer(
        "model", command[1], "--data", data, "--samples", 200, "--out", tmp_path / "lynx"
    )
    assert found["model"] == "lotka_volterra"
    assert found["verdict"] == "accepted"
    assert found["found_again"]
