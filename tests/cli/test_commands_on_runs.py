"""Commands on results: files, replay, ledger, sign-offs, cards."""

import json
import shutil
from pathlib import Path

import pytest
from calling import answer, call, spec
from cryptography.hazmat.primitives import serialization as forms
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ingenium.core.evidence import read
from ingenium.trust.ledger import open_ledger

pytestmark = pytest.mark.usefixtures("plugin")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A private key as OpenSSH stores it, with its public one."""
    pair, path = Ed25519PrivateKey.generate(), tmp_path / "key"
    form, plain = forms.PrivateFormat.OpenSSH, forms.NoEncryption()
    path.write_bytes(pair.private_bytes(forms.Encoding.PEM, form, plain))
    public = pair.public_key().public_bytes(forms.Encoding.OpenSSH, forms.PublicFormat.OpenSSH)
    path.with_suffix(".pub").write_bytes(public + b"\n")
    return path


def test_replay_and_verify(files: Path, out: Path, tmp_path: Path) -> None:
    retained = [r for r in read(out / "evidence.jsonl") if r["file"]]
    assert answer("replay", out, "--design", retained[0]["design"])["reproduced"] is True
    path = out / retained[0]["file"]
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
        code, text, _ = call("replay", out, "--design", retained[0]["design"])
        assert code == 1
        assert "is not reproduced" in text
    finally:
        path.write_text(whole)


def test_files_of_a_run_are_measured_as_it_was_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A beam of 2 m, not the default of 1 m, without repeating the spec."""
    long, out = tmp_path / "long.toml", tmp_path / "o"
    long.write_text('problem = "toy.cantilever"\n[setup]\nlength_m = 2.0\n')
    assert call("propose", "toy.cantilever", "--spec", long, "-n", "20", "--out", out)[0] == 0
    record = next(r for r in read(out / "evidence.jsonl") if r["file"])
    found = answer("verify", "toy.cantilever", out / record["file"])
    monkeypatch.chdir(tmp_path)
    shown = call("verify", "toy.cantilever", Path("o") / record["file"])[1]
    assert "Judged against the spec o/spec.toml." in shown
    assert found["spec"] == str(out / "spec.toml")
    recorded = record["measured"]["deflection_m"]["value"]
    assert found["designs"][0]["measured"]["deflection_m"]["value"] == pytest.approx(recorded)
    elsewhere = shutil.copy(out / record["file"], tmp_path / "beam.json")
    distance = answer("verify", "toy.cantilever", elsewhere)
    assert distance["spec"] is None
    plain = distance["designs"][0]["measured"]["deflection_m"]["value"]
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
    out: Path, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (*_, made) = answer("ledger", "list", "--problem", "toy.cantilever")["entries"]
    assert answer("ledger", "list", "--problem", "toy.beam")["entries"] == []
    assert answer("ledger", "list", "--actor", "nobody@nowhere")["entries"] == []
    assert answer("ledger", "list", "--since", "2999-01-01")["entries"] == []
    code, _, message = call("ledger", "list", "--since", "yesterday")
    assert code == 2
    assert "2026-01-31" in message
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


def test_what_is_there_is_not_written_over(out: Path, tmp_path: Path) -> None:
    retained = tmp_path / "evidence.jsonl"
    for words in (("ledger", "export"), ("ledger", "report"), ("card", "model", out, "--out")):
        retained.write_text("dear")
        code, _, message = call(*words, retained)
        assert code == 2
        assert "--overwrite" in message
        assert retained.read_text() == "dear"
        assert call(*words, retained, "--overwrite")[0] == 0
        assert retained.read_text() != "dear"


def test_filters_that_nothing_meets(out: Path) -> None:
    code, _, message = call("ledger", "list", "--kind", "proposals")
    assert code == 2
    assert "proposal" in message
    assert "None of the " in call("ledger", "list", "--problem", "toy.beam")[1]


def test_ledger_that_was_altered_says_so_wherever_it_is_read(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "l.sqlite"
    with open_ledger(place) as ledger:
        ledger.append("fit", {"family": "vae", "model": "sha256:0", "cached": False})
        monkeypatch.setenv("INGENIUM_LEDGER", str(place))
        assert "Warning" not in call("ledger", "list")[2]
        ledger.store._db.execute("DROP TRIGGER no_update")
        ledger.store._db.execute("UPDATE entries SET actor = 'somebody@else'")
    for words in (("list",), ("export", tmp_path / "x.jsonl"), ("report", tmp_path / "x.html")):
        assert "not what was written" in call("ledger", *words)[2], words


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


def test_a_format_of_the_problem_can_be_chosen(out: Path, tmp_path: Path) -> None:
    """Test a proposal, which replays as recorded, and a search."""
    requested = ("toy.cantilever", "-n", 12, "--seed", 1)
    listed = answer("show", "toy.cantilever")["formats"]
    for name, ending in zip(listed, (".json", ".csv"), strict=True):
        folder = tmp_path / name
        assert call("propose", *requested, "--format", name, "--out", folder)[0] == 0
        files = [p for p in (folder / "designs").iterdir() if p.is_file()]
        assert {p.suffix for p in files} == {ending}
        record = json.loads((folder / "evidence.jsonl").read_text().splitlines()[0])
        assert record["format"] in (name, None)
        assert call("replay", folder)[0] == 0
    words = ("--format", listed[1], "--out", tmp_path / listed[0])
    code, _, message = call("propose", *requested, *words)
    assert code == 2
    assert "a different finished run" in message
    found = tmp_path / "searched"
    budget = ("--budget", 16, "--batch", 8, "--strategy", "random", "--out", found)
    assert call("search", "toy.cantilever", *budget, "--format", listed[1])[0] in (0, 1)
    assert {p.suffix for p in (found / "result" / "designs").iterdir()} <= {".csv"}
    code, _, message = call("propose", *requested, "--format", "stl", "--out", tmp_path / "x")
    assert code == 2
    assert all(name in message for name in listed)
    assert not (tmp_path / "x").exists()


def test_designs_under_few_conditions_say_so(tmp_path: Path) -> None:
    """The spec leaves a number to the known designs, and these are few."""
    spec = tmp_path / "few.toml"
    spec.write_text('problem = "toy.cantilever"\n[setup]\nknown = 12\n[generator]\nfamily="random"')
    words = ("propose", "toy.cantilever", "--spec", spec, "-n", 60, "--out", tmp_path / "few")
    code, text, _ = call(*words)
    assert code in (0, 1)
    many = json.loads((tmp_path / "few" / "run.json").read_text())["different_conditions"]
    assert 2 <= many <= 12
    said = f"The 60 designs were proposed under {many} different conditions"
    assert said in " ".join(text.split())
    assert said in " ".join((tmp_path / "few" / "report.html").read_text().split())
