"""The commands of the how-to on operating a plant."""

import json
from collections.abc import Callable
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from calling import answer, call

from ingenium.core.sealed import sealed_text

HERE = Path(__file__).parents[2]
SPEC = HERE / "examples" / "autonomy" / "second_order.toml"


@pytest.fixture(scope="module")
def laws(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if which("cc") is None:
        pytest.skip("exported controllers are compiled: apt install gcc")
    folder = tmp_path_factory.mktemp("laws")
    words = ("--spec", SPEC, "-n", 24, "--seed", 7, "--out", folder / "run")
    found = answer("propose", "autonomy.controller", *words)
    assert found["summary"]["accepted"] >= 2
    (folder / "short.toml").write_text("release_s = 4.0\nrelease_scenarios = 51\n")
    return folder


def _without_decision(record: dict[str, Any]) -> dict[str, Any]:
    return record | {"decisions": record["decisions"][1:]}


def _better(record: dict[str, Any]) -> dict[str, Any]:
    return record | {"measured": record["measured"] | {"missed": {"value": 7, "unit": "periods"}}}


ALTERED: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "verdict": lambda record: record | {"verdict": "rejected"},
    "margins": lambda record: record | {"margins": dict.fromkeys(record["margins"], 1.0)},
    "measured": _better,
    "decisions": _without_decision,
}


@pytest.mark.slow
def test_a_law_operates_its_plant_and_the_run_is_replayed(laws: Path) -> None:
    out = laws / "service"
    words = ("--policy", laws / "run", "--hours", 0.002, "--out", out)
    words = (*words, "--spec", laws / "short.toml")
    found = answer("operate", "autonomy.controller", *words)
    assert found["verdict"] == "accepted"
    assert found["release"]["passed"]
    assert found["measured"]["override_respected"]["value"] == 1
    assert {d["who"] for d in found["decisions"]} >= {"policy", "bypass", "person"}
    assert "Who decided what" in (out / "report.html").read_text()
    reported = answer("ledger", "list", "--kind", "decision", "--limit", 3)
    assert reported
    assert answer("replay", out)["reproduced"]
    record = (out / "operation.json").read_text()
    changed = {k: v for k, v in json.loads(record).items() if k != "seal"}
    for altered in ALTERED.values():
        changed = altered(changed)
    (out / "operation.json").write_text(sealed_text(changed))  # by an attacker who seals it again
    again = json.loads(call("replay", out, "--json")[1])
    assert {c["part"] for c in again["checks"] if not c["reproduced"]} == set(ALTERED)
    (out / "operation.json").write_text(record)
    lines = (out / "decisions.jsonl").read_text()
    (out / "decisions.jsonl").write_text(lines.replace("person", "policy", 1))
    code, _, said = call("replay", out)
    assert code == 3
    assert "not the file that was judged" in said


def test_a_family_is_made_operates_and_is_replayed(tmp_path: Path) -> None:
    words = ("--family", "lqg", "--hours", 0.002, "--out", tmp_path / "run")
    found = answer("operate", "autonomy.controller", *words)
    assert found["verdict"] == "accepted"
    assert (found["policy"]["family"], found["policy"]["run"]) == ("lqg", "")
    assert "family lqg" in (tmp_path / "run" / "report.html").read_text()
    assert answer("replay", tmp_path / "run")["reproduced"]
    path = tmp_path / "run" / "operation.json"
    record = json.loads(path.read_text())
    for altered in ALTERED.values():
        path.write_text(json.dumps(altered(record)))
        code, _, said = call("replay", tmp_path / "run")
        assert code == 3
        assert "is not the record that was written" in said


def test_what_was_not_accepted_or_was_altered_does_not_act(laws: Path) -> None:
    records = [json.loads(x) for x in (laws / "run" / "evidence.jsonl").read_text().splitlines()]
    other = next(r["design"] for r in records if r["verdict"] != "accepted")
    words = ("--policy", laws / "run", "--hours", 0.005, "--out", laws / "none")
    code, _, said = call("operate", "autonomy.controller", *words, "--design", other)
    assert code == 2
    assert "design" in said
    retained = next(r for r in records if r["file"])
    path = laws / "run" / retained["file"]
    text = path.read_text()
    path.write_text(text.replace("sum +=", "sum -="))
    code, _, said = call("operate", "autonomy.controller", *words, "--design", retained["design"])
    path.write_text(text)
    assert code == 3
    assert not (laws / "none").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("process.laboratory",), "a plant to operate"),
        (("autonomy.controller", "--hours", -1), "hours"),
        (("autonomy.controller", "--family", "pid"), "or a family"),
        (("autonomy.controller", "--drill", "none.toml"), "drill"),
    ],
)
def test_what_cannot_be_operated_is_refused(
    laws: Path, words: tuple[object, ...], said: str
) -> None:
    code, _, text = call("operate", *words, "--policy", laws / "run", "--out", laws / "bad")
    assert code == 2
    assert said in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("autonomy.controller",), "or a family"),
        (("autonomy.controller", "--family", "magic"), "residual_diffusion"),
        (("autonomy.controller", "--family", "pid", "--design", 3), "design 3 of a family"),
        (("autonomy.controller", "--family", "pid", "--seed", -1), "seed"),
    ],
)
def test_families_that_are_none_are_refused(
    tmp_path: Path, words: tuple[object, ...], said: str
) -> None:
    code, _, text = call("operate", *words, "--out", tmp_path / "bad")
    assert code == 2
    assert said in text.replace("\n", " ")
    assert not (tmp_path / "bad").exists()
