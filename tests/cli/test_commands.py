"""The command line: what it prints, its JSON, and how each command ends."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import toy
from ingenium import __version__, domains
from ingenium.cli.app import app
from ingenium.core.evidence import read

SPEC = """
problem = "toy.cantilever"
title = "A beam"
[setup]
pause_s = {pause}
[conditions]
duty = "heavy"
[[limits]]
quantity = "deflection_m"
at_most = {most}
unit = "mm"
"""


@pytest.fixture(scope="module", autouse=True)
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = toy.install(tmp_path_factory.mktemp("plugin"))
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        domains.load.cache_clear()
        yield folder
    domains.load.cache_clear()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A spec that can be met, one that cannot, and a slow one."""
    folder = tmp_path_factory.mktemp("specs")
    for name, pause, most in (("met", 0.0, 4.0), ("unmet", 0.0, 1e-3), ("slow", 1.5, 4.0)):
        (folder / f"{name}.toml").write_text(SPEC.format(pause=pause, most=most))
    return folder


@pytest.fixture(scope="module")
def out(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out") / "run"
    code, _, _ = call("propose", "toy.cantilever", *spec(files), "-n", "20", "--out", folder)
    assert code == 0
    return folder


def spec(files: Path, name: str = "met") -> tuple[str, str]:
    return "--spec", str(files / f"{name}.toml")


def call(*words: object) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command in this process."""
    done = CliRunner().invoke(app, [str(w) for w in words])
    return done.exit_code, done.stdout, done.stderr


def answer(*words: object) -> Any:
    """The JSON of a command that ends well."""
    code, text, _ = call(*words, "--json")
    assert code == 0, text
    return json.loads(text)


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
    about = toy.install(tmp_path / "site", entries) / "toy_beams-0.1.dist-info"
    about.rename(about.with_name("sick_beams-0.1.dist-info"))
    text = (tmp_path / "site" / "sick_beams-0.1.dist-info" / "METADATA").read_text()
    (tmp_path / "site" / "sick_beams-0.1.dist-info" / "METADATA").write_text(
        text.replace("toy-beams", "sick-beams")
    )
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
    assert {"name": "length_m", "type": "float", "default": 1.0} in found["settings"]
    code, text, _ = call("show", "toy.cantilever")
    assert code == 0
    for part in ("tip_load_n", "light, heavy", "[setup]", "CC0-1.0", "beam-csv"):
        assert part in text


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
    assert f"{summary['accepted']} of 50 designs held every limit" in text
    assert "95 % interval" in text
    assert "deflection_m at most 0.004 m" in text
    assert f"ingenium replay {tmp_path / 'o'} --design" in " ".join(text.split())
    assert "propose and verify" in progress
    assert "propose and verify" not in text


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
    assert len(found["kept"]) == found["summary"]["accepted"]
    assert Path(found["report"]).is_file()
    assert found["summary"]["nearest"] is None


def test_unmet_limits_end_with_1_and_the_nearest(files: Path, tmp_path: Path) -> None:
    words = ("propose", "toy.cantilever", *spec(files, "unmet"), "-n", "30", "--out")
    code, text, _ = call(*words, tmp_path / "o")
    assert code == 1
    assert "No design held every limit" in text
    assert "Nearest that one held together" in text
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
    assert "no answer" in message
    assert "Traceback" not in message


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("show", "toy.cantilevr"), '"toy.cantilever"'),
        (("show", "tyo.cantilever"), '"toy"'),
        (("show", "cantilever"), "DOMAIN.NAME"),
        (("propose", "toy.cantilever", "-n", "0"), "at least one design"),
        (("propose", "toy.cantilever", "--seed", "-1"), "seed"),
        (("propose", "toy.cantilever", "-n", "9" * 30), "GB"),
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
    assert error["came"] == '"toy.cantilevr"'


def test_debug_shows_where() -> None:
    assert "Traceback" in call("--debug", "show", "toy.cantilevr")[2]


def test_fit_then_the_cache(files: Path) -> None:
    answer("fit", "toy.cantilever", *spec(files))
    found = answer("fit", "toy.cantilever", *spec(files))
    assert found["from_cache"] is True
    assert found["family"] == toy.Cantilever.default_family


def test_replay_and_verify(files: Path, out: Path, tmp_path: Path) -> None:
    kept = [r for r in read(out / "evidence.jsonl") if r["file"]]
    assert answer("replay", out, "--design", kept[0]["design"])["holds"] is True
    path = out / kept[0]["file"]
    code, text, _ = call("verify", "toy.cantilever", path, *spec(files))
    assert code == 0
    assert "as recorded" in text
    whole = path.read_text()
    path.write_text(whole.replace('"height_mm": 1', '"height_mm": 2').replace(": 9", ": 8"))
    assert path.read_text() != whole
    try:
        code, text, _ = call("verify", "toy.cantilever", path, *spec(files))
        assert code == 1
        assert "altered" in text
        code, text, _ = call("replay", out, "--design", kept[0]["design"])
        assert code == 1
        assert "does not hold" in text
    finally:
        path.write_text(whole)


def test_files_of_a_run_are_measured_as_it_was_asked(plugin: Path, tmp_path: Path) -> None:
    """A beam of 2 m, not the default of 1 m, without the spec being named again."""
    long, out = tmp_path / "long.toml", tmp_path / "o"
    long.write_text('problem = "toy.cantilever"\n[setup]\nlength_m = 2.0\n')
    assert call("propose", "toy.cantilever", "--spec", long, "-n", "20", "--out", out)[0] == 0
    record = next(r for r in read(out / "evidence.jsonl") if r["file"])
    found = answer("verify", "toy.cantilever", out / record["file"])
    assert found["spec"] == str(out / "spec.toml")
    recorded = record["measured"]["deflection_m"]["value"]
    assert found["designs"][0]["measured"]["deflection_m"]["value"] == pytest.approx(recorded)
    elsewhere = shutil.copy(out / record["file"], tmp_path / "beam.json")
    apart = answer("verify", "toy.cantilever", elsewhere)
    assert apart["spec"] is None
    plain = apart["designs"][0]["measured"]["deflection_m"]["value"]
    assert plain == pytest.approx(recorded / 8, rel=1e-9)
    assert "of toy.cantilever itself" in call("verify", "toy.cantilever", elsewhere)[1]
    both = answer("verify", "toy.cantilever", elsewhere, out / record["file"])
    assert both["spec"] is None


def test_ledger(out: Path) -> None:
    entries = answer("ledger", "list", "--kind", "proposal")["entries"]
    assert entries[-1]["body"]["problem"] == "toy.cantilever"
    shown = answer("ledger", "show", entries[-1]["hash"][:20])
    assert shown["body"] == entries[-1]["body"]
    assert answer("ledger", "check")["intact"] is True
    code, _, message = call("ledger", "check", "--anchor", "sha256:" + 64 * "1")
    assert code == 3, message


def test_ledger_is_filtered_signed_and_exported(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (*_, made) = answer("ledger", "list", "--problem", "toy.cantilever")["entries"]
    assert answer("ledger", "list", "--problem", "toy.beam")["entries"] == []
    assert answer("ledger", "list", "--actor", "nobody@nowhere")["entries"] == []
    assert answer("ledger", "list", "--since", "2999-01-01")["entries"] == []
    code, _, message = call("ledger", "list", "--since", "yesterday")
    assert code == 2
    assert "2026-01-31" in message
    if shutil.which("ssh-keygen") is None:
        pytest.skip("OpenSSH is not installed")
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    words = ("--as", "safety", "--statement", "I have looked at it.", "--by", "ann@lab")
    signed = answer("ledger", "sign", made["hash"][:20], *words, "--key", key)
    assert signed["body"]["entry"] == made["hash"]
    (found,) = answer("ledger", "list", "--kind", "sign-off")["entries"]
    assert (found["hash"], found["actor"]) == (signed["hash"], "ann@lab")
    assert "approved as safety" in call("ledger", "list")[1]
    (check,) = answer("ledger", "verify-signatures")["sign_offs"]
    assert check["state"] == "key not listed"
    listed = tmp_path / "signers"
    listed.write_text(f"ann@lab {key.with_suffix('.pub').read_text()}")
    monkeypatch.setenv("INGENIUM_SIGNERS", str(listed))
    assert answer("ledger", "verify-signatures")["sign_offs"][0]["state"] == "valid"
    answer("ledger", "sign", made["hash"], *words)
    assert call("ledger", "verify-signatures")[0] == 1
    count = answer("ledger", "export", tmp_path / "l.jsonl")["entries"]
    assert len((tmp_path / "l.jsonl").read_text().splitlines()) == count >= 3


def test_cards_and_access(out: Path, tmp_path: Path) -> None:
    card = answer("card", "model", out)
    assert card["head"]["library_name"] == "ingenium"
    assert call("card", "model", tmp_path)[0] == 2
    written = tmp_path / "card.md"
    assert call("card", "data", out, "--out", written)[0] == 0
    assert "# Designs of toy.cantilever that a run made" in written.read_text()
    assert "# Known designs of toy.cantilever" in call("card", "data", "toy.cantilever")[1]
    access = answer("ledger", "access")["access"]
    assert access[0]["who"] == "root"
    assert call("ledger", "grant", "ann", "--may", "append")[0] == 2


def test_ledger_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGENIUM_LEDGER", str(tmp_path / "none.sqlite"))
    assert answer("ledger", "list")["entries"] == []
    assert not (tmp_path / "none.sqlite").exists()


def test_corrupt_ledger_ends_with_3(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "l.sqlite"
    place.write_bytes(b"not a database, but long enough to be looked at" * 40)
    monkeypatch.setenv("INGENIUM_LEDGER", str(place))
    assert call("ledger", "list")[0] == 3
    code, _, message = call("propose", "toy.cantilever", *spec(files), "--out", tmp_path / "o")
    assert code == 3
    assert "Traceback" not in message
    assert not (tmp_path / "o").exists()
    assert "damaged" in answer("doctor")["ledger"]["state"]


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


def test_help_and_list_import_nothing_heavy(plugin: Path) -> None:
    call("list")  # so that the catalogue is kept
    code = (
        "import sys\nfrom ingenium.cli.app import app\nimport ingenium\n"
        "from typer.testing import CliRunner\n"
        "for words in (['--help'], ['list']):\n"
        "    done = CliRunner().invoke(app, words)\n"
        "    assert done.exit_code == 0\n"
        "heavy = {'torch', 'xarray', 'numpy', 'pandas', 'matplotlib'} & set(sys.modules)\n"
        "print(heavy or 'none', 'toy.cantilever' in done.stdout)"
    )
    path = os.pathsep.join([str(plugin), str(Path(toy.__file__).parent), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["none", "True"]
