"""Replay and audit of a run of beams: intact, altered, damaged or hostile."""

import dataclasses
import functools
import json
from pathlib import Path
from typing import Any

import pytest
import torch
import xarray as xr

import toy
from ingenium.core.errors import CorruptError, InputError
from ingenium.core.evidence import read
from ingenium.core.seeds import BLOCK
from ingenium.runs import loop
from ingenium.runs.search_plan import SearchPlan
from ingenium.searches.stopping import Stop
from ingenium.verbs.propose import propose
from ingenium.verbs.replay import replay
from ingenium.verbs.search import search
from ingenium.verbs.verify import verify
from toy import N, spec

pytestmark = pytest.mark.usefixtures("beams")


@pytest.mark.parametrize("design", [0, 5, BLOCK - 1, BLOCK, N - 1])
def test_replay_is_bit_for_bit(finished: loop.Run, design: int) -> None:
    found = replay(finished.folder, design)
    assert found.reproduced, [c for c in found.checks if not c.reproduced]
    bits = next(c for c in found.checks if c.part == "design")
    assert bits.found == "the same bit for bit"


def test_a_design_is_mended_again_with_those_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sums over a batch depend on its shape, so replay must repair the same batch."""

    def repair(self, arrays, conditions):
        return tuple(a * (1 + 1e-7 * len(a)) for a in arrays)

    monkeypatch.setattr(toy.Cantilever, "batch_size", 8)
    monkeypatch.setattr(toy.Cantilever, "repair", repair)
    run = propose(spec(), n=10, seed=3, out=tmp_path / "run")
    for design in (0, 7, 8, 9):
        found = replay(run.folder, design)
        bits = next(c for c in found.checks if c.part == "design")
        assert bits.found == "the same bit for bit", design
    more = propose(spec(), n=12, seed=3, out=tmp_path / "more")
    xr.testing.assert_identical(more.designs.isel(design=slice(0, 10)), run.designs)


def test_altered_file_is_found_out(finished: loop.Run, folder: Path) -> None:
    design = int(finished.designs["design"][finished.selected[0]])
    path = folder / "designs" / f"beam_{design:06d}.json"
    assert verify(finished.spec, path).designs[0].record == "as recorded"
    beam = json.loads(path.read_text())
    path.write_text(json.dumps(beam | {"height_mm": beam["height_mm"] - 30}))
    found = verify(finished.spec, path)
    assert found.altered == (str(path),)
    assert found.designs[0].verdict == "rejected"
    again = replay(folder, design)
    broken = {c.part for c in again.checks if not c.reproduced}
    assert {"file", "deflection_m (its file)"} <= broken
    assert "design" not in broken


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        ({"duty": "heavy"}, ""),
        ({"duty": "light"}, "duty is heavy, and light in the spec"),
        ({"load_n": {"at_least": 1000, "at_most": 2000}}, "and 1000 to 2000 in the spec"),
    ],
)
def test_what_a_file_was_asked_under_is_judged(
    finished: loop.Run, folder: Path, conditions: dict[str, Any], reason: str
) -> None:
    """A heavy beam is feasible, but is none of those that a spec of light ones requests."""
    record = next(r for r in read(folder / "evidence.jsonl") if r["file"])
    (found,) = verify(spec(conditions=conditions), folder / record["file"]).designs
    assert found.conditions == record["conditions"]
    assert found.verdict == ("rejected" if reason else "accepted")
    assert len(found.reasons) == bool(reason)
    assert reason in "".join(found.reasons)


def test_conditions_that_nobody_can_ask_for_are_told(finished: loop.Run, folder: Path) -> None:
    records = read(folder / "evidence.jsonl")
    record = next(r for r in records if r["file"])
    record["conditions"] |= {"load_n": 5e5, "duty": "absurd"}
    (folder / "evidence.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records))
    (found,) = verify("toy.cantilever", folder / record["file"]).designs
    assert found.verdict == "rejected"
    assert found.reasons == (
        "duty is absurd, and light or heavy in toy.cantilever",
        "load_n is 500000 N, and 1000 to 20000 in toy.cantilever",
    )


def test_a_file_that_says_its_conditions_is_believed_before_its_run(
    finished: loop.Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The load of a beam in its altered file is the one that counts."""
    *rest, load = toy.VARIABLES
    monkeypatch.setattr(toy, "VARIABLES", (*rest, dataclasses.replace(load, given="load_n")))
    record = next(r for r in read(folder / "evidence.jsonl") if r["file"])
    path = folder / record["file"]
    path.write_text(json.dumps(json.loads(path.read_text()) | {"tip_load_n": 100.0}))
    (found,) = verify("toy.cantilever", path).designs
    assert found.conditions["load_n"] == 100.0
    assert found.verdict == "rejected"
    assert found.reasons == ("load_n is 100 N, and 1000 to 20000 in toy.cantilever",)


def test_the_folder_of_a_search_is_refused_with_what_to_do(beams: None, tmp_path: Path) -> None:
    search(spec(), SearchPlan("random", 0, 16), Stop(16), tmp_path / "o")
    for folder in (tmp_path / "o", tmp_path / "o" / "result"):
        with pytest.raises(InputError, match="the folder of a search"):
            replay(folder, 0)


def test_foreign_file_has_no_record(finished: loop.Run, tmp_path: Path) -> None:
    beams = xr.Dataset(
        {v.name: ("design", [x]) for v, x in zip(toy.VARIABLES, (0.1, 0.2, 9e3), strict=True)},
        coords={"design": [0]},
    )
    toy.BeamTable().write(beams, tmp_path)
    found = verify("toy.cantilever", tmp_path / "beams.csv")
    assert [(d.format, d.verdict, d.record) for d in found.designs] == [
        ("beam-csv", "accepted", "no record")
    ]
    with pytest.raises(InputError, match=r"beam-json \(.json\), beam-csv"):
        verify("toy.cantilever", finished.folder / "report.html")
    with pytest.raises(InputError, match="no file"):
        verify("toy.cantilever", tmp_path / "none.json")


def test_altered_evidence_is_found_out(folder: Path) -> None:
    path = folder / "evidence.jsonl"
    records = read(path)
    records[3]["measured"]["deflection_m"]["value"] *= 1.5
    records[4]["design_digest"] = "sha256:" + 64 * "0"
    path.write_text("".join(json.dumps(r) + "\n" for r in records))
    broken = {c.part for c in replay(folder, 3).checks if not c.reproduced}
    assert "deflection_m (proposed again)" in broken
    found = replay(folder, 4)
    assert {c.part for c in found.checks if not c.reproduced} == {"evidence", "design"}
    assert found.reasons
    (other,) = (c for c in replay(folder, 5).checks if not c.reproduced)
    assert other.found.startswith("line 4, of design 3, was altered"), "the file, and not it"
    path.write_text(path.read_text()[:-20])
    with pytest.raises(CorruptError, match="line"):
        replay(folder, 5)


def test_altered_margins_are_found_out(folder: Path) -> None:
    path = folder / "evidence.jsonl"
    records = read(path)
    for design, change in ((3, 1e-3), (4, None)):
        margins = records[design]["margins"]
        label = next(iter(margins))
        margins[label] = None if change is None else margins[label] + change
    del records[5]["margins"][label]
    path.write_text("".join(json.dumps(r) + "\n" for r in records))
    for design in (3, 4, 5):
        broken = {c.part for c in replay(folder, design).checks if not c.reproduced}
        assert "margins (proposed again)" in broken, design
    assert {c.part for c in replay(folder, 6).checks if not c.reproduced} == {"evidence"}


def test_replay_allows_for_sums_that_cancel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The difference of two large sums changes by rounding when measured in another batch."""
    plain = toy.EulerBernoulli.measure

    def alone(self: toy.EulerBernoulli, *arrays: torch.Tensor) -> torch.Tensor:
        found = plain(self, *arrays)
        found[:, 1] = 1e-10 + (1e-16 if len(found) == 1 else 0.0)
        return found

    monkeypatch.setattr(toy.EulerBernoulli, "measure", alone)
    requested = spec(limits=[{"quantity": "deflection_m", "at_most": 1e-9}])
    out = propose(requested, 20, 1, tmp_path / "o").folder
    assert {c.part for c in replay(out, 0).checks if not c.reproduced} == {
        "stress_pa (proposed again)"
    }
    first, stress, *rest = toy.EulerBernoulli.quantities
    reported = (first, dataclasses.replace(stress, rounding=1e-12), *rest)
    telling = functools.partial(toy.EulerBernoulli, quantities=reported)
    monkeypatch.setattr(toy, "EulerBernoulli", telling)
    assert replay(out, 0).reproduced


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("evidence.jsonl", b"", "holds no record"),
        ("evidence.jsonl", b"\xff\xfe\n", "holds no record in line 1"),
        ("evidence.jsonl", b"[" * 99999, "holds no record in line 1"),
        ("evidence.jsonl", b'{"design": 0, "verdict": "accepted", "measured": {}}', "incomplete"),
        ("model/model.json", b"{}", "model is not what the run wrote"),
        ("model/model.json", b"\x80\x04", "model is not what the run wrote"),
        ("model/model.safetensors", b"\x80\x04.", "model is not what the run wrote"),
        ("model/model.safetensors", 7 * b"\xff" + b"\0{}", "model is not what the run wrote"),
    ],
)
def test_rubbish_in_a_run_is_told(folder: Path, name: str, content: bytes, says: str) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(CorruptError, match=says):
        replay(folder, 0)


def test_hostile_records_are_told(folder: Path) -> None:
    path = folder / "evidence.jsonl"
    first = read(path)[0]
    for entry, value in (("seed", "x"), ("seed", -1), ("format", "pickle"), ("measured", None)):
        altered = first | {"file": None, "measured_on": "file"} | {entry: value}
        path.write_text(json.dumps(altered) + "\n")
        with pytest.raises(CorruptError, match="incomplete record of design 0"):
            replay(folder, 0)
    for file in ("/dev/zero", "../../../../../../../../dev/zero"):
        path.write_text(json.dumps(first | {"file": file}) + "\n")
        broken = {c.part: c.found for c in replay(folder, 0).checks if not c.reproduced}
        assert "outside the folder" in broken["file"]


def test_without_run_json_nothing_vouches_for_the_end_of_the_evidence(folder: Path) -> None:
    (folder / "run.json").write_text("[]")
    assert {c.part for c in replay(folder, 0).checks if not c.reproduced} == {"evidence"}
    text = (folder / "spec.toml").read_text()
    (folder / "spec.toml").write_text(text.replace("heavy", "light"))
    assert replay(folder, 0).reasons == ("run.json is not what the run wrote",)


def test_altered_model_and_spec_are_found_out(folder: Path) -> None:
    text = (folder / "spec.toml").read_text()
    (folder / "spec.toml").write_text(text.replace("heavy", "light"))
    assert "spec" in {c.part for c in replay(folder, 0).checks if not c.reproduced}
    weights = folder / "model" / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-3] ^= 0x40
    weights.write_bytes(data)
    with pytest.raises(CorruptError, match="not what the run wrote"):
        replay(folder, 0)


def test_another_system_is_found_out(finished: loop.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toy.Cantilever, "system", "sha256:edited")
    found = replay(finished.folder, 0)
    assert [c.part for c in found.checks if not c.reproduced] == ["system"]
    assert found.reasons == ("what the engine models, such as the net, is not that of the run",)


def test_replay_of_what_is_not_there(finished: loop.Run, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"from 0 to {N - 1}"):
        replay(finished.folder, N)
    with pytest.raises(InputError, match="finished run"):
        replay(tmp_path, 0)
