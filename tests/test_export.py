"""Exports: one file or many; the files' own values decide which designs are exported."""

import json
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import xarray as xr

import toy
from ingenium.cli.outcome import show
from ingenium.cli.output import results
from ingenium.core.designs import DESIGN
from ingenium.core.digest import path_digest
from ingenium.core.evidence import read
from ingenium.core.seeds import BLOCK
from ingenium.core.spec import Spec, parse
from ingenium.runs import loop
from ingenium.runs.outcome import Run
from ingenium.verbs.propose import propose
from ingenium.verbs.replay import replay
from ingenium.verbs.verify import verify

pytestmark = pytest.mark.usefixtures("beams")
N = 60


class CoarseTable(toy.BeamTable):
    """All beams in one CSV file, in whole millimetres, so that rounding can violate limits."""

    name = "beam-csv"
    endings = (".csv",)
    written: ClassVar[list[list[int]]] = []

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        self.written.append(designs[DESIGN].to_numpy().tolist())
        coarse = {name: designs[name].round(3) for name in ("width_m", "height_m")}
        return super().write(designs.assign(coarse), folder)


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> type[CoarseTable]:
    """A toy that exports one file for all designs."""
    CoarseTable.written.clear()
    monkeypatch.setattr(toy, "BeamFiles", CoarseTable)
    monkeypatch.setattr(toy, "BeamTable", toy.BeamFiles)
    return CoarseTable


def spec(**entries: Any) -> Spec:
    return parse({"problem": "toy.cantilever"} | entries, Spec, "spec")


def edge(folder: Path) -> float:
    """A mass that some designs satisfy as proposed and violate as written."""
    free = spec(limits=[{"quantity": "mass_kg", "at_most": 1e3}])
    run = propose(free, N, 2, folder)
    stored = run.verdicts["mass_kg"].to_numpy()
    plain = (run.designs["width_m"] * run.designs["height_m"] * toy.DENSITY_KG_M3).to_numpy()
    i = int(np.argmax(stored - plain))
    assert stored[i] > plain[i]
    return float((stored[i] + plain[i]) / 2)


def test_a_flipped_verdict_leaves_the_shared_file(
    shared: type[CoarseTable], tmp_path: Path
) -> None:
    limit = {"quantity": "mass_kg", "at_most": edge(tmp_path / "free")}
    shared.written.clear()
    run = propose(spec(limits=[limit], without=toy.LIGHT_ALONE), N, 2, tmp_path / "out")
    first, *_, last = shared.written
    dropped = set(first) - set(last)
    assert dropped, "some design should flip"
    assert sorted(last) == sorted(run.designs[DESIGN].to_numpy()[run.selected].tolist())
    file = run.folder / "designs" / "beams.csv"
    assert list(toy.BeamTable.read(CoarseTable(), file)[DESIGN].to_numpy()) == last
    records = read(run.folder / "evidence.jsonl")
    for r in records:
        if r["design"] in last:
            assert (r["verdict"], r["file"]) == ("accepted", "designs/beams.csv")
            assert r["file_digest"] == path_digest(file)
        else:
            assert r["file"] is None
    for design in (*sorted(dropped), last[0], last[-1]):
        assert records[design]["measured_on"] == "file"
        found = replay(run.folder, design)
        assert found.reproduced, [c for c in found.checks if not c.reproduced]
    found = verify(spec(limits=[limit], without=toy.LIGHT_ALONE), file)
    assert [d.design for d in found.designs] == last
    assert {(d.verdict, d.record) for d in found.designs} == {("accepted", "as recorded")}


def test_what_lies_there_was_measured_last(shared: type[CoarseTable], tmp_path: Path) -> None:
    """A file that is rewritten is read and measured again, and the next best moves up."""
    limit = {"quantity": "mass_kg", "at_most": edge(tmp_path / "free")}
    first = {"quantity": "mass_kg", "sense": "maximise"}
    requested = spec(limits=[limit], objectives=[first], select={"count": 5})
    run = propose(requested, N, 2, tmp_path / "out")
    assert len(run.selected) == 5, "the place of a design that flipped is filled"
    masses = run.verdicts["mass_kg"].to_numpy()
    assert (np.diff(masses[run.selected]) <= 0).all()
    for d in verify(requested, run.folder / "designs" / "beams.csv").designs:
        assert d.verdict == "accepted"
        assert d.measured["mass_kg"]["value"] == pytest.approx(masses[d.design], rel=1e-12)


def test_an_altered_shared_file_is_found_out(shared: type[CoarseTable], tmp_path: Path) -> None:
    run = propose(spec(), N, 2, tmp_path / "out")
    file = run.folder / "designs" / "beams.csv"
    retained = run.designs[DESIGN].to_numpy()[run.selected]
    head, *rows = file.read_text().splitlines()
    file.write_text("\n".join([head, *rows[1:]]) + "\n")
    found = replay(run.folder, int(retained[0]))
    broken = {c.part for c in found.checks if not c.reproduced}
    assert broken == {"file", "file measured"}
    assert verify(spec(), file).altered == (str(file),)


def test_the_seconds_are_those_that_one_waits(tmp_path: Path) -> None:
    """Opening, evidence and report are included, and the summary has their sum."""
    clock = loop.Clock({"start": 100.0})
    run = propose(spec(), 20, 1, tmp_path / "out", clock=clock)
    seconds = json.loads((run.folder / "run.json").read_text())["seconds"]
    wanted = {"start", "open the problem", "fit", "propose", "verify", "evidence", "report"}
    assert wanted <= seconds.keys()
    assert seconds["start"] == 100.0
    summary = json.loads((run.folder / "summary.json").read_text())
    assert summary["seconds"] == pytest.approx(sum(seconds.values()), abs=0.01)


def near(folder: Path) -> float:
    """A mass that half of the designs satisfy, one of them by a tenth of the uncertainty."""
    free = propose(spec(limits=[{"quantity": "mass_kg", "at_most": 1e3}]), N, 2, folder)
    masses = [r["measured"]["mass_kg"] for r in reported(free)]
    middle = sorted(m["value"] for m in masses)[N // 2]
    return float(middle + 0.1 * masses[0]["uncertainty"])


def reported(run: Run) -> list[dict[str, Any]]:
    return read(run.folder / "evidence.jsonl")


def test_limits_that_are_held_by_less_than_the_uncertainty_are_named(
    shared: type[CoarseTable], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bound = near(tmp_path / "free")
    run = propose(
        spec(limits=[{"quantity": "mass_kg", "at_most": bound}], without=toy.LIGHT_ALONE),
        N,
        2,
        tmp_path / "out",
    )
    close = [
        r["design"]
        for r in reported(run)
        if 0 <= bound - r["measured"]["mass_kg"]["value"] < r["measured"]["mass_kg"]["uncertainty"]
    ]
    assert close, "some design should be close"
    assert [r["design"] for r in reported(run) if r["close"]] == close
    assert all(len(r["close"]) <= 1 for r in reported(run))
    assert run.summary.close == len(close)
    assert run.summary.limits[0].close == len(close)
    show(results(), run)
    text = f"{len(close)} of the accepted meet a limit by less than the uncertainty"
    assert text in capsys.readouterr().out
    assert "by less than the uncertainty" in (run.folder / "report.html").read_text()


def test_a_limit_can_be_held_beyond_the_uncertainty(
    shared: type[CoarseTable], tmp_path: Path
) -> None:
    bound = near(tmp_path / "free")
    limit = {"quantity": "mass_kg", "at_most": bound}
    plain = propose(spec(limits=[limit], without=toy.LIGHT_ALONE), N, 2, tmp_path / "plain")
    requested = spec(limits=[limit | {"beyond_uncertainty": True}], without=toy.LIGHT_ALONE)
    run = propose(requested, N, 2, tmp_path / "beyond")
    assert 0 < run.summary.accepted < plain.summary.accepted
    assert run.summary.close == 0
    for r in reported(run):
        mass = r["measured"]["mass_kg"]
        (margin,) = r["margins"].values()
        assert margin == pytest.approx(bound - mass["value"] - mass["uncertainty"], abs=1e-12)
        assert (r["verdict"] == "accepted") == (margin >= 0)
    lost = {r["design"] for r in reported(plain) if r["verdict"] == "accepted"} - {
        r["design"] for r in reported(run) if r["verdict"] == "accepted"
    }
    for design in (min(lost), int(run.designs[DESIGN][run.selected[0]])):
        found = replay(run.folder, design)
        assert found.reproduced, [c for c in found.checks if not c.reproduced]
    assert verify(requested, run.folder / "designs" / "beams.csv").accepted == len(run.selected)


class Separate(toy.BeamFiles):
    """A file for each beam, declared so: it is written and read in parts."""

    separate = True
    written: ClassVar[list[int]] = []
    read_from: ClassVar[list[Path]] = []

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        self.written.append(designs.sizes[DESIGN])
        return super().write(designs, folder)

    def read(self, path: Path) -> xr.Dataset:
        self.read_from.append(path)
        return super().read(path)


def test_designs_with_files_of_their_own_are_never_read_all_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run is the same as with a format that does not declare it."""
    n = 2 * BLOCK + 5
    plain = propose(spec(), n, 2, tmp_path / "plain")
    monkeypatch.setattr(toy, "BeamFiles", Separate)
    run = propose(spec(), n, 2, tmp_path / "apart")
    assert run.verdicts.identical(plain.verdicts)
    assert len(run.selected) > BLOCK
    assert max(Separate.written) <= BLOCK
    assert sum(Separate.written) == len(Separate.read_from) == len(run.selected)
    assert all(path.is_file() for path in Separate.read_from if path.parent.exists())
    files = sorted(p.name for p in (run.folder / "designs").iterdir())
    assert files == sorted(p.name for p in (plain.folder / "designs").iterdir())
