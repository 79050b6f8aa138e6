"""A third party's problem gets `inverse` and `fit --rows` without a line in its engine."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from ingenium import domains, fit, propose, replay
from ingenium.cli.app import app
from ingenium.core.errors import InputError
from ingenium.core.folders import cache_folder
from ingenium.core.spec import Between, GeneratorChoice, Limit, Spec
from ingenium.generators.offer import offered
from ingenium.sampling.labels import PIECE, Labeller
from ingenium.scale.place import WorkPlace

ROWS = GeneratorChoice(family="inverse", rows=8 * PIECE, steps=900)
MIRROR = Spec(
    problem="thin_films.coating",
    limits=(
        Limit("mean_reflectance", at_least=0.095, at_most=0.105),
        Limit("stack_m", at_least=230e-9, at_most=250e-9),
    ),
    generator=ROWS,
)


def test_it_is_offered_and_beats_the_default_on_two_numbers(tmp_path: Path) -> None:
    problem = domains.open_problem(MIRROR)
    assert offered(problem)["inverse"] == "labelled"
    ours = propose(MIRROR, 64, 1, tmp_path / "inverse")
    usual = replace(MIRROR, generator=GeneratorChoice())
    theirs = propose(usual, 64, 1, tmp_path / "default")
    assert ours.summary.accepted >= 12
    assert ours.summary.accepted > 2 * theirs.summary.accepted
    steps = ours.record["model"]["steps"]
    assert next(iter(steps)) == "nearest known"
    assert list(steps)[-1] == "picked"
    assert steps["picked"]["within"] > steps["moved"]["within"]
    assert "tolerances off" in (ours.folder / "report.html").read_text()
    assert replay(ours.folder, 3).reproduced


def test_the_fit_says_what_it_learned_by_steps_and_by_rows() -> None:
    meta = fit(MIRROR).meta
    assert meta["verdict"].startswith("learned: held-out loss")
    assert meta["curve"]["step"]
    assert len(meta["curve"]["held_out"]) == len(meta["curve"]["step"])
    assert meta["by_rows"][-1]["rows"] == 8 * PIECE
    assert meta["error_tolerances"]["stack_m"] < 0.3
    assert fit(MIRROR).cached


def test_the_command_prints_the_verdict_and_refuses_what_it_cannot_do() -> None:
    run = CliRunner().invoke
    arguments = ["fit", "thin_films.coating", "--rows", str(PIECE), "--steps", "300", "--json"]
    found = run(app, arguments)
    assert found.exit_code == 0, found.output
    reported = json.loads(found.stdout)
    assert reported["family"] == "inverse"
    assert reported["fit"]["rows"] == PIECE
    assert run(app, ["fit", "thin_films.coating", "--rows", "0"]).exit_code != 0
    wrong = replace(MIRROR, generator=GeneratorChoice(family="gaussian", rows=10))
    with pytest.raises(InputError, match="rows = 10 of gaussian"):
        fit(wrong)


def test_rows_are_the_same_from_workers_and_whatever_their_number() -> None:
    problem = domains.open_problem(MIRROR)
    more, fewer = (Labeller(problem).rows(n, seed=5) for n in (PIECE + 9, 9))
    assert np.array_equal(more.first(9).y, fewer.y, equal_nan=True)
    opener = OpenedAgain()
    workers = Labeller(problem).rows(9, seed=6, on=WorkPlace("processes", 2), opener=opener)
    made = Labeller(problem).piece(0, "learned", 6)
    assert np.array_equal(workers.y.numpy(), made["y"][:9], equal_nan=True)


class OpenedAgain:
    """Opener of the problem in a worker, which has no package of the test installed."""

    def __init__(self) -> None:
        self.path = list(sys.path)

    def __call__(self) -> object:
        sys.path[:] = self.path
        return domains.open_problem(MIRROR)


def test_a_killed_fit_goes_on_with_the_rows_that_it_had(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ingenium", "fit", "thin_films.coating", "--rows", "60000"]
    cache = tmp_path / "cache"
    variables = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "INGENIUM_CACHE": str(cache)}
    with subprocess.Popen(command, env=variables, stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + 60
        while time.monotonic() < until and len(list(cache.rglob("*.piece"))) < 3:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    pieces = {p.name: p.stat().st_mtime_ns for p in cache.rglob("*.piece")}
    assert len(pieces) >= 3
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INGENIUM_CACHE", str(cache))
        assert cache_folder() == cache
        Labeller(domains.open_problem(MIRROR)).rows(2 * PIECE)
    after = {p.name: p.stat().st_mtime_ns for p in cache.rglob("*.piece")}
    assert {name: after[name] for name in pieces} == pieces


def test_a_condition_that_the_engine_measures_is_a_goal() -> None:
    """Conditions, limits and objectives are all goals of the inversion."""
    from ingenium.core.resolving import resolve
    from ingenium.generators.inverse.goal import SpecGoal, ToleranceScale

    problem = domains.open_problem(MIRROR)
    spec = replace(MIRROR, conditions={"wanted": Between(0.1, 0.1)})
    resolved = resolve(spec, problem)
    import torch

    names = ("reflectance", "mean_reflectance", "stack_m")
    scale = ToleranceScale(
        names, torch.zeros(3, dtype=torch.bool), torch.tensor([0.01, 0.01, 1e-8])
    )
    known = problem.data().isel(design=slice(2))
    goal = SpecGoal.of(problem, resolved, known, scale)
    assert goal.columns.tolist() == [1, 2]
    y = torch.tensor([[0.0, 10.0, 24.0], [0.0, 11.0, 24.0]])
    assert goal.met(y).tolist() == [True, False]


def test_the_comparison_by_rows_counts_calls_and_stores_what_it_measured(tmp_path: Path) -> None:
    out = tmp_path / "compared"
    arguments = ["compare", "thin_films.coating", "--targets", "3", "--rows", str(PIECE)]
    arguments += ["--request", "mean_reflectance,stack_m", "--calls", "8", "--seeds", "1"]
    found = CliRunner().invoke(app, [*arguments, "--out", str(out), "--json"])
    assert found.exit_code == 0, found.output
    results = {r["arm"]: r for r in json.loads(found.stdout)}
    assert {r["calls"] for r in results.values()} == {8.0}
    assert {"nearest row", "residual bootstrap on rows", "inverse"} < set(results)
    assert set(results["inverse"]["zone"]) <= {"inside", "edge", "beyond"}
    assert not any(results["nearest row"]["new"])  # a row is never new
    assert any(results["inverse"]["met"])
    assert "times" in (out / "by_rows.md").read_text()
    alone = CliRunner().invoke(app, ["compare", "thin_films.coating", "--rows", "100"])
    assert alone.exit_code != 0
