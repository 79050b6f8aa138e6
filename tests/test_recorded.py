"""Tampering with the evidence of a run, and the sentence that reports it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingenium.core import seals
from ingenium.core.errors import InputError
from ingenium.core.evidence import KEY, read, vouched
from ingenium.core.spec import load
from ingenium.runs import loop
from ingenium.trust.ledger import open_ledger
from ingenium.verbs.replay import replay
from ingenium.verbs.verify import verify

pytestmark = pytest.mark.usefixtures("beams")
Act = Callable[[list[dict[str, Any]]], object]


@pytest.fixture
def empty(tmp_path: Path):
    """A ledger without the run."""
    with open_ledger(tmp_path / "other.db") as ledger:
        yield ledger


def chosen(records: list[dict[str, Any]]) -> dict[str, Any]:
    """The first design that has a file."""
    return next(r for r in records if r["file"])


def value(record: dict[str, Any], name: str = "deflection_m") -> dict[str, Any]:
    return record["measured"][name]


ACTS: dict[str, Act] = {
    "a value": lambda r: value(chosen(r)).update(value=1e-4),
    "an uncertainty": lambda r: value(chosen(r)).update(uncertainty=1e9),
    "a value within it": lambda r: value(chosen(r)).update(value=1e-4, uncertainty=1e9),
    "a margin": lambda r: chosen(r)["margins"].update(dict.fromkeys(chosen(r)["margins"], 9.0)),
    "a condition": lambda r: chosen(r)["conditions"].update(load_n=12e3),
    "the notes": lambda r: chosen(r).update(notes=["Nothing was changed."]),
    "the engine": lambda r: chosen(r)["engine"].update(engine_version="99"),
    "the licence": lambda r: chosen(r).update(data_licence="proprietary"),
    "a digest": lambda r: chosen(r).update(code="sha256:" + 64 * "0"),
    "a verdict": lambda r: chosen(r).update(verdict="rejected"),
    "a doubled line": lambda r: r.insert(0, chosen(r)),
    "a line less": lambda r: r.remove(chosen(r)),
    "two lines changed round": lambda r: r.insert(0, r.pop()),
    "the last line less": lambda r: r.pop(),
}


@pytest.mark.parametrize("resealed", [False, True])
@pytest.mark.parametrize("act", ACTS)
def test_what_is_done_to_evidence_is_told(folder: Path, empty, act: str, resealed: bool) -> None:
    """Seals may be recomputed, without a ledger: then the record of the run reveals it."""
    path = folder / "evidence.jsonl"
    records = read(path)
    file = folder / chosen(records)["file"]
    ACTS[act](records)
    if resealed:
        path.write_text("".join(seals.sealed(unsealed(records))))
    else:
        path.write_text("".join(json.dumps(r) + "\n" for r in records))
    (found,) = verify(load(folder / "spec.toml"), file, ledger=empty).runs
    assert found.faults
    assert all(len(text.splitlines()) == 1 for text in found.faults)
    still = next(r["design"] for r in read(path) if r["file"])
    checks = replay(folder, still, ledger=empty).checks
    assert "evidence" in {c.part for c in checks if not c.reproduced}


@pytest.mark.parametrize("act", ["a value", "an uncertainty", "the licence", "the last line less"])
def test_what_is_done_to_all_of_a_run_is_told_by_its_ledger(folder: Path, act: str) -> None:
    path = folder / "evidence.jsonl"
    records = read(path)
    file = folder / chosen(records)["file"]
    ACTS[act](records)
    anew(folder, records)
    (found,) = verify(load(folder / "spec.toml"), file).runs
    (fault,) = found.faults
    assert "of the ledger notes for the same designs" in fault


def unsealed(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in r.items() if k not in (seals.PREVIOUS, seals.SEAL)} for r in records]


def anew(folder: Path, records: list[dict[str, Any]]) -> None:
    """Seal records, and update the record of the whole run."""
    path = folder / "evidence.jsonl"
    path.write_text("".join(seals.sealed(unsealed(records))))
    run = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(run | {KEY: vouched(path)}))


def test_a_value_that_is_forged_throughout_is_measured(folder: Path, empty) -> None:
    """The run is in no ledger, and every seal is valid; its own file reveals it."""
    records = read(folder / "evidence.jsonl")
    value(chosen(records)).update(value=1e-4)
    anew(folder, records)
    found = verify(load(folder / "spec.toml"), folder / chosen(records)["file"], ledger=empty)
    assert not found.runs[0].faults
    assert found.altered
    (fault,) = found.designs[0].faults
    assert fault.startswith(f"deflection_m of design {chosen(records)['design']} is")
    assert fault.endswith("recorded 0.0001")


def test_what_was_written_is_as_recorded(finished: loop.Run, empty) -> None:
    files = [
        finished.folder / r["file"] for r in read(finished.folder / "evidence.jsonl") if r["file"]
    ]
    spec = load(finished.folder / "spec.toml")
    found = verify(spec, files)
    assert {d.record for d in found.designs} == {"as recorded"}
    assert found.runs[0].reported.startswith("sealed, and noted by entry")
    assert "not in this ledger" in verify(spec, files[:1], ledger=empty).runs[0].reported


@pytest.mark.parametrize("inner", ["", "designs"])
def test_the_folder_of_a_run_is_verified_as_its_files(folder: Path, inner: str) -> None:
    records = read(folder / "evidence.jsonl")
    retained = [r["design"] for r in records if r["file"]]
    spec = load(folder / "spec.toml")
    found = verify(spec, folder / inner)
    assert sorted(d.design for d in found.designs) == sorted(retained)
    assert {d.record for d in found.designs} == {"as recorded"}
    path = folder / chosen(records)["file"]
    path.write_text(path.read_text() + " ")
    found = verify(spec, folder / inner)
    assert [d.design for d in found.designs if d.record == "altered"] == [chosen(records)["design"]]
    path.unlink()
    assert any("is gone" in text for r in verify(spec, folder / inner).runs for text in r.faults)


def test_evidence_that_is_planted_nearer_is_not_believed(folder: Path) -> None:
    records = read(folder / "evidence.jsonl")
    planted = {**chosen(records), "file": Path(chosen(records)["file"]).name}
    (folder / "designs" / "evidence.jsonl").write_text(json.dumps(planted) + "\n")
    with pytest.raises(InputError, match="Remove what no run has put there"):
        verify(load(folder / "spec.toml"), folder / chosen(records)["file"])


def old(folder: Path) -> list[dict[str, Any]]:
    """Convert a run to its form from before there were seals."""
    records = unsealed(read(folder / "evidence.jsonl"))
    write(folder, records)
    run = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({k: v for k, v in run.items() if k != KEY}))
    return records


def write(folder: Path, records: list[dict[str, Any]]) -> None:
    (folder / "evidence.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records))


def test_an_old_run_is_read_and_said_to_carry_no_seal(folder: Path, empty) -> None:
    records = old(folder)
    spec, first = load(folder / "spec.toml"), chosen(records)
    found = verify(spec, folder / first["file"], ledger=empty)
    assert [d.record for d in found.designs] == ["not sealed"]
    again = replay(folder, first["design"], ledger=empty)
    assert again.reproduced
    assert "not sealed" in next(c.found for c in again.checks if c.part == "evidence")
    value(first).update(value=1e-4, uncertainty=1e9)
    write(folder, records)
    assert verify(spec, folder / first["file"], ledger=empty).altered
    assert not replay(folder, first["design"], ledger=empty).reproduced


def test_seals_that_were_taken_off_are_missed(folder: Path, empty) -> None:
    """The record of the run reveals it; if that was changed too, the ledger does."""
    sealed, spec = read(folder / "evidence.jsonl"), load(folder / "spec.toml")
    write(folder, unsealed(sealed))
    (found,) = verify(spec, folder / chosen(sealed)["file"], ledger=empty).runs
    assert found.faults == ("the records of evidence.jsonl lost their seals after the run",)
    old(folder)
    (found,) = verify(spec, folder / chosen(sealed)["file"]).runs
    assert "notes for the same designs" in found.faults[0]


def test_a_record_of_the_run_that_was_altered_is_told_by_the_ledger(folder: Path) -> None:
    records = read(folder / "evidence.jsonl")
    run = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(run | {"data_licence": "none"}))
    (found,) = verify(load(folder / "spec.toml"), folder / chosen(records)["file"]).runs
    assert found.faults[0].startswith("run.json: not what entry")


def test_a_copy_of_a_run_elsewhere_is_the_same_run(folder: Path, tmp_path: Path) -> None:
    moved = Path(shutil.copytree(folder, tmp_path / "moved"))
    records = read(moved / "evidence.jsonl")
    (found,) = verify(load(moved / "spec.toml"), moved / chosen(records)["file"]).designs
    assert found.record == "as recorded"
