"""The whole pipeline on beams in closed form: propose, verify, export, record, replay."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr

import toy
from ingenium.core.counting import each
from ingenium.core.designs import DESIGN
from ingenium.core.digest import dataset_digest, file_digest
from ingenium.core.errors import EngineError, FolderInUseError, InputError
from ingenium.core.evidence import read
from ingenium.core.folders import locked
from ingenium.core.problem import SearchDefaults
from ingenium.core.quantity import Quantity
from ingenium.core.remarks import hearing
from ingenium.core.seeds import BLOCK
from ingenium.core.select import firsts
from ingenium.core.spec import Limit, Objective
from ingenium.core.verdict import judge, margins
from ingenium.evaluate.limits import summarise
from ingenium.generators.generator import Generator
from ingenium.report import words
from ingenium.runs import loop
from ingenium.runs.edges import edges
from ingenium.trust.ledger import open_ledger
from ingenium.trust.place import ledger_place
from ingenium.verbs.propose import propose
from ingenium.verbs.replay import replay
from ingenium.verbs.verify import verify
from toy import N, spec

pytestmark = pytest.mark.usefixtures("beams")


def test_folder_is_complete(finished: loop.Run) -> None:
    out = finished.folder
    for name in ("spec.toml", "run.json", "designs.nc", "summary.json", "report.html"):
        assert (out / name).is_file(), name
    records = read(out / "evidence.jsonl")
    assert [r["design"] for r in records] == list(range(N))
    summary = json.loads((out / "summary.json").read_text())
    for name in ("proposed", "accepted", "rejected", "failed", "acceptance", "seconds"):
        assert name in summary
    assert summary["proposed"] == N == summary["accepted"] + summary["rejected"]
    assert 0.2 < summary["acceptance"] < 0.9, "the toy should break some limits and hold some"
    stored = [r for r in records if r["file"]]
    assert len(stored) == summary["accepted"] == len(list((out / "designs").iterdir()))
    for r in stored:
        assert file_digest(out / r["file"]) == r["file_digest"]
    assert not list(out.glob("blocks-*"))
    assert [p.name for p in out.parent.iterdir() if p.name.startswith(".")] == []


def test_a_run_says_what_it_took(finished: loop.Run) -> None:
    took = json.loads((finished.folder / "run.json").read_text())["energy"]
    assert took == finished.record["energy"]
    assert 0 < took["low_kwh"] < took["kwh"] < took["high_kwh"]
    assert took["cpu_seconds"] > 0
    assert took["kg_co2e"] is None
    report = (finished.folder / "report.html").read_text()
    assert took["method"].split(":")[0] in report


def test_every_accepted_design_holds_by_hand(finished: loop.Run) -> None:
    """Compute from the exported files alone, by the textbook's formulas."""
    beams = [json.loads(p.read_text()) for p in (finished.folder / "designs").iterdir()]
    assert beams
    for beam in beams:
        w, h, load = beam["width_mm"] / 1e3, beam["height_mm"] / 1e3, beam["tip_load_n"]
        assert load / (3 * 210e9 * w * h**3 / 12) <= 0.004
        assert load / (w * h**2 / 6) <= 160e6
        assert load >= toy.HEAVY_N


def test_digest_of_a_design_is_that_of_its_arrays_alone(finished: loop.Run) -> None:
    names = [v.name for v in finished.problem.variables]
    for r in read(finished.folder / "evidence.jsonl")[:5]:
        one = finished.designs[names].sel(design=r["design"]).reset_coords(drop=True)
        assert r["design_digest"] == dataset_digest(one)


def test_lightest_comes_first(finished: loop.Run) -> None:
    mass = finished.verdicts["mass_kg"].to_numpy()[finished.selected]
    assert (np.diff(mass) >= 0).all()


def test_kept_designs_lie_apart(tmp_path: Path) -> None:
    """The better one of two similar designs is exported; nothing else changes."""
    lightest = [{"quantity": "mass_kg", "sense": "minimise"}]
    free = propose(spec(objectives=lightest), N, 2, tmp_path / "free")
    run = propose(spec(objectives=lightest, select={"min_distance": 0.5}), N, 2, tmp_path / "apart")
    x = run.problem.encode(run.designs.isel({DESIGN: run.selected})).numpy()
    distance = np.sqrt(np.square(x[:, None] - x).mean(2))[~np.eye(len(x), dtype=bool)]
    assert 1 < len(run.selected) < len(free.selected)
    assert distance.min() >= 0.5
    assert run.selected[0] == free.selected[0]
    assert run.summary.accepted == free.summary.accepted
    stored = [r["design"] for r in read(run.folder / "evidence.jsonl") if r["file"]]
    assert sorted(stored) == sorted(run.designs[DESIGN].to_numpy()[run.selected].tolist())


def test_a_best_design_at_the_edge_of_what_is_proposed_is_said(tmp_path: Path) -> None:
    lightest = [{"quantity": "mass_kg", "sense": "minimise"}]
    free = propose(spec(objectives=lightest, conditions={}), N, 2, tmp_path / "free")
    (sentence,) = edges(free)
    assert "load_n 1" in sentence
    assert "range 1000 to 2e+04" in sentence
    assert sentence in (free.folder / "report.html").read_text()
    inside = {"load_n": {"at_least": 7e3, "at_most": 9e3}}
    assert edges(propose(spec(objectives=lightest, conditions=inside), N, 2, tmp_path / "in")) == ()


def test_a_problem_ranks_designs_where_the_spec_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = (Objective("mass_kg", "minimise"),)
    monkeypatch.setattr(toy.Cantilever, "searches", SearchDefaults(objectives=own))
    run = propose(spec(objectives=[]), N, 2, tmp_path / "run")
    assert run.spec.objectives == own
    assert (np.diff(run.verdicts["mass_kg"].to_numpy()[run.selected]) >= 0).all()
    heaviest = [{"quantity": "mass_kg", "sense": "maximise"}]
    other = propose(spec(objectives=heaviest), N, 2, tmp_path / "other")
    assert (np.diff(other.verdicts["mass_kg"].to_numpy()[other.selected]) <= 0).all()


def test_equal_designs_are_exported_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beams of one width are one design here, of which the lightest is exported."""

    def by_width(self: toy.Cantilever, designs: xr.Dataset) -> np.ndarray:
        return firsts(np.round(designs["width_m"].to_numpy(), 2).tolist())

    monkeypatch.setattr(toy.Cantilever, "equal", by_width)
    lightest = [{"quantity": "mass_kg", "sense": "minimise"}]
    run = propose(spec(objectives=lightest), N, 2, tmp_path / "run")
    good = run.designs.isel({DESIGN: run.verdicts["verdict"].to_numpy() == "accepted"})
    widths = np.round(run.designs["width_m"].to_numpy()[run.selected], 2)
    assert 1 < len(widths) < run.summary.accepted
    assert len(set(widths)) == len(widths) == run.summary.distinct
    assert set(widths) == set(np.round(good["width_m"].to_numpy(), 2))
    assert words.distinct(run.summary) in (run.folder / "report.html").read_text()


def test_report_says_tables_of_the_setup_in_words(finished: loop.Run) -> None:
    points = [{"name": "cruise", "lift": 0.35, "reynolds": 4.1e6}, {"name": "climb", "lift": 1}]
    setup = {"points": points, "bolts": [[0.0, 0.5]], "fine": True, "none": [], "box": {"x_m": 1.5}}
    requested = dict(words.requested(replace(finished.spec, setup=setup), finished.problem))
    assert requested["Setup"] == (
        "points 1: name cruise, lift 0.35, reynolds 4100000",
        "points 2: name climb, lift 1",
        "bolts = (0, 0.5)",
        "fine = true",
        "none = none",
        "box: x_m 1.5",
    )


def test_report_needs_nothing_else(finished: loop.Run) -> None:
    page = (finished.folder / "report.html").read_text()
    assert len(page) < 2_000_000
    assert 'src="http' not in page
    assert page.count("<script") == page.count("<script>") == 1, "the one that sorts tables"
    assert "<link" not in page
    assert f"<strong>{finished.summary.accepted}</strong> of {N}" in page
    assert "CC0-1.0" in page
    assert f"ingenium replay {finished.folder} --design" in page


def test_designs_do_not_depend_on_how_many(finished: loop.Run, tmp_path: Path) -> None:
    few = propose(finished.spec, 10, 7, tmp_path / "few")
    for v in few.problem.variables:
        np.testing.assert_array_equal(few.designs[v.name], finished.designs[v.name][:10])
    other = propose(finished.spec, 10, 8, tmp_path / "other")
    assert not np.array_equal(other.designs["width_m"], few.designs["width_m"])


def test_no_two_designs_are_the_same(tmp_path: Path) -> None:
    """Compare also under one condition alone, in different blocks or from different seeds."""
    requested = spec(conditions={"duty": "heavy", "load_n": 9000.0})
    runs = [propose(requested, 2 * BLOCK, seed, tmp_path / str(seed)) for seed in (1, 2)]
    widths = np.concatenate([run.designs["width_m"] for run in runs])
    assert len(np.unique(widths)) == len(widths)


def test_a_stopped_run_goes_on_and_gives_the_same_evidence(
    finished: loop.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    requested = finished.spec
    out = tmp_path / "stopped"
    blocks: list[int] = []
    whole = Generator.propose_block

    def stop(stage: str, done: int, total: int) -> None:
        if stage == "propose and verify":
            raise KeyboardInterrupt

    def noted(self: Generator, seed: int, block: int, *rows: Any, **watch: Any) -> xr.Dataset:
        blocks.append(block)
        return whole(self, seed, block, *rows, **watch)

    monkeypatch.setattr(Generator, "propose_block", noted)
    with pytest.raises(KeyboardInterrupt):
        propose(requested, N, 7, out, watch=stop)
    assert not out.exists()
    run = propose(requested, N, 7, out)
    assert blocks == [0, 1, 2], "a verified unit is not proposed again"
    fresh = propose(requested, N, 7, tmp_path / "fresh")
    stopped, straight = (read(f / "evidence.jsonl") for f in (out, fresh.folder))
    for a, b in zip(stopped, straight, strict=True):
        own = dict.fromkeys(("replay", "previous", "seal"))  # the folder, and what covers it
        assert a | own == b | own
    assert run.summary == fresh.summary


@pytest.mark.parametrize("damage", [b"", b"garbage", b"\x89HDF\r\n\x1a\n" + 99 * b"\0", None])
def test_a_damaged_block_of_a_stopped_run_is_done_again(
    finished: loop.Run, tmp_path: Path, damage: bytes | None
) -> None:
    out = tmp_path / "stopped"

    def stop(stage: str, done: int, total: int) -> None:
        if stage == "cross-check":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        propose(finished.spec, N, 7, out, watch=stop)
    block = next(tmp_path.glob(".stopped.partial/blocks-*/000001.npz"))
    whole = block.read_bytes()
    width = finished.designs["width_m"].to_numpy()[BLOCK : 2 * BLOCK].tobytes()
    place = whole.index(width)  # one bit of one width flips
    flipped = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
    block.write_bytes(flipped if damage is None else damage)
    again = propose(finished.spec, N, 7, out)
    xr.testing.assert_equal(again.designs, finished.designs)
    assert again.summary == finished.summary


def test_a_run_stopped_at_each_stage_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path / "cache"))  # without fits of earlier runs
    stages = (
        "open the problem",
        "data",
        "fit",
        "propose and verify",
        "cross-check",
        "export and read back",
        "evidence",
        "report",
        "store",
    )
    for i, stage in enumerate(stages):
        out = tmp_path / f"at{i}"
        requested = spec(generator={"family": "gaussian_copula", "seed": 100 + i})

        def stop(now: str, done: int, total: int, at: str = stage) -> None:
            if now == at:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            propose(requested, 20, 1, out, watch=stop)
        assert not out.exists()
        propose(requested, 20, 1, out)
        assert replay(out, 3).reproduced


def test_two_runs_into_one_folder(finished: loop.Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with locked(out), pytest.raises(FolderInUseError):
        propose(spec(), 5, 1, out)
    propose(spec(), 5, 1, out)
    with pytest.raises(InputError, match="different finished run"):
        propose(spec(), 6, 1, out)
    assert propose(spec(), 6, 1, out, overwrite=True).summary.proposed == 6


def test_nothing_accepted_names_the_nearest(tmp_path: Path) -> None:
    run = propose(
        spec(limits=[{"quantity": "deflection_m", "at_most": 1e-6}]), 30, 1, tmp_path / "o"
    )
    assert run.summary.accepted == 0
    assert not len(run.selected)
    least = float(run.verdicts["deflection_m"].min())
    page = (run.folder / "report.html").read_text()
    assert "Binding limits" in page
    assert f"{least:.4g}"[:5] in page
    assert replay(run.folder, 3).reproduced


def test_the_first_block_says_what_is_in_the_way(tmp_path: Path) -> None:
    said: list[str] = []
    alone = {"stress_pa": "the deflection decides"}
    strict = spec(limits=[{"quantity": "deflection_m", "at_most": 1e-6}], without=alone)
    with hearing(said.append):
        propose(strict, 70, 1, tmp_path / "a")
        propose(spec(limits=[{"quantity": "deflection_m", "at_most": 1e6}]), 70, 1, tmp_path / "b")
        propose(strict, 64, 1, tmp_path / "c")  # the end reports it immediately
    (only,) = said
    assert only == (
        "None of the first 64 designs is accepted: deflection_m <= 1e-06 [m] is violated by 64."
    )


def test_rounding_that_breaks_a_limit_is_not_exported(tmp_path: Path) -> None:
    """Each accepted design is at its own limit's edge in some run: the file's numbers count."""
    first = propose(spec(limits=[{"quantity": "mass_kg", "at_most": 1e3}]), 60, 2, tmp_path / "a")
    stored = first.verdicts["mass_kg"].to_numpy()  # of the files
    plain = (
        first.designs["width_m"] * first.designs["height_m"] * toy.DENSITY_KG_M3
    ).to_numpy()  # of the arrays
    i = int(np.argmax(stored - plain))
    assert stored[i] > plain[i]
    edge = float((stored[i] + plain[i]) / 2)
    run = propose(spec(limits=[{"quantity": "mass_kg", "at_most": edge}]), 60, 2, tmp_path / "b")
    record = read(run.folder / "evidence.jsonl")[i]
    assert record["verdict"] == "rejected"
    assert record["file"] is None
    assert not (run.folder / "designs" / f"beam_{i:06d}.json").exists()
    assert replay(run.folder, i).reproduced


def test_no_answer_from_the_engine(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="euler-bernoulli failed on every one"):
        propose(spec(setup={"broken": True}), 5, 1, tmp_path / "o")
    assert not (tmp_path / "o").exists()


def test_each_deed_is_in_the_ledger(finished: loop.Run) -> None:
    with open_ledger(ledger_place()) as ledger:
        before = sum(1 for _ in ledger.entries())
    replay(finished.folder, 0)
    verify(finished.spec, next((finished.folder / "designs").iterdir()))
    digest = file_digest(finished.folder / "evidence.jsonl")
    with open_ledger(ledger_place()) as ledger:
        assert not ledger.check()
        proposals = [e.body for e in ledger.entries("proposal")]
        done = list(ledger.entries())[before:]
    assert [e.kind for e in done] == ["replay", "verify"]
    (proposal,) = [b for b in proposals if b["evidence"] == digest]
    judge = {"tier": "exact", "name": "euler-bernoulli", "version": "1"}
    for body in (proposal, *(e.body for e in done)):
        assert body["engines"][0] == judge
    wrote = proposal["wrote"]
    assert wrote["run.json"] == file_digest(finished.folder / "run.json")
    assert {"spec.toml", "model/model.safetensors", "designs.nc"} < set(wrote)


def test_wrong_counts_are_refused(tmp_path: Path) -> None:
    for n, seed in ((0, 1), (-3, 1), (5, -1)):
        with pytest.raises(InputError):
            propose(spec(), n, seed, tmp_path / "o")


def test_places_and_times_read_as_such() -> None:
    when = Quantity("when", "h", "hour")
    where = Quantity("where", "1", "place", labels=("root", "tip"))
    value = Quantity("value", "m", "value", where=("where", "when"))
    measured = np.array([[1.0, 1, 18.25], [3.0, 1, 18.25], [4.0, 0, 7.0], [5.0, 1, 18.25]])
    limits = [Limit("value", at_most=2.0)]
    margin = margins(measured, ["value", "where", "when"], limits)
    data = {q.name: ("design", measured[:, i]) for i, q in enumerate((value, where, when))}
    verdicts = xr.Dataset(
        data
        | {
            "margin": (("design", "limit"), margin),
            "verdict": ("design", judge(measured, margin)),
        }
    )
    found = summarise(verdicts, limits, (value, where, when)).limits[0]
    assert (found.broken, found.worst, found.typical) == (3, 5.0, 4.0)
    assert found.where == ("tip (67%)", "18:15 (67%)")


def test_progress_counts_designs_that_the_engine_measures_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = toy.EulerBernoulli.measure

    def slowly(engine: toy.EulerBernoulli, *arrays: torch.Tensor) -> torch.Tensor:
        rows = zip(*arrays, strict=True)
        return torch.cat([plain(engine, *(x[None] for x in row)) for row in each(rows)])

    monkeypatch.setattr(toy.EulerBernoulli, "measure", slowly)
    reported = []
    propose(spec(), 70, 1, tmp_path / "out", watch=lambda *step: reported.append(step))
    shown = [done for stage, done, total in reported if stage == "propose and verify"]
    assert shown[0] == 0
    assert sorted(set(shown)) == list(range(71))
    assert shown == sorted(shown)
