"""The folder of an example's run opens again, with its table, evidence and pictures."""

from pathlib import Path

import numpy as np
import pytest

import ingenium
from ingenium.core.spec import load
from ingenium.runs.opened import OpenedRun

EXAMPLES = Path(__file__).parents[1] / "examples"
FEW = 8
QUICK = (  # a few of each domain, which take the least; the others end in the same code
    "airfoils/section",
    "edge/doodle_m7",
    "grid/day_ahead",
    "grid/winter_evening_peak",
    "molecules/library",
    "process/laboratory",
    "structures/panel",
    "structures/roof",
)


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK)
def test_a_run_of_an_example_opens(name: str, tmp_path: Path) -> None:
    spec = load(EXAMPLES / f"{name}.toml")
    made = ingenium.propose(spec, n=FEW, seed=1, out=tmp_path / "run")
    run = ingenium.open_run(tmp_path / "run")
    assert isinstance(run, OpenedRun)
    assert list(run.table.columns) == list(made.table.columns)
    assert len(run.table) == FEW
    assert (run.table["verdict"].to_numpy() == made.verdicts["verdict"].to_numpy()).all()
    assert run.accepted.sizes["design"] == made.summary.accepted
    assert len(run.evidence) == FEW
    np.testing.assert_array_equal(run.exported["design"], made.exported["design"])
    shown = run.pictures()
    assert list(shown) == list(made.pictures())
    reported = run._repr_html_()
    assert f"{made.summary.accepted} accepted" in reported
    assert ("<table" in reported) == bool(made.summary.accepted), (
        "the best designs, if there are any"
    )
