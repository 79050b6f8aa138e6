"""The main job of lattice fields from a cold start: its cost, and whether means agree with the law.

It runs with pretrained weights, with a sampler trained in the run, and with fermions, for which the
package has no weights. Each command has an empty cache.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

import xarray as xr

from benchmarks.measuring import cost, report
from ingenium.core.spec import load
from ingenium.domains import open_problem
from ingenium.domains.physics.lattice.ensemble import effective, pulls
from ingenium.domains.physics.lattice.problem import LatticeField

ROOT = Path(__file__).parents[1]
TRAINED = "trained.toml"
RUNS = {  # requests, by output folder
    "u1": "--spec examples/physics/u1_16.toml -n 10000",
    "trained": f"--spec {TRAINED} -n 10000",
    "schwinger": "--spec examples/physics/schwinger_8.toml -n 1000",
}


def run() -> None:
    """Write and print both tables."""
    costs, rows = [], []
    for out, wanted in RUNS.items():
        with tempfile.TemporaryDirectory() as name:  # whose cache is empty
            folder = Path(name)
            (folder / "examples").symlink_to(ROOT / "examples")
            pretrained = (ROOT / "examples" / "physics" / "u1_16.toml").read_text(encoding="utf-8")
            (folder / TRAINED).write_text(
                pretrained.replace("size = 16", "size = 16\ntrain = true")
            )
            requested = f"propose physics.lattice {wanted} --seed 7 --out out/{out}"
            costs.append(cost(requested, folder))
            rows.append(_found(folder / "out" / out))
    title = "Lattice fields from nothing; trained.toml is u1_16.toml with train = true"
    report("lattice_job", title, costs, {})
    report("lattice_ensembles", "What the three runs gave", rows, {})


def _found(out: Path) -> dict[str, Any]:
    """Shares, and distances of the means of exported configurations from the law."""
    problem = open_problem(load(out / "spec.toml"))
    assert isinstance(problem, LatticeField)
    summary = json.loads((out / "summary.json").read_text())
    with xr.open_dataset(out / "designs.nc") as designs:
        measured = problem.law.observed(
            designs[[q.name for q in problem.law.quantities]].to_array().to_numpy().T
        )
        count, beta = designs["count"].to_numpy(), designs["beta"].to_numpy()
    exact = problem.law.exact(float(beta[0]))
    distance = pulls(count, measured, exact)
    reported = {
        name: float(x) for name, x in zip(problem.law.curve, distance, strict=True) if x == x
    }
    return {
        "run": out.name,
        "proposed": summary["proposed"],
        "accepted": summary["accepted"],
        "effective": round(effective(count)),
        "standard errors off the law": {k: round(v, 2) for k, v in reported.items()} or "not known",
    }
