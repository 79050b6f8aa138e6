"""Generation plus refinement against SIMP on loads that nobody learned from.

Every family proposes for some held-out loads of two folds; each start is refined by SIMP for a
fifth of the calls that SIMP needs from even densities until it rests by its own criterion. Even
densities are the control: what SIMP itself has by then. Gaps are to SIMP's last compliance, with
grey cells, as the same number of solid cells, and sharpened by a projection, for which SIMP takes
70 calls more and we a fifth of all. A start is one proposal, the mean of 16, or the
stiffest of four, whose solves are taken from the budget.
"""

import time
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.measuring import report, save, spread
from ingenium.core.designs import DESIGN
from ingenium.core.problem import silent
from ingenium.domains.structures.studies.shape_refinement import (
    CLOSE,
    DRAWS,
    EVEN,
    FULL,
    SHARE,
    Contest,
    contest,
    proposals,
)
from ingenium.generators import families

NAMES = (
    EVEN,
    "nearest_neighbours",
    "gaussian_process",
    "principal_vae",
    "principal_flow_matching",
    "principal_diffusion",
    "latent_diffusion",
    "latent_flow_matching",
)
SCREENED = 4
ROUNDS, LOADS = 2, 25  # folds, and loads of each; a load takes about five seconds in all


def some(of: Contest) -> Contest:
    """The same with the first held-out loads only; families learn from as many as before."""
    kept = ~of.held
    kept[np.flatnonzero(of.held)[:LOADS]] = True
    known = of.known.isel({DESIGN: np.flatnonzero(kept)})
    return replace(of, known=known, held=of.held[kept])


def starts(of: Contest, drawn: Tensor) -> dict[str, tuple[Tensor, int]]:
    """Densities to start from, and the calls that choosing them took."""
    first = {"one proposal": (drawn[0], 0), f"mean of {DRAWS}": (drawn.mean(0), 0)}
    if bool((drawn[0] == drawn[1]).all()):
        return {"start": first["one proposal"]}
    work = [of.optimise(d, 0).compliance_j[:, -1].nan_to_num(torch.inf) for d in drawn[:SCREENED]]
    best = torch.stack(work).argmin(0)
    return first | {
        f"stiffest of {SCREENED}": (drawn[best, torch.arange(drawn.shape[1])], SCREENED)
    }


def run() -> None:
    """All families, the same folds each."""
    torch.set_num_threads(1)
    folds = [some(contest(FULL, seed, silent)) for seed in range(ROUNDS)]
    calls = torch.cat([of.calls for of in folds]).double()
    title = f"Shapes after 1/{SHARE} of SIMP's calls on {len(calls)} held-out loads, 60 x 20 cells"
    about = {
        "calls of SIMP until rest": spread(calls.tolist()),
        "close_percent": CLOSE,
        "folds": ROUNDS,
        "designs": FULL.designs,
    }
    rows: list[dict[str, Any]] = []
    for name in (n for n in NAMES if n == EVEN or n in families.FAMILIES):
        began, found = time.process_time(), dict[str, dict[str, list[np.ndarray]]]()
        for seed, of in enumerate(folds):
            drawn = proposals(of, name, seed, DRAWS)
            for kind, (start, spent) in starts(of, drawn).items():
                gaps = of.gaps(of.refined(start, spent)) | {"sharp": of.sharp_gap(start, spent)}
                for measure, gap in gaps.items():
                    found.setdefault(kind, {}).setdefault(measure, []).append(gap)
        seconds = time.process_time() - began
        rows += [_row(name, kind, gaps, seconds) for kind, gaps in found.items()]
        save("structures_refine", title, rows, about)  # what was measured stays
    report("structures_refine", title, rows, about)


def _row(name: str, kind: str, gaps: dict[str, list[np.ndarray]], seconds: float) -> dict[str, Any]:
    row: dict[str, Any] = {"family": name, "start": kind}
    for measure, each in gaps.items():
        row |= {
            f"{measure} median (%)": spread([float(np.median(g)) for g in each]),
            f"{measure} 90th (%)": spread(
                [float(min(np.quantile(g, 0.9, method="lower"), 1e6)) for g in each]
            ),
            f"{measure} within {CLOSE:g} %": spread([float(np.mean(g <= CLOSE)) for g in each]),
        }
    return row | {"CPU s": seconds}
