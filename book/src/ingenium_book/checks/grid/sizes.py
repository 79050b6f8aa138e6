"""Row 27.6: sizes by search, compared with all that can be bought and with sizes at random."""

import time
from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float64

from ingenium.core.netcdf import read_netcdf
from ingenium.core.spec import load
from ingenium.domains import open_problem
from ingenium.domains.grid.sizing.problem import PlantSize
from ingenium_book.findings import Commands

SHOWN = 10  # every so many sizes are drawn
TRIED = 1500  # sizes at random


def searched_and_exhaustive(commands: Commands, values: Mapping[str, Any]) -> dict[str, Any]:
    """Measure all sizes, and compare the best that satisfies the limits with the searched one."""
    problem = open_problem(load(commands.folder / "island.toml"))
    assert isinstance(problem, PlantSize)
    s = problem.settings
    levels = [np.linspace(0.0, most, n + 1) for most, n in zip(s.largest, s.steps, strict=True)]
    sizes = np.array(list(product(*levels)))
    measured(problem, sizes[:1])  # compiles
    began = time.perf_counter()
    found = measured(problem, sizes)
    seconds = time.perf_counter() - began
    npv, good = found["npv"], served(found)
    chosen = np.random.default_rng(0).choice(len(sizes), TRIED, replace=False)
    designs = read_netcdf(commands.folder / "size" / "result" / "designs.nc", "designs of a search")
    own = np.stack([designs[v.name].to_numpy() for v in problem.variables], 1)
    again = measured(problem, own)
    some = np.flatnonzero(good)[::SHOWN]
    return {
        "sizes": len(sizes),
        "seconds_each": seconds / len(sizes),
        "balance": float(found["balance_error"].max()),
        "best": float(npv[good].max()),
        "searched": float(again["npv"][served(again)].max()),
        "random": float(npv[chosen][good[chosen]].max()),
        "renewable": found["renewable"][some].tolist(),
        "npv_thousands": (npv[some] / 1000).tolist(),
    }


def measured(
    problem: PlantSize, sizes: Float64[np.ndarray, "n 4"]
) -> dict[str, Float64[np.ndarray, " n"]]:
    """Return the quantities of sizes by name."""
    columns = problem.verifier.measure(*torch.from_numpy(sizes.T.copy())).numpy()
    return {q.name: columns[:, i] for i, q in enumerate(problem.quantities)}


def served(found: Mapping[str, Float64[np.ndarray, " n"]]) -> Bool[np.ndarray, " n"]:
    """Return which sizes satisfy the problem's limits."""
    return np.asarray((found["unserved"] <= 0.5) & (found["balance_error"] <= 1e-9))
