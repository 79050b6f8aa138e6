"""The command line: what it prints, its JSON, and how each command ends."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from calling import answer, call, spec

import ingenium
import toy
from ingenium import __version__
from ingenium.core.evidence import read
from ingenium.trust.ledger import open_ledger
from ingenium.trust.place import ledger_place
from plugged import distribution

pytestmark = pytest.mark.usefixtures("plugin")


def test_list_finds_the_plugin() -> None:
    code, text, _ = call("list")
    assert code == 0
    assert "toy.cantilever" in text
    found = {d["name"]: d for d in answer("list")["domains"]}
    assert found["toy"]["problems"] == [["toy.cantilever", toy.Cantilever.summary]]


def test_broken_plugin_is_reported_and_not_fatal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sick.py").write_text("1 / 0\n")
    entries = {"sick": "sick:DOMAIN", "gone": "no_such_module:DOMAIN", "odd": "json:dumps"}
    distribution(tmp_path / "site", "sick-beams", entries)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.syspath_prepend(str(tmp_path))
    faults = {d["name"]: d["fault"] for d in answer("list")["domains"]}
    assert "ZeroDivisionError" in faults["sick"]
    assert "sick-beams" in faults["sick"]
    assert "no_such_module" in faults["gone"]
    assert "no Domain" in faults["odd"]
    assert faults["toy"] is None
    code, text, _ = call("doctor")
    assert code == 0
    assert "ZeroDivisionError" in text
    assert call("show", "sick.thing")[0] == 3


def test_show() -> None:
    found = answer("show", "toy.cantilever")
    assert [q["name"] for q in found["quantities"]][:2] == ["deflection_m", "stress_pa"]
    assert {"name": "length_m", "type": "number", "default": 1.0} in found["settings"]
    code, text, _ = call("show", "toy.cantilever")
    assert code == 0
    for part in ("tip_load_n", "light, heavy", "[setup]", "CC0-1.0", "beam-csv"):
        assert part in text


def test_show_tells_what_was_understood_of_a_spec(files: Path) -> None:
    found = answer("show", "toy.cantilever", *spec(files))
    assert {e["name"]: e["value"] for e in found["setup"]}["length_m"] == 1.0
    assert found["understood"]["limits"][0]["unit"]
    _, text, _ = call("show", "toy.cantilever", *spec(files))
    assert "Requested by the spec" in text
    assert "Limits: " in text
    assert answer("show", "toy.cantilever")["understood"] is None


def test_propose_tells_an_operator(files: Path, tmp_path: Path) -> None:
    code, text, progress = call(
        "propose",
        "toy.cantilever",
        *spec(files),
        "-n",
        "50",
        "--seed",
        "3",
        "--out",
        tmp_path / "o",
    )
    assert code == 0
    summary = json.loads((tmp_path / "o" / "summary.json").read_text())
    assert f"{summary['accepted']} of 50 designs meet every limit" in text
    assert "95 % interval" in text
    assert "deflection_m at most 4 mm" in text
    assert f"ingenium replay {tmp_path / 'o'} --design" in " ".join(text.split())
    assert "propose and verify" in progress
    assert "propose and verify" not in text


def test_fewer_designs_than_hold_are_kept_where_the_spec_says_so(
    files: Path, tmp_path: Path
) -> None:
    few = (files / "met.toml").read_text() + "[select]\ncount = 3\n"
    (tmp_path / "few.toml").write_text(few)
    words = ("propose", "toy.cantilever", "--spec", tmp_path / "few.toml", "-n", "20", "--out")
    code, text, _ = call(*words, tmp_path / "o")
    assert code == 0
    accepted = json.loads((tmp_path / "o" / "summary.json").read_text())["accepted"]
    assert accepted > 3
    assert "3 exported as [select] specifies to" in " ".join(text.split())


def test_text_of_users_is_shown_as_it_is(files: Path, tmp_path: Path) -> None:
    """Neither markup nor the short names of pictures are read into titles, names and folders."""
    odd = "[/red] [bold] :x: <b>"
    text = (files / "met.toml").read_text().replace('"A beam"', f'"{odd}"')
    (tmp_path / "odd.toml").write_text(text)
    out = tmp_path / "[/i] :x:"
    code, shown, _ = call(
        *("propose", "toy.cantilever", "--spec", tmp_path / "odd.toml", "--out", out, "-n", "9")
    )
    assert code == 0
    assert f"{odd} (toy.cantilever)" in shown
    page = (out / "report.html").read_text()
    assert "<h1>[/red] [bold] :x: &lt;b&gt;</h1>" in page
    design = next(r["design"] for r in read(out / "evidence.jsonl") if r["file"])
    assert str(out) in call("replay", out, "--design", design)[1].replace("\n", "")
    copy = tmp_path / "[b].json"
    copy.write_bytes(next((out / "designs").iterdir()).read_bytes())
    assert "[b].json" in call("verify", "toy.cantilever", copy)[1]
    assert "no file at [/i]:x:" in call("verify", "toy.cantilever", "[/i]:x:")[2]


def test_propose_in_json(files: Path, tmp_path: Path) -> None:
    found = answer("propose", "toy.cantilever", *spec(files), "-n", "5", "--out", tmp_path / "o")
    assert found["summary"]["proposed"] == 5
    assert len(found["exported"]) == found["summary"]["accepted"]
    assert Path(found["report"]).is_file()
    assert found["summary"]["nearest"] is None


def test_unmet_limits_end_with_1_and_the_nearest(files: Path, tmp_path: Path) -> None:
    words = ("propose", "toy.cantilever", *spec(files, "unmet"), "-n", "30", "--out")
    code, text, _ = call(*words, tmp_path / "o")
    assert code == 1
    assert "No design meets every limit" in text
    assert "Bounds that one design meets jointly" in text
    code, text, _ = call(*words, tmp_path / "o", "--json")
    assert code == 1
    near = json.loads(text)["summary"]["nearest"]
    measured = [
        r["measured"]["deflection_m"]["value"] for r in read(tmp_path / "o" / "evidence.jsonl")
    ]
    assert near["reaches"][0]["best"] == min(measured)
    assert near["design"] == measured.index(min(measured))


def test_engine_without_an_answer_ends_with_3(files: Path, tmp_path: Path) -> None:
    text = (files / "met.toml").read_text().replace("pause_s = 0.0", "broken = true")
    (tmp_path / "broken.toml").write_text(text)
    words = ("propose", "toy.cantilever", "--spec", tmp_path / "broken.toml", "--out")
    code, _, message = call(*words, tmp_path / "o")
    assert code == 3
    assert "the engine failed" in message
    assert "Traceback" not in message


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("show", "toy.cantilevr"), '"toy.cantilever"'),
        (("show", "tyo.cantilever"), '"toy"'),
        (("show", "cantilever"), "DOMAIN.NAME"),
        (("propose", "toy.cantilever", "-n", "0"), "at least one design"),
        (("propose", "toy.cantilever", "--seed", "-1"), "seed"),
        (("propose", "toy.cantilever", "-n", "9" * 9), "GB"),
        (("propose", "toy.cantilever", "--spec", "guided.toml"), "no classifier-free guidance"),
        (("propose", "toy.cantilever", "--spec", "steered.toml"), "cannot follow a gradient"),
        (("propose", "toy.cantilever", "--spec", "none.toml"), "no file"),
        (("propose", "toy.other", "--spec", "met.toml"), "a spec of toy.cantilever"),
        (("propose", "toy.cantilever", "--spec", "unknown.toml"), "no_such_thing"),
        (("propose", "toy.cantilever", "--spec", "family.toml"), "gaussian_copula"),
        (("verify", "toy.cantilever", "none.json"), "no file"),
        (("replay", "none"), "finished run"),
        (("nonsense",), "nonsense"),
    ],
)
def test_wrong_input_ends_with_2(words: Sequence[str], says: str, files: Path) -> None:
    text = (files / "met.toml").read_text()
    (files / "unknown.toml").write_text(text.replace("pause_s", "no_such_thing"))
    (files / "guided.toml").write_text(text + "[generator]\nguidance = 2.0\n")
    steer = '[[generator.steer]]\nquantity = "mass_kg"\ntarget = 50.0\n'
    (files / "steered.toml").write_text(text + steer)
    (files / "family.toml").write_text(text + '[generator]\nfamily = "gausian_copula"\n')
    here = Path.cwd()
    os.chdir(files)
    try:
        code, _, message = call(*words)
    finally:
        os.chdir(here)
    assert code == 2
    assert says in message
    assert "Traceback" not in message


def test_errors_are_json_too() -> None:
    code, text, _ = call("show", "toy.cantilevr", "--json")
    assert code == 2
    error = json.loads(text)["error"]
    assert error["kind"] == "InputError"
    assert error["got"] == '"toy.cantilevr"'


def test_debug_shows_where() -> None:
    assert "Traceback" in call("--debug", "show", "toy.cantilevr")[2]


def test_fit_then_the_cache(files: Path) -> None:
    answer("fit", "toy.cantilever", *spec(files))
    found = answer("fit", "toy.cantilever", *spec(files))
    assert found["from_cache"] is True
    assert found["family"] == toy.Cantilever.default_family
    with open_ledger(ledger_place(), create=False) as ledger:
        last = ledger.entries("fit")[-1].table
    assert last["spec"].startswith("sha256:")
    assert last["version"] == __version__


def test_doctor_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    from ingenium.cli import doctor

    lines = ["numpy>=2.1", 'no-such-package>=1; extra == "bold"', 'numpy>=999; extra == "odd"']
    monkeypatch.setattr(doctor, "requires", lambda name: lines)
    found = answer("doctor")
    assert found["missing"] == {
        "no-such-package": 'pip install "ingenium[bold]"',
        "numpy": 'pip install "ingenium[odd]"',
    }
    assert 'pip install "ingenium[bold]"' in call("doctor")[1]


def test_version() -> None:
    assert call("--version")[1].strip() == f"ingenium {__version__}"


def test_help_and_list_import_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "airy.py").write_text(
        "from ingenium.core.domain import Domain, Offer\n"
        "OFFER = Offer('no_such_module:Problem', 'what is not imported')\n"
        "DOMAIN = Domain('airy', 'Light', __name__, {'one': OFFER})\n"
    )
    distribution(tmp_path, "airy", {"airy": "airy:DOMAIN"})
    code = (
        "import sys\nfrom ingenium.cli.app import app\nimport ingenium\n"
        "from typer.testing import CliRunner\n"
        "for words in (['--help'], ['list']):\n"
        "    done = CliRunner().invoke(app, words)\n"
        "    assert done.exit_code == 0\n"
        "heavy = {'torch', 'xarray', 'numpy', 'pandas', 'matplotlib'} & set(sys.modules)\n"
        "print(heavy or 'none', 'airy.one' in done.stdout)"
    )
    path = os.pathsep.join([str(tmp_path), str(Path(ingenium.__file__).parents[1])])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["none", "True"]


def test_files_are_told_in_the_units_of_the_spec(out: Path, files: Path) -> None:
    record = next(r for r in read(out / "evidence.jsonl") if r["file"])
    measured = record["measured"]["deflection_m"]
    _, text, _ = call("verify", "toy.cantilever", *spec(files), out / record["file"])
    assert measured["unit"] == "m"
    assert f"{1e3 * measured['value']:.4g} mm" in text


def test_examples_are_copied_once(tmp_path: Path) -> None:
    names = answer("examples")["examples"]
    assert "grid/winter_evening_peak.toml" in names
    assert answer("examples", tmp_path / "own")["folder"] == str(tmp_path / "own")
    assert all((tmp_path / "own" / name).is_file() for name in names)
    assert (tmp_path / "own" / "grid" / "own_feeder" / "make_files.py").is_file()
    code, _, error = call("examples", tmp_path / "own")
    assert code == 2
    assert "a new folder" in error
