"""Invalid input: each ends with a message and a code, and nothing is half-written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingenium.cli.app import app
from ingenium.trust.ledger import open_ledger

LONG = "a" * 400  # more than a name of a file may have


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder, with a ledger of one entry and files of other kinds."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INGENIUM_LEDGER", str(tmp_path / "ledger.sqlite"))
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.append("proposal", {"problem": "known.front"})
    (tmp_path / "latin").write_bytes("café".encode("latin-1"))
    (tmp_path / "bytes").write_bytes(bytes(range(256)))
    return tmp_path


def ends(here: Path, code: int, *words: str, said: str = "") -> None:
    """A command ends with a code and a message, no fault of ours, and leaves no file."""
    before = {p for p in here.rglob("*") if not p.name.startswith("ledger.sqlite")}
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == code, done.output
    assert "Traceback" not in done.output
    assert "Fault of ingenium" not in done.output
    assert said in done.output
    assert {p for p in here.rglob("*") if not p.name.startswith("ledger.sqlite")} == before


@pytest.mark.parametrize("command", ["list", "show 12345678", "check", "export x", "report x"])
def test_a_name_that_is_too_long(here: Path, monkeypatch, command: str) -> None:
    monkeypatch.setenv("INGENIUM_LEDGER", LONG)
    code = 0 if command == "list" else 2
    ends(here, code, "ledger", *command.split(), said="" if code == 0 else "expected a ledger")


def test_a_ledger_that_is_not_there_is_not_called_intact(here: Path, monkeypatch) -> None:
    monkeypatch.setenv("INGENIUM_LEDGER", str(here / "mistyped.sqlite"))
    ends(here, 2, "ledger", "check", said="where there is none")


@pytest.mark.parametrize("anchor", ["rubbish", "sha256:12", "12345678", "SHA256:" + 64 * "0"])
def test_an_anchor_that_is_no_hash(here: Path, anchor: str) -> None:
    """An error of input, and not a report of tampering."""
    ends(here, 2, "ledger", "check", "--anchor", anchor, said="64 hexadecimal digits")
    ends(here, 2, "ledger", "report", "r.html", "--anchor", anchor, said="an anchor")


@pytest.mark.parametrize("name", ["latin", "bytes"])
def test_signers_that_are_no_text(here: Path, name: str) -> None:
    for words in (("verify-signatures",), ("report", "r.html")):
        ends(here, 2, "ledger", *words, "--signers", name, said="in UTF-8")
    ends(here, 2, "publish", ".", "c", "--as", "safety", "--signers", name, said="in UTF-8")


@pytest.mark.parametrize("command", ["export", "report"])
def test_a_file_without_a_name(here: Path, command: str) -> None:
    ends(here, 2, "ledger", command, "", said="a file to write")


def test_a_problem_without_a_name(here: Path) -> None:
    for command in (["search", ""], ["propose", "", "-n", "3"], ["show", ""]):
        ends(here, 2, *command)


BIG = str(10**40)
DEEP = "/".join("a" * 2000)
PROFILE = "grid.profile_day"


@pytest.mark.parametrize(
    "words",
    [
        *(f"compare {PROFILE} --{x} {BIG}" for x in ("seeds", "members", "judged", "steps")),
        *(f"search {PROFILE} --{x} {BIG}" for x in ("seed", "budget", "batch", "processes")),
        *(f"propose {PROFILE} {x} {BIG}" for x in ("-n", "--seed")),
        f"compare {PROFILE} --seeds 1e40",
        f"study run 20.15 --seeds {BIG}",
        f"replay . --design {BIG}",
    ],
)
def test_numbers_without_end(here: Path, words: str) -> None:
    ends(here, 2, *words.split())


@pytest.mark.parametrize("name", [LONG, DEEP, "pipe", "/dev/zero"])
def test_paths_that_are_no_files(here: Path, name: str) -> None:
    os.mkfifo(here / "pipe")
    for words in (
        f"propose {PROFILE} --spec",
        f"verify {PROFILE}",
        "replay",
        f"show {PROFILE} --spec",
    ):
        ends(here, 2, *words.split(), name)


@pytest.mark.parametrize("name", [LONG, DEEP])
def test_a_folder_that_cannot_be_made(here: Path, name: str) -> None:
    for words in (f"propose {PROFILE} -n 2", f"search {PROFILE} --budget 2"):
        ends(here, 3, *words.split(), "--out", name, said="File name too long")


def started(words: str, *, before: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, by a shell that does something before."""
    line = f"{before} {sys.executable} -m ingenium {words}"
    return subprocess.run(line, shell=True, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("closed", [">&-", "<&-", "2>&-", ">&- 2>&- <&-"])
def test_standard_streams_that_are_closed(closed: str) -> None:
    done = started(f"list {closed}", before="")
    assert (done.returncode, done.stderr) == (0, "")


def test_too_little_memory_to_load() -> None:
    done = started("show structures.bracket", before="ulimit -v 524288;")
    assert done.returncode == 2
    assert "at least 2048 MB of memory for this process, got a limit of 512 MB" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("named", [True, False])
def test_a_ledger_that_was_deleted_is_not_called_intact(here: Path, monkeypatch, named) -> None:
    """A new ledger in its place, with entries of its own, is not called intact either."""
    file = here / "ingenium" / "ledger.sqlite"
    monkeypatch.setenv("XDG_DATA_HOME", str(here))
    monkeypatch.setenv("INGENIUM_CACHE", str(here.with_name("cache")))
    monkeypatch.delenv("INGENIUM_LEDGER")
    if named:
        monkeypatch.setenv("INGENIUM_LEDGER", str(file))
    else:
        ends(here, 0, "ledger", "check", said="is not there")
    for said in ("is gone", "cut off or rewritten"):
        with open_ledger(file) as ledger:
            ledger.append("proposal", {"problem": "known.front"})
        if said == "is gone":
            ends(here, 0, "ledger", "check", said="is intact")
            for part in file.parent.iterdir():
                part.unlink()
        ends(here, 3, "ledger", "check", said=said)
    ends(here, 3, "ledger", "check", said="who began a new ledger there removes")
