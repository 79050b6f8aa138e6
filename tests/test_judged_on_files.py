"""Designs are judged by the content of their files; only equal bits spare a second measurement."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr
from torch import Tensor

import toy
from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.evidence import read
from ingenium.core.formats.columns import Columns, TableColumn
from ingenium.core.formats.records import Records
from ingenium.core.formats.rounding import rounded
from ingenium.core.quantity import Variable
from ingenium.core.verify import measure
from ingenium.domains.grid.data.dataset import VARIABLES as DAYS
from ingenium.domains.grid.data.dataset import ProfileNames
from ingenium.domains.grid.formats.simbench_csv import SimbenchCsv
from ingenium.runs import export
from ingenium.runs.outcome import Run
from ingenium.verbs.propose import propose
from ingenium.verbs.replay import replay

pytestmark = pytest.mark.usefixtures("beams")
N = 120


class TenthsOfMillimetres(toy.BeamFiles):
    """The files of beams, which say on what grid their numbers are."""

    def rounded(self, designs: xr.Dataset) -> xr.Dataset:
        names = ("width_m", "height_m")
        return designs.assign(
            {
                k: designs.variables[k].copy(data=(1e3 * designs[k].to_numpy()).round(1) / 1e3)
                for k in names
            }
        )


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Number of designs of each call of the engine."""
    found: list[int] = []
    own = toy.EulerBernoulli.measure

    def counted(self: toy.EulerBernoulli, *arrays: Tensor) -> Tensor:
        found.append(len(arrays[0]))
        return own(self, *arrays)

    monkeypatch.setattr(toy.EulerBernoulli, "measure", counted)
    monkeypatch.setattr(toy, "BeamFiles", TenthsOfMillimetres)
    return found


def run(folder: Path, **entries: Any) -> Run:
    return propose(toy.spec(**entries), N, 3, folder / "run")


def by_files(made: Run) -> None:
    """Recorded values are those that the engine finds for the files alone."""
    form = toy.BeamFiles()
    for r in read(made.folder / "evidence.jsonl"):
        if r["file"]:
            back = form.read(made.folder / r["file"])
            found = measure(back, made.problem.verifier, variables=toy.VARIABLES, sizes={})[0]
            names = [q.name for q in made.problem.quantities]
            for name in ("deflection_m", "stress_pa", "mass_kg"):
                assert r["measured"][name]["value"] == pytest.approx(
                    found[names.index(name)], rel=1e-12
                )


def test_rounded_proposals_are_measured_once(tmp_path: Path, calls: list[int]) -> None:
    made = run(tmp_path)
    selected = len(made.selected)
    assert selected > 20
    again = sum(calls) - N
    assert 1 <= again <= 1 + 0.15 * selected
    by_files(made)
    entry = next(r for r in read(made.folder / "evidence.jsonl") if r["file"])
    assert entry["measured_on"] == "file"
    assert entry["measured"]["mass_kg"]["uncertainty"] == 0.0  # no second engine, no rounding
    assert replay(made.folder, entry["design"]).reproduced


def test_a_writer_of_something_else_is_measured(
    tmp_path: Path, calls: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = toy.BeamFiles.write

    def thinner(self: toy.BeamFiles, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        paths = own(self, designs, folder)
        for path in paths.values():
            beam = json.loads(path.read_text())
            path.write_text(json.dumps(beam | {"width_mm": round(0.9 * beam["width_mm"], 1)}))
        return paths

    honest = len(run(tmp_path / "honest").selected)
    monkeypatch.setattr(toy.BeamFiles, "write", thinner)
    made = run(tmp_path)
    by_files(made)
    assert len(made.selected) < honest, "some fail by the width of their file"


def test_two_designs_exchanged_in_the_export_are_measured(
    tmp_path: Path, calls: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = toy.BeamFiles.write

    def exchanged(self: toy.BeamFiles, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        other = designs.assign_coords({DESIGN: designs[DESIGN].to_numpy()[::-1].copy()})
        return own(self, other, folder)

    monkeypatch.setattr(toy.BeamFiles, "write", exchanged)
    by_files(run(tmp_path))


def test_values_of_other_designs_are_found_out(tmp_path: Path, calls: list[int]) -> None:
    """Values that went astray before the export, such as by a stale store, are not kept."""
    made = run(tmp_path)
    values = made.verdicts.copy(deep=True)
    astray = made.selected
    for name in (q.name for q in made.problem.quantities):
        column = values[name].to_numpy()
        column[astray] = column[np.roll(astray, 1)]
    given = made.problem, made.spec, made.designs, values, tmp_path / "again"
    found, _, _ = export.export(*given, cross_check=None, watch=lambda *_: None)
    for q in ("deflection_m", "stress_pa", "mass_kg"):
        np.testing.assert_allclose(
            found[q].to_numpy()[astray], made.verdicts[q].to_numpy()[astray], rtol=1e-12
        )


def test_an_engine_of_moods_measures_every_file(
    tmp_path: Path, calls: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = toy.EulerBernoulli.measure

    def moody(self: toy.EulerBernoulli, *arrays: Tensor) -> Tensor:
        return counted(self, *arrays) * (1 + 1e-4 * len(calls))

    monkeypatch.setattr(toy.EulerBernoulli, "measure", moody)
    made = run(tmp_path)
    assert sum(calls) - N >= len(made.selected)
    entry = next(r for r in read(made.folder / "evidence.jsonl") if r["file"])
    assert entry["measured"]["mass_kg"]["uncertainty"] > 0


def test_only_equal_bits_are_equal(calls: list[int]) -> None:
    problem = toy.Cantilever(toy.Settings(known=4))
    one = problem.data()

    def same(values: list[float]) -> list[bool]:
        changed = one.assign(width_m=(DESIGN, values, one["width_m"].attrs))
        first = one.assign(width_m=(DESIGN, [0.0, np.nan, 0.1, 0.2], one["width_m"].attrs))
        return export.same_bits(problem, first, changed).tolist()

    assert same([0.0, np.nan, 0.1, 0.2]) == [True] * 4
    assert same([-0.0, 1.0, np.nextafter(0.1, 1), 0.2]) == [False, False, False, True]


@pytest.mark.parametrize("kind", [Columns, Records])
def test_what_is_rounded_is_what_is_read(kind: type, tmp_path: Path) -> None:
    variables = (
        Variable("length_m", (), "m", "length", lower=0.0, upper=9.87654),
        Variable("angle", (), "rad", "angle"),
        Variable("share", (), "1", "share"),
    )
    columns = (TableColumn("length_mm", "mm", 1), TableColumn("angle", "deg", 2), TableColumn("s"))
    rng = np.random.default_rng(0)
    arrays = [torch.from_numpy(rng.uniform(0, 9.8765, 500)) for _ in variables]
    designs = to_dataset(arrays, variables, {})
    form = kind(variables, columns, file="d.csv" if kind is Columns else "d.jsonl")
    problem = toy.Cantilever(toy.Settings(known=4))
    problem.variables, problem.formats = variables, {form.name: form}
    own = rounded(problem, designs)
    assert not own["length_m"].equals(designs["length_m"])
    form.write(own, tmp_path)
    assert export.same_bits(problem, own, form.read(tmp_path)).all()
    assert rounded(problem, own).equals(own)
    high = designs.assign(length_m=designs["length_m"].copy(data=np.full(500, 9.87654)))
    assert (rounded(problem, high)["length_m"] <= 9.87654).all()


def test_days_have_the_digits_of_their_tables() -> None:
    values = 10.0 ** np.random.default_rng(0).uniform(-12, 5, (3, 2, 96))
    dims = {v.name: (DESIGN, *v.dims) for v in DAYS}
    days = xr.Dataset({k: (d, values, {"units": "1"}) for k, d in dims.items()})
    found = SimbenchCsv(ProfileNames(("a", "b"), (), ())).rounded(days)
    for name in dims:
        text = np.vectorize(lambda x: float(f"{x:.7g}"))(values)
        assert (found[name].to_numpy() == text).all()
        assert (found[name] != days[name]).any()
