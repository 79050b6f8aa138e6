"""The main job at the command line: stories of the example and of one's own table, published."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from typer.testing import CliRunner, Result

from ingenium.cli.app import app
from ingenium.core.errors import InputError
from ingenium.trust import sshsig
from ingenium.trust.signoff import with_work

EXAMPLES = Path(__file__).parents[3] / "examples" / "language"
OWN = """day,price [EUR/MWh]
2024-01-01,61.20
2024-01-02,58.10
2024-01-03,-4.50
2024-01-04,72.90
2024-01-05,80.00
2024-01-06,85.30
2024-01-07,91.10
"""


def ran(*words: object) -> Result:
    """Run a command, which must not end in a traceback."""
    found = CliRunner().invoke(app, [str(w) for w in words])
    assert found.exception is None or isinstance(found.exception, SystemExit), found.output
    return found


@pytest.fixture
def signers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger of its own, and the key of an editor."""
    monkeypatch.setenv("INGENIUM_LEDGER", str(tmp_path / "ledger.sqlite"))
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    (tmp_path / "editor.key").write_bytes(private)
    line = sshsig.public_line(key.public_key().public_bytes_raw())
    (tmp_path / "signers").write_text(f"editor@lab {line}\n")
    return tmp_path / "signers"


@pytest.mark.slow
def test_stories_are_written_signed_and_published(tmp_path: Path, signers: Path) -> None:
    out, crate = tmp_path / "stories", tmp_path / "crate"
    spec = EXAMPLES / "newsroom.toml"
    words = ("--spec", spec, "-n", 6, "--seed", 7, "--out", out)
    assert ran("propose", "language.report", *words).exit_code == 0
    assert len(list((out / "designs").glob("story_*"))) == 6
    publish = ("publish", out, crate, "--as", "editor", "--signers", signers)
    assert ran(*publish).exit_code == 1  # nobody has signed
    entries = json.loads(ran("ledger", "list", "--kind", "proposal", "--json").stdout)["entries"]
    how = ("--by", "editor@lab", "--key", tmp_path / "editor.key", "--minutes", 25)
    said = ("--as", "editor", "--statement", "I have read them.")
    assert ran("ledger", "sign", entries[0]["hash"], *said, *how).exit_code == 0
    done = ran(*publish, "--json")
    assert done.exit_code == 0, done.stdout
    checks = {c["name"]: c["said"] for c in json.loads(done.stdout)["checks"]}
    assert "25 minutes of people's work" in checks["energy"]
    assert (crate / "designs").is_dir()
    changed = next((out / "designs").glob("story_*/story.md"))
    changed.write_text(changed.read_text().replace(" EUR", " USD").replace(" %", " EUR"))
    (changed.parent / "story.html").unlink()
    (changed.parent / "queries.json").unlink()
    assert ran("verify", "language.report", changed, "--spec", spec).exit_code != 0


def test_a_table_of_ones_own_gives_stories(tmp_path: Path, signers: Path) -> None:
    (tmp_path / "prices.csv").write_text(OWN)
    (tmp_path / "own.toml").write_text(
        'problem = "language.report"\n[given]\ntable = { file = "prices.csv" }\n'
        "[setup]\nsentences = 3\n"
    )
    out = tmp_path / "own"
    done = ran("propose", "language.report", "--spec", tmp_path / "own.toml", "-n", 4, "--out", out)
    assert done.exit_code == 0, done.output
    text = next((out / "designs").glob("story_*/story.md")).read_text()
    assert "EUR/MWh" in text
    done = ran("publish", out, tmp_path / "c", "--as", "editor", "--signers", signers)
    assert "names nobody who answers for it" in " ".join(done.output.split())


def test_minutes_of_work_stand_once_in_a_statement() -> None:
    assert with_work("Read.", 5) == "Read. (5 minutes of work)"
    assert with_work("Read.", None) == "Read."
    for statement, minutes in (("Read. (5 minutes of work)", 5), ("Read.", -1)):
        with pytest.raises(InputError, match="minutes of work"):
            with_work(statement, minutes)
