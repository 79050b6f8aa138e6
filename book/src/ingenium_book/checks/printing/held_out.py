"""Rows 25.9 and 25.10: intervals and errors on papers that nothing was fitted to.

Shapes: n tracks.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float64

from ingenium.core.given import NOTHING
from ingenium.core.spec import load
from ingenium.domains.printing.disturbed import survived
from ingenium.domains.printing.report import NAMES
from ingenium.domains.printing.settings import PrintingSettings, PrintSettings
from ingenium.trust.conformal import bound
from ingenium_book.checks.printing.papers import (
    PoolTable,
    by_paper,
    folds,
    forest,
    nearest,
    pools,
)
from ingenium_book.findings import Commands

SIZES, COVERAGE, RUNS, RESAMPLES = ("width", "depth"), 0.9, 1000, 2000
METHODS = ("physics", "forest", "neighbour", "integral")


def predictions(
    data: PoolTable, size: str, rows: np.ndarray, seed: int
) -> dict[str, Float64[np.ndarray, " n"]]:
    """Predict logarithms of a size in each fold from the papers of the others."""
    real, paper = data.real(size)[rows], data.paper[rows]
    base = np.log(getattr(data, size)[rows])
    plain, physics = data.plain[rows], np.concatenate([data.plain, data.physics], 1)[rows]
    found = {name: np.empty(len(rows)) for name in METHODS}
    for test in folds(paper, seed):
        fit = np.setdiff1d(np.arange(len(rows)), test)
        own, who = real[fit], paper[fit]
        rest = forest(physics[fit], own - base[fit], who, physics[test])
        found["physics"][test] = base[test] + rest
        found["forest"][test] = forest(plain[fit], own, who, plain[test])
        found["neighbour"][test] = nearest(plain[fit], own, plain[test])
        found["integral"][test] = base[test] + np.median(own - base[fit])
    return found


def unseen_papers(commands: Commands, values: Mapping[str, Any]) -> dict[str, Any]:
    """Median factors by which sizes are off on unseen papers, by method, and their intervals."""
    data = pools()
    answer: dict[str, Any] = {"papers": len(np.unique(data.paper)), "tracks": len(data.table)}
    for size in SIZES:
        rows = np.flatnonzero(np.isfinite(data.real(size)))
        real, paper = data.real(size)[rows], data.paper[rows]
        found = predictions(data, size, rows, 0)
        off = {name: by_paper(np.abs(y - real), paper) for name, y in found.items()}
        rng = np.random.default_rng(1)
        picked = rng.integers(0, len(off["physics"]), (RESAMPLES, len(off["physics"])))
        gain = (off["forest"] - off["physics"])[picked].mean(1)
        answer[size] = {name: float(np.expm1(np.median(e))) for name, e in off.items()}
        answer[size]["gain"] = float((off["forest"] - off["physics"]).mean())
        answer[size]["gain_low"], answer[size]["gain_high"] = np.quantile(
            gain, [0.025, 0.975]
        ).tolist()
    return answer


def coverage(commands: Commands, values: Mapping[str, Any]) -> dict[str, Any]:
    """Coverage of 90 % intervals on held-out papers, whose width other papers' errors give.

    A paper counts once: of the errors of each paper its 90 % quantile enters the calibration, and
    coverage is the share of tracks inside, averaged over papers; its interval resamples papers.
    """
    data = pools()
    answer: dict[str, Any] = {}
    for size in SIZES:
        rows = np.flatnonzero(np.isfinite(data.real(size)))
        real, paper = data.real(size)[rows], data.paper[rows]
        error = np.abs(predictions(data, size, rows, 0)["physics"] - real)
        names = np.unique(paper)
        inside = np.empty(len(names))
        half = np.empty(len(names))
        for i, name in enumerate(names):
            others = np.concatenate([_few(error[paper == o]) for o in names if o != name])
            half[i] = bound(others, COVERAGE)
            inside[i] = (error[paper == name] <= half[i]).mean()
        rng = np.random.default_rng(2)
        again = inside[rng.integers(0, len(inside), (RESAMPLES, len(inside)))].mean(1)
        low, high = np.quantile(again, [0.025, 0.975])
        answer[size] = {
            "covered": float(inside.mean()),
            "low": float(low),
            "high": float(high),
            "factor": float(np.exp(np.median(half))),
        }
    return answer


def _few(errors: Float64[np.ndarray, " m"]) -> Float64[np.ndarray, " 9"]:
    """Quantiles of one paper's errors, as many of each paper."""
    return np.asarray(np.quantile(errors, np.linspace(0.1, 0.9, 9)))


def robust(commands: Commands, values: Mapping[str, Any]) -> dict[str, Any]:
    """Disturbed runs that the accepted settings of the run `window` survive, and random ones."""
    spec = load(commands.folder / "window.toml")
    problem = PrintSettings(PrintingSettings(known=spec.setup["known"]), NOTHING)
    designs = values["designs"]
    good = np.flatnonzero(designs["verdict"] == "accepted")[:12]
    table = np.stack([designs[name] for name in NAMES], 1)
    own = survived(problem.process, problem.thresholds, table[good], runs=RUNS)
    low, high = problem.settings.machine.bounds.T
    random = low + (high - low) * np.random.default_rng(3).random((12, 5))
    other = survived(problem.process, problem.thresholds, random, runs=100)
    return {
        "settings": len(good),
        "all": int(own.all(1).sum()),
        "share": float(own.mean()),
        "random": float(other.mean()),
    }
