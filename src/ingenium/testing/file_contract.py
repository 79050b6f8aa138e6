"""Tests of the files of every problem: they carry designs and runs, and no forgery passes."""

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.digest import path_digest
from ingenium.core.evidence import read
from ingenium.core.problem import Problem
from ingenium.core.resolving import resolve
from ingenium.core.spec import GeneratorChoice, Select, Spec
from ingenium.core.verify import verify
from ingenium.domains import open_problem
from ingenium.runs import loop
from ingenium.runs.audit import audit
from ingenium.runs.opened import open_run
from ingenium.runs.outcome import Run
from ingenium.runs.replay import replay
from ingenium.testing.forging import Damage
from ingenium.testing.red_team import RedTeam
from ingenium.trust.ledger import open_ledger


@dataclass(frozen=True, eq=False)
class WrittenDesigns:
    """Files of designs in a format, and measurements of the designs read from them."""

    of: xr.Dataset
    moved: xr.Dataset  # the same under other numbers
    files: Mapping[int, Path]
    again: xr.Dataset


WRITTEN: dict[tuple[type, str], WrittenDesigns] = {}
# The last by class: its problem and designs, and their results.
MEASURED: dict[type, tuple[Problem, xr.Dataset, xr.Dataset]] = {}


@functools.cache
def opened(name: str, setup: str, given: str = "{}") -> tuple[Problem, xr.Dataset]:
    """Open a problem and its data, once for all its tests."""
    problem = open_problem(Spec(problem=name, setup=json.loads(setup), given=json.loads(given)))
    return problem, problem.data()


def _opens_as_it_ended(run: Run) -> None:
    """Check that the folder of a run shows the same tables and designs when reopened."""
    again = open_run(run.folder, lambda _: run.problem)
    pd.testing.assert_frame_equal(again.table, run.table)
    assert len(again.evidence) == len(run.table)
    np.testing.assert_array_equal(again.exported[DESIGN], run.exported[DESIGN])
    assert again.accepted.sizes[DESIGN] == run.summary.accepted


class FileContract:
    """Tests of designs as files, and the designs of each test of a problem."""

    problem_name: ClassVar[str]
    setup: ClassVar[Mapping[str, Any]] = {}
    given: ClassVar[Mapping[str, Any]] = {}
    few: ClassVar[int] = 5  # designs in each test
    equal: ClassVar[float] = 1e-9  # relative tolerance for batching

    written: ClassVar[Mapping[str, float]] = {}  # tolerance for a file; `inf`: any
    harmless: ClassVar[Mapping[str, str]] = {}  # harmless forgeries, declared by `unchecked`

    @pytest.fixture
    def problem(self) -> Problem:
        return self._opened()[0]

    @pytest.fixture
    def known(self) -> xr.Dataset:
        return self._opened()[1]

    def _opened(self) -> tuple[Problem, xr.Dataset]:
        return opened(self.problem_name, json.dumps(dict(self.setup)), json.dumps(dict(self.given)))

    @pytest.fixture
    def designs(self, problem: Problem, known: xr.Dataset) -> xr.Dataset:
        """The first known designs, in the form of a generator's proposals."""
        chosen = known.isel({DESIGN: slice(0, self.few)})
        conditions = {c.name: chosen[c.name].variable for c in problem.conditions}
        arrays = to_arrays(chosen, problem.variables)
        return to_dataset(arrays, problem.variables, conditions | dict(problem.labels()))

    @pytest.fixture
    def measured(self, problem: Problem, designs: xr.Dataset) -> xr.Dataset:
        """Measure the designs, once for all tests."""
        found = MEASURED.get(type(self))
        if found is None or found[0] is not problem or not found[1].identical(designs):
            found = MEASURED[type(self)] = problem, designs, self.measure(problem, designs)
        return found[2].copy(deep=True)

    def measure(self, problem: Problem, designs: xr.Dataset) -> xr.Dataset:
        limits = resolve(Spec(problem=problem.name), problem).limits
        return verify(
            designs, problem.verifier, limits, variables=problem.variables, sizes=problem.sizes
        )

    @pytest.fixture
    def exported(
        self, problem: Problem, designs: xr.Dataset, tmp_path_factory: pytest.TempPathFactory
    ) -> Callable[[str], WrittenDesigns]:
        """Export the designs under other numbers in a format, once for all tests."""

        def of(name: str) -> WrittenDesigns:
            found = WRITTEN.get((type(self), name))
            if found is None or not found.of.identical(designs):
                folder, form = tmp_path_factory.mktemp("exported"), problem.formats[name]
                moved = designs.assign_coords({DESIGN: designs[DESIGN] + 7})
                files = form.write(moved, folder)
                assert list(files) == moved[DESIGN].to_numpy().tolist()
                assert all(p.exists() and folder in p.parents for p in files.values())
                back = form.read(folder).sel({DESIGN: moved[DESIGN].to_numpy()})
                found = WrittenDesigns(designs, moved, files, self.measure(problem, back))
                WRITTEN[type(self), name] = found
            return found

        return of

    def test_formats_round_trip(
        self, problem: Problem, designs: xr.Dataset, exported: Callable[[str], WrittenDesigns]
    ) -> None:
        first = None
        for name in problem.formats:
            made = exported(name)
            first = self.measure(problem, made.moved) if first is None else first
            for q in problem.quantities:
                if q.labels is None and q.unit != "h":
                    rtol = self.written.get(q.name, 0.02)
                    if rtol < np.inf:
                        np.testing.assert_allclose(
                            made.again[q.name], first[q.name], rtol, 1e-9, err_msg=q.name
                        )

    def test_one_file_is_read_alone(
        self, problem: Problem, exported: Callable[[str], WrittenDesigns], tmp_path: Path
    ) -> None:
        """It is read as it is, whatever the same format wrote elsewhere in the meantime."""
        name, form = next(iter(problem.formats.items()))
        made = exported(name)
        index = int(made.moved[DESIGN][2])
        form.write(made.of.isel({DESIGN: [1]}).assign_coords({DESIGN: [index]}), tmp_path)
        found = self.measure(problem, form.read(made.files[index]).sel({DESIGN: [index]}))
        whole = made.again.isel({DESIGN: [2]})
        for q in problem.quantities:
            np.testing.assert_allclose(
                found[q.name], whole[q.name], rtol=self.equal, atol=1e-9, err_msg=name
            )

    def test_every_format_carries_a_run(
        self, problem: Problem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Evidence, files and replay agree, whether designs share a file or have one each."""
        requested = Spec(
            problem=problem.name,
            generator=GeneratorChoice(family="bootstrap"),
            select=Select(export="verified"),
        )
        forms = dict(problem.formats)
        for name, form in forms.items():
            monkeypatch.setattr(problem, "formats", {name: form} | forms)
            out = tmp_path / name
            with open_ledger(tmp_path / f"{name}.db") as book:
                run = loop.run(problem, requested, self.few, 1, out, ledger=book)
            records = read(out / "evidence.jsonl")
            stored = [r for r in records if r["file"]]
            assert len(stored) == len(run.selected) > 0
            files = sorted({r["file"] for r in stored})
            audited = [d for f in files for d in audit(problem, requested, [out / f]).designs]
            assert {d.record for d in audited} == {"as recorded"}
            assert {d.design: d.verdict for d in audited} == {
                r["design"]: r["verdict"] for r in stored
            }
            assert all(path_digest(out / r["file"]) == r["file_digest"] for r in stored)
            replayed = {r["design"] for r in stored[-1:]}  # a replay runs the engine again
            if form is next(iter(forms.values())):
                replayed.add(stored[0]["design"])
                _opens_as_it_ended(run)
            for design in sorted(replayed):
                found = replay(problem, requested, out, design)
                assert found.reproduced, (name, [c for c in found.checks if not c.reproduced])

    def test_a_strange_file_is_refused(self, problem: Problem, tmp_path: Path) -> None:
        strange = tmp_path / "notes.txt"
        strange.write_text("not a design")
        for form in problem.formats.values():
            with pytest.raises(ValueError, match=r"\S"):
                form.read(strange)

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        """Forgeries specific to this problem: damages by format and name."""
        return {}

    def test_no_forgery_is_accepted(
        self,
        problem: Problem,
        designs: xr.Dataset,
        tmp_path: Path,
        record_property: Callable[[str, object], None],
    ) -> None:
        """Test the general forgeries, and those of the problem itself."""
        own = self.forgeries()
        assert set(own) <= set(problem.formats)
        tried = list(RedTeam(problem, designs, own).attacks(tmp_path))
        got = {(t.format, t.forgery) for t in tried if t.outcome == "accepted"}
        known = {(f, n) for f, n in got if {n, f"{f}: {n}"} & set(self.harmless)}
        reported = [
            t.__dict__ | ({"outcome": "harmless"} if (t.format, t.forgery) in known else {})
            for t in tried
        ]
        record_property("forgeries", [self.problem_name, reported])
        assert not got - known, sorted(got - known)
        met = {n for _, n in known} | {f"{f}: {n}" for f, n in known}
        assert set(self.harmless) <= met, set(self.harmless) - met
        assert set(self.harmless.values()) <= set(problem.unchecked)
