"""The gate before publishing: each breach blocks, and harmless changes do not."""

import json
import shutil
from pathlib import Path

import pytest
from rocrate.rocrate import ROCrate
from typer.testing import CliRunner

import releases
from breaches import HARMLESS, UNSEEN, WRONG
from ingenium.cli.app import app
from ingenium.core.digest import file_digest
from ingenium.core.errors import CorruptError, InputError
from ingenium.governance import gate
from ingenium.runs import loop
from ingenium.trust import sshsig
from ingenium.trust.ledger import open_ledger
from ingenium.trust.place import ledger_place


@pytest.fixture(scope="module")
def made(finished: loop.Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run with a ledger of its own."""
    folder = tmp_path_factory.mktemp("made")
    shutil.copytree(finished.folder, folder / "run")
    with open_ledger(ledger_place()) as retained:
        evidence = file_digest(finished.folder / "evidence.jsonl")
        body = [e.body for e in retained.entries("proposal") if e.body["evidence"] == evidence][-1]
    with open_ledger(folder / "ledger.sqlite", actor=releases.OPERATOR) as ledger:
        releases.history(ledger, "toy.cantilever")
        ledger.append("proposal", body)
    return folder


def published(release: releases.Release, out: Path) -> tuple[gate.GateCheck, ...]:
    """Findings of the gate; the crate exists if all checks pass, and the attempt is logged."""
    with open_ledger(release.book, create=False) as ledger:
        found = gate.publish(release.requested(ledger), out)
        logged = ledger.entries(gate.KIND)[-1].body
    assert out.exists() == logged["published"] == gate.passed(found)
    return found


@pytest.mark.parametrize("name", WRONG)
def test_each_breach_blocks(made: Path, tmp_path: Path, name: str) -> None:
    release = releases.copied(made, tmp_path)
    WRONG[name](release)
    assert not gate.passed(published(release, tmp_path / "crate"))


@pytest.mark.parametrize("name", UNSEEN)
def test_what_no_check_looks_at_passes_and_the_documents_say_so(
    made: Path, tmp_path: Path, name: str
) -> None:
    """A change that blocks one day belongs to the breaches."""
    release = releases.copied(made, tmp_path)
    UNSEEN[name](release)
    assert gate.passed(published(release, tmp_path / "crate"))


@pytest.mark.parametrize("name", HARMLESS)
def test_what_breaks_nothing_does_not_block(made: Path, tmp_path: Path, name: str) -> None:
    release = releases.copied(made, tmp_path)
    HARMLESS[name](release)
    found = published(release, tmp_path / "crate")
    assert gate.passed(found), [c for c in found if not c.passed]
    crate = ROCrate(tmp_path / "crate")
    signed = {e["agent"]["name"] for e in crate.contextual_entities if e.type == "EndorseAction"}
    assert {f"{role}@lab" for role in releases.ROLES} <= signed


def test_each_check_blocks_alone(made: Path, tmp_path: Path) -> None:
    """A breach of one thing fails the check of that thing and no other one."""
    alone = {
        "one role did not sign": "signed",
        "an entry edited": "chain",
        "the weights altered": "files",
        "no licence stated": "licence",
        "no engine named": "evidence",
        "no energy counted": "energy",
    }
    for i, (name, check) in enumerate(alone.items()):
        (tmp_path / str(i)).mkdir()
        release = releases.copied(made, tmp_path / str(i))
        WRONG[name](release)
        found = published(release, tmp_path / str(i) / "crate")
        assert [c.name for c in found if not c.passed] == [check], name


@pytest.mark.parametrize("engine", [{}, {"engine": "exact"}, "exact", None])
def test_an_engine_without_name_or_version_blocks(made: Path, tmp_path: Path, engine) -> None:
    release = releases.copied(made, tmp_path)
    file = release.run / "evidence.jsonl"
    lines = [json.loads(line) | {"engine": engine} for line in file.read_text().splitlines()]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = {c.name: c for c in published(release, tmp_path / "crate")}
    assert not found["evidence"].passed
    assert found["evidence"].said.endswith("does not say: engine")


@pytest.mark.parametrize("text", ["{", "[]", ""])
def test_a_record_of_a_run_that_is_none_is_told(made: Path, tmp_path: Path, text: str) -> None:
    release = releases.copied(made, tmp_path)
    (release.run / "run.json").write_text(text)
    with open_ledger(release.book) as ledger, pytest.raises(CorruptError, match=r"run\.json"):
        gate.publish(release.requested(ledger), tmp_path / "crate")
    assert not (tmp_path / "crate").exists()


def test_publish_at_the_command_line(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = releases.copied(made, tmp_path)
    monkeypatch.setenv("INGENIUM_LEDGER", str(release.book))
    signers = tmp_path / "signers"
    signers.write_text(
        "".join(f"{s.names[0]} {sshsig.public_line(s.key)}\n" for s in release.signers)
    )
    words = ["publish", str(release.run), str(tmp_path / "c.zip"), "--signers", str(signers)]
    words += ["--as", "safety", "--as", "release"]
    release.sign("safety")
    done = CliRunner().invoke(app, [*words, "--json"])
    assert done.exit_code == 1
    reported = {c["name"]: c for c in json.loads(done.stdout)["checks"]}
    assert reported["signed"]["said"] == "nobody on the list has signed as release"
    assert not (tmp_path / "c.zip").exists()
    release.sign("release")
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "release@lab as release" in done.stdout
    assert (tmp_path / "c.zip").is_file()
    for bad in (["publish", str(tmp_path), str(tmp_path / "d"), *words[3:]], words):
        assert CliRunner().invoke(app, bad).exit_code == 2  # no run there; the crate is there


def test_nobody_asked_to_sign_is_refused(made: Path, tmp_path: Path) -> None:
    release = releases.copied(made, tmp_path, ())
    with open_ledger(release.book) as ledger, pytest.raises(InputError, match="a role"):
        gate.checks(release.requested(ledger))
