"""A fit over two processes through the command line, and proposals with its weights."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ingenium.core.artifact import load
from ingenium.core.errors import InputError
from ingenium.core.problem import silent
from ingenium.core.spec import Spec
from ingenium.scale.place import WorkPlace
from ingenium.verbs import drill
from ingenium.verbs.drill import DrillSpec, FaultyRanks, WorkerFault
from ingenium.verbs.ranked_fit import FitRequest, fit

SPEC = """
problem = "molecules.library"
[setup]
known = 200
[generator]
family = "autoregressive"
[[limits]]
quantity = "pieces"
at_most = 1
"""
DRILL = """
steps = 12
kill = [4]
wait_s = 120
[spec]
problem = "molecules.library"
[spec.setup]
known = 200
[spec.generator]
family = "autoregressive"
"""


def ingenium(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "ingenium", *words]
    return subprocess.run(
        line, cwd=folder, capture_output=True, text=True, timeout=900, check=False
    )


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_fit_over_two_processes_is_predicted_and_proposes(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(SPEC)
    spec = ("molecules.library", "--spec", "a.toml")
    words = (*spec, "--on", "processes:2", "--steps", "6", "--out", "fit", "--json")
    done = ingenium(tmp_path, "fit", *words)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["one_process"]["distance"] <= 1e-6
    most = max(one["total"] for one in found["measured"]["bytes"])
    assert most == pytest.approx(found["predicted"]["bytes"]["total"], rel=0.1)
    spent = max(found["measured"]["rehearsed_cpu_s"])
    assert spent == pytest.approx(found["predicted"]["step_cpu_s"], rel=0.25)
    words = (*spec, "-n", "64", "--model", "fit", "--out", "run")
    done = ingenium(tmp_path, "propose", *words)
    assert done.returncode in (0, 1), done.stderr
    model = json.loads((tmp_path / "run" / "model" / "model.json").read_text())
    assert model["digest"] == found["lineage"]["weights"]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_drill_ends_with_the_weights_of_an_undisturbed_fit(tmp_path: Path) -> None:
    (tmp_path / "d.toml").write_text(DRILL)
    done = ingenium(tmp_path, "drill", "d.toml", "--out", "drill", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["same_weights"]
    assert [f["what"] for f in found["faults"]] == ["worker killed"]
    assert found["loss"] == found["undisturbed_loss"]
    assert (tmp_path / "drill" / "report.html").is_file()


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_ranks_of_torchrun_fit_to_the_weights_of_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.toml").write_text(SPEC)
    layout = ("--layout", "data:2,recompute,offload", "--precision", "bf16")
    words = ("fit", "molecules.library", "--spec", "a.toml", "--steps", "6", *layout)
    weights = []
    for on in ("processes:2", "torchrun"):
        monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path / f"cache of {on}"))
        own = [sys.executable, "-m"]
        if on == "torchrun":
            own += ["torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m"]
        line = [*own, "ingenium", *words, "--on", on, "--out", on.replace(":", "-")]
        done = subprocess.run(
            line, cwd=tmp_path, capture_output=True, text=True, timeout=900, check=False
        )
        assert done.returncode == 0, done.stderr
        record = json.loads((tmp_path / on.replace(":", "-") / "fit.json").read_text())
        weights.append(record["lineage"]["weights"])
        assert record["precision"] == "bf16"
        assert max(own["host"] for own in record["measured"]["bytes"]) > 0
    assert weights[0] == weights[1]


def test_a_layout_of_other_ranks_is_refused() -> None:
    with pytest.raises(InputError, match=r"a layout of 2 ranks.*Write --layout data:2"):
        FitRequest(Spec("molecules.library"), WorkPlace.parse("processes:2"), "data:4")


def test_a_drill_whose_kill_never_came_is_not_met(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drill, "lacking", lambda: "only root may make network namespaces")
    requested = DrillSpec(Spec("molecules.library"), steps=10, kill=(4,), cut=(6,))
    faults = FaultyRanks(requested, silent)
    assert faults.notes, "no worker is cut off here, which is told"
    assert not faults.met
    faults.todo.clear()
    faults.faults.append(WorkerFault("worker killed", 4, 1.0))
    assert not faults.met, "it was killed once it had answered, so that nobody lost it"
    faults.faults[0].seen_s = 0.5
    assert faults.met


def test_a_rank_that_has_to_follow_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "1")
    requested = FitRequest(Spec("molecules.library"), WorkPlace.parse("torchrun"))
    with pytest.raises(InputError, match="Call follow"):
        fit(requested, tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_the_example_of_a_drill_is_read() -> None:
    requested = load(Path(__file__).parents[2] / "examples/scale/drill.toml", DrillSpec, "a drill")
    assert requested.request.layout == "data:2"
    assert max(requested.kill + requested.cut) < requested.steps


def test_a_fault_after_the_last_step_is_refused() -> None:
    with pytest.raises(ValueError, match="faults before step 10, not at 10"):
        DrillSpec(Spec("molecules.library"), steps=10, kill=(10,))
