"""Exports of feeder days into one file for all, when its rounding violates a limit."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.evidence import read
from ingenium.core.formats import Format
from ingenium.core.problem import Problem
from ingenium.core.spec import GeneratorChoice, Limit, Spec
from ingenium.domains.grid.formats.days import NetCdfDays, ParquetDays
from ingenium.runs import loop
from ingenium.runs.audit import audit
from ingenium.runs.replay import replay
from ingenium.trust.ledger import open_ledger

N = 12


class Coarse:
    """A format that stores three decimals of the loads."""

    def __init__(self, form: Format) -> None:
        self.form, self.name, self.endings = form, form.name, form.endings

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        return self.form.write(designs.assign(load_p=designs["load_p"].round(3)), folder)

    def read(self, path: Path) -> xr.Dataset:
        return self.form.read(path)


@pytest.mark.parametrize("kind", [ParquetDays, NetCdfDays])
def test_a_flipped_verdict_leaves_the_shared_file(
    kind: type[Any], rural_days: Problem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = Coarse(kind(rural_days.feeder.table.names))
    monkeypatch.setattr(rural_days, "formats", {form.name: form})

    def run(limit: Limit) -> tuple[Spec, loop.Run]:
        choice = GeneratorChoice(family="bootstrap")
        requested = Spec(problem=rural_days.name, generator=choice, limits=(limit,))
        with open_ledger(tmp_path / "ledger.db") as book:
            out = tmp_path / f"{limit.at_most:g}"
            return requested, loop.run(rural_days, requested, N, 5, out, ledger=book)

    free = run(Limit("load_energy", at_most=1e9))[1]
    proposed = rural_days.verifier.measure(
        *(torch.from_numpy(free.designs[v.name].to_numpy()) for v in rural_days.variables)
    )
    names = [q.name for q in rural_days.quantities]
    plain = proposed[:, names.index("load_energy")].numpy()
    stored = free.verdicts["load_energy"].to_numpy()
    i = int(np.argmax(stored - plain))
    assert stored[i] - plain[i] > 1e-4
    requested, found = run(Limit("load_energy", at_most=float(stored[i] + plain[i]) / 2))
    retained = found.designs[DESIGN].to_numpy()[found.selected].tolist()
    assert 0 < len(retained) < N
    records = read(found.folder / "evidence.jsonl")
    assert (records[i]["verdict"], records[i]["file"]) == ("rejected", None)
    assert [r["design"] for r in records if r["file"]] == sorted(retained)
    file = next((found.folder / "designs").iterdir())
    assert sorted(form.read(file)[DESIGN].to_numpy().tolist()) == sorted(retained)
    audited = audit(rural_days, requested, [file]).designs
    assert {(d.verdict, d.record) for d in audited} == {("accepted", "as recorded")}
    for design in (i, retained[0], retained[-1]):
        again = replay(rural_days, requested, found.folder, design)
        assert again.reproduced, [c for c in again.checks if not c.reproduced]
