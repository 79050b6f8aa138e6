"""A run in Python, as it ended and reopened from its folder."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import ingenium
import toy
from ingenium.core.errors import CorruptError, InputError
from ingenium.core.spec import as_table
from ingenium.runs import loop
from ingenium.runs.opened import OpenedRun

pytestmark = pytest.mark.usefixtures("beams")


LIMITS = [
    {"quantity": "deflection_m", "at_most": 2.5, "unit": "mm"},
    {"quantity": "stress_pa", "at_most": 150, "unit": "MPa"},
]
LIGHT = [{"quantity": "mass_kg", "sense": "minimise"}]


@pytest.fixture(scope="module")
def seen(beams: None, tmp_path_factory: pytest.TempPathFactory) -> loop.Run:
    requested = toy.spec(limits=LIMITS, objectives=LIGHT)
    return ingenium.propose(requested, toy.N, 7, tmp_path_factory.mktemp("seen") / "one")


@pytest.fixture(scope="module")
def again(seen: loop.Run) -> OpenedRun:
    found = ingenium.open_run(seen.folder)
    assert isinstance(found, OpenedRun)
    return found


def test_a_table_has_a_row_for_each_design_with_names_and_the_units_of_the_spec(
    seen: loop.Run,
) -> None:
    """The spec writes its limits in mm and MPa; the toy measures in m and Pa."""
    table = seen.table
    assert len(table) == toy.N
    assert set(table["verdict"]) <= {"accepted", "rejected", "failed"}
    stress, deflection = (seen.verdicts[k].to_numpy() for k in ("stress_pa", "deflection_m"))
    np.testing.assert_allclose(table["stress_pa (MPa)"], stress / 1e6)
    np.testing.assert_allclose(table["deflection_m (mm)"], deflection * 1e3)
    assert set(table["stress_at"]) == {"root"}
    assert "width_m (m)" in table
    margins = table.filter(like="margin of")
    assert len(margins.columns) == len(seen.spec.limits)
    assert ((margins >= 0).all(axis=1) == (table["verdict"] == "accepted")).all()
    limit = next(x for x in seen.spec.limits if x.quantity == "stress_pa")
    np.testing.assert_allclose(
        margins.filter(like="stress_pa").iloc[:, 0], (limit.at_most - stress) / 1e6
    )


def test_the_accepted_are_those_and_compare_as_words(seen: loop.Run) -> None:
    held = seen.verdicts["verdict"] == "accepted"
    assert seen.accepted.sizes["design"] == int(held.sum()) == seen.summary.accepted > 0
    np.testing.assert_array_equal(seen.accepted["design"], seen.designs["design"][held])
    assert (seen.exported["mass_kg"].diff("design") >= 0).all(), "the lightest first"


def test_an_opened_run_shows_what_it_showed_when_it_ended(seen: loop.Run, again: OpenedRun) -> None:
    pd.testing.assert_frame_equal(again.table, seen.table, check_column_type=False)
    pd.testing.assert_frame_equal(again.evidence, seen.evidence)
    xr.testing.assert_equal(again.exported, seen.exported)
    assert again.summary == seen.summary
    assert (
        again.state == "sealed, and not in this ledger: who wrote all of it anew could seal it anew"
    )
    assert repr(again).startswith("<toy.cantilever: ")
    assert repr(again) == repr(seen)
    assert again._repr_html_() == seen._repr_html_()
    assert "problem" not in vars(again), "no engine was opened"


def test_a_notebook_shows_counts_and_the_best(seen: loop.Run) -> None:
    page = seen._repr_html_()
    assert f"{seen.summary.accepted} accepted" in page
    assert page.count("<tr") == 1 + 1 + 10
    assert str(seen.folder / "report.html") in page


def test_evidence_is_a_row_a_record(seen: loop.Run) -> None:
    evidence = seen.evidence
    assert len(evidence) == toy.N
    np.testing.assert_array_equal(evidence["mass_kg (kg)"], seen.verdicts["mass_kg"])
    assert evidence["file"].notna().sum() == len(seen.selected)
    assert set(evidence["stress_at"]) == {"root"}


def test_pictures_are_those_of_the_field_and_one_for_each_limit(again: OpenedRun) -> None:
    drawn = again.pictures()
    assert {x.quantity for x in again.limits} <= set(drawn)
    assert len(drawn) > len(again.limits)
    assert drawn["stress_pa"].axes[0].get_xlabel() == "largest bending stress (MPa)"
    with pytest.raises(InputError, match="mass_kg"):
        again.plot("mass")


def test_a_spec_may_be_a_dictionary(seen: loop.Run, tmp_path: Path) -> None:
    requested = as_table(toy.spec())
    assert ingenium.load_spec(requested) == toy.spec()
    run = ingenium.propose(requested, n=3, out=tmp_path / "run")
    assert run.summary.proposed == 3
    with pytest.raises(InputError, match=r"entries in the spec, got .*Write limits for limit\."):
        ingenium.load_spec(requested | {"limit": []})


def test_searching_is_a_function_whose_result_opens(tmp_path: Path) -> None:
    requested = toy.spec(objectives=LIGHT)
    plan = ingenium.SearchPlan("random", batch=8)
    run = ingenium.search(requested, plan, ingenium.Stop(24), tmp_path / "search")
    again = ingenium.open_run(tmp_path / "search")
    assert isinstance(again, OpenedRun)
    assert len(run.table) == 24
    assert len(again.table) == len(run.selected)
    assert run.rounds["calls"].tolist() == again.rounds["calls"].tolist() == [8, 16, 24]
    pd.testing.assert_frame_equal(
        again.table, run.table.iloc[run.selected], check_column_type=False
    )


def test_a_folder_of_no_run_is_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(InputError, match="the folder of an artifact"):
        ingenium.open_run(tmp_path)
    (folder / "run.json").write_text("{")
    with pytest.raises(CorruptError, match=r"run\.json is not what the run wrote"):
        ingenium.open_run(folder)


def test_the_page_about_python_does_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    page = (Path(__file__).parents[1] / "docs" / "how-to" / "python.md").read_text()
    names: dict[str, Any] = {}
    for block in re.findall("```python\n(.*?)```", page, re.DOTALL):
        exec(block, names)
    assert names["met"].sizes["design"] > 0
    assert (tmp_path / "reading_low.png").stat().st_size > 5000
    costs = names["found"].accepted["cost"]
    assert float(names["cheapest"]["cost"]) == costs.min()
