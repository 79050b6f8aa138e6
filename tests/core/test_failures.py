"""Reasons of failures: from the engine where it has any, else what has no value."""

import json
import resource
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import ingenium
import toy
from ingenium.core.designs import DESIGN
from ingenium.core.errors import EngineError
from ingenium.core.failures import counted, reasons
from ingenium.core.verify import verify
from ingenium.trust.environments import limits
from ingenium.trust.environments.limits import Limits


class Explained(toy.EulerBernoulli):
    """An engine that says why."""

    def explain(self, *arrays: torch.Tensor) -> list[str]:
        return ["the beam is too slender" if w < 0.05 else "" for w in arrays[0].tolist()]


def of(problem: toy.Cantilever) -> list[str]:
    designs = problem.data().isel({DESIGN: slice(0, 4)})
    designs["width_m"] = (DESIGN, [0.01, 0.1, np.nan, 0.02], designs["width_m"].attrs)
    found = verify(
        designs.drop_vars("width_m").assign(width_m=designs["width_m"].fillna(0.1)),
        problem.verifier,
        problem.limits,
        variables=problem.variables,
        sizes=problem.sizes,
    )
    return reasons(problem, designs, found)


def test_an_engine_explains_and_what_it_leaves_open_is_named() -> None:
    problem = toy.Cantilever(toy.Settings(broken=True))
    missing = "no value of deflection of the tip, largest bending stress, mass and 1 more"
    nan = "a variable of the design is not a finite number"
    assert of(problem) == [missing, missing, nan, missing]
    problem.tiers = (Explained(1.0, broken=True),)
    slender = "the beam is too slender"
    assert of(problem) == [slender, missing, nan, slender]
    assert counted(of(problem)) == {slender: 2, missing: 1, nan: 1}
    problem.tiers = (Explained(1.0),)
    assert of(problem) == [""] * 4


def thin_breaks(
    length_m: float, width: torch.Tensor, height: torch.Tensor, load: torch.Tensor
) -> torch.Tensor:
    """Deflections of beams whose engine has no answer to the thinner half."""
    found = load * length_m**3 / (3 * toy.MODULUS_PA * width * height**3 / 12)
    return found.where(width >= width.median(), torch.nan)


def test_reasons_reach_evidence_and_summary(
    beams: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    broken = {"problem": "toy.cantilever", "setup": {"broken": True}}
    with pytest.raises(EngineError, match=r"one of the 3 designs \(3 times: no value of defl"):
        ingenium.propose(broken, n=3, seed=1, out=out)
    monkeypatch.setattr(toy, "deflection_m", thin_breaks)
    ingenium.propose({"problem": "toy.cantilever"}, n=40, seed=1, out=out)
    lines = [json.loads(x) for x in (out / "evidence.jsonl").read_text().splitlines()]
    failed = [x for x in lines if x["verdict"] == "failed"]
    assert 0 < len(failed) < len(lines)
    assert {x["reason"] for x in failed} == {"no value of deflection of the tip"}
    assert not any(x["reason"] for x in lines if x["verdict"] != "failed")
    counts = json.loads((out / "summary.json").read_text())["reasons"]
    assert counts == {"no value of deflection of the tip": len(failed)}
    page = (out / "report.html").read_text()
    assert f"{len(failed)} failed: no value of deflection of the tip" in page


def test_a_lower_limit_of_the_shell_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    requested = Limits(cpu_s=900, memory_mb=64)
    assert requested.granted_cpu_s == 900
    monkeypatch.setattr(limits.resource, "getrlimit", lambda what: (400, 400))
    assert requested.granted_cpu_s == 399
    assert "ulimit -S -t 399 && ulimit -H -t 400" in requested.around(["true"])[2]
    assert replace(requested, cpu_s=10).granted_cpu_s == 10
    monkeypatch.setattr(limits.resource, "getrlimit", lambda what: (1, resource.RLIM_INFINITY))
    assert requested.granted_cpu_s == 900
