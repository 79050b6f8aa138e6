"""Unattainable specs: the nearest attainable one, and those refused immediately."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingenium import domains
from ingenium.core.counts import check_memory
from ingenium.core.errors import InputError
from ingenium.core.spec import Limit
from ingenium.core.verdict import Verdict, judge, margins
from ingenium.report import words
from ingenium.verbs.propose import propose
from toy import spec

pytestmark = pytest.mark.usefixtures("beams")


def test_the_nearest_limits_hold(tmp_path: Path) -> None:
    """Each limit is attainable alone, and all together; and none nearer to the request is."""
    hard = [
        {"quantity": "mass_kg", "at_least": 1.0, "at_most": 30.0},
        {"quantity": "deflection_m", "at_most": 5e-4},
        {"quantity": "stress_pa", "at_most": 900e6},
    ]
    run = propose(spec(limits=hard), 40, 1, tmp_path / "hard")
    near = json.loads((run.folder / "summary.json").read_text())["nearest"]
    page = (run.folder / "report.html").read_text()
    names = [q.name for q in run.problem.quantities]
    measured = np.stack([run.verdicts[name].to_numpy() for name in names], 1)

    def accepted(*limits: dict[str, Any]) -> list[int]:
        verdict = judge(measured, margins(measured, names, [Limit(**x) for x in limits]))
        return np.flatnonzero(verdict == Verdict.ACCEPTED).tolist()

    assert accepted(*(r["together"] for r in near["reaches"])) == [near["design"]]
    for reach, requested in zip(near["reaches"], hard, strict=True):
        assert reach["best_design"] in accepted(reach["alone"])
        if reach["alone"]["at_most"] != requested["at_most"]:
            closer = reach["alone"] | {"at_most": reach["alone"]["at_most"] * 0.999}
            assert not accepted(closer)
        assert words.limit(Limit(**reach["together"])) in page
    assert near["reaches"][0]["alone"]["at_least"] == 1.0
    assert near["reaches"][2]["together"]["at_most"] == 900e6, "it was never in the way"


def test_more_designs_than_memory_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"would take .* GB\. Write -n \d+ at most") as caught:
        propose(spec(), 10**9, 1, tmp_path / "o")
    most = int(re.search(r"-n (\d+) at most", str(caught.value))[1])  # type: ignore[index]
    problem = domains.open_problem(spec())
    check_memory(most, problem, spec())
    with pytest.raises(InputError, match="would take"):
        check_memory(3 * most, problem, spec())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("ignore:std\\(\\)")  # of the one design
def test_too_few_known_designs_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least two known designs"):
        propose(spec(setup={"known": 1}), 5, 1, tmp_path / "o")
    assert list(tmp_path.iterdir()) == []
