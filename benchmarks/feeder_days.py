"""Verified feeder-days a second: the batched verifier against pandapower, step by step.

The peer is pandapower in its fastest setting that still gives an operator's results: numba,
recycled admittances, a start from the step before, no result tables; voltages and loadings are
computed from its own solution vector. The verifier computes all its quantities. Both solve to 1e-9
MVA or tighter, and the largest differences of voltage and loading are in the results.
"""

import os
import warnings
from typing import Any

import numpy as np
import pandapower as pp
import torch
from torch import Tensor

from benchmarks.measuring import interleaved, ratio, report, spread
from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.grid.data.net_tables import whole
from ingenium.domains.grid.feeder.verifier import FeederVerifier

GRIDS = ("1-LV-rural1--0-sw", "1-MV-comm--0-sw")
DAYS = {"1-LV-rural1--0-sw": 366, "1-MV-comm--0-sw": 40}  # of the verifier in each round
THEIR_DAYS = 2
ROUNDS = 3
RECYCLE = {"bus_pq": True, "trafo": False, "gen": False}


class Peer:
    """pandapower over the steps of days."""

    def __init__(self, verifier: FeederVerifier) -> None:
        self.verifier = verifier
        self.base = verifier.network.net
        self.net = whole(self.base)
        self._solve()  # compiles, and leaves the admittances to recycle

    def extremes(self, days: tuple[Tensor, ...]) -> np.ndarray:
        """Lowest voltage (pu) and highest line loading (percent) of each day."""
        steps = (x.transpose(1, 2).flatten(0, 1).numpy() for x in days)
        factors = self.verifier.profiles.factors(*steps)
        base = {
            (table, column): self.base[table][column].to_numpy(float)
            for table in factors
            for column in ("p_mw", "q_mvar")
        }
        count = len(days[0]) * days[0].shape[2]
        found = np.zeros((count, 2))
        for row in range(count):
            for table, both in factors.items():
                for column, values in zip(("p_mw", "q_mvar"), both, strict=True):
                    self.net[table][column] = base[table, column] * values[row]
            found[row] = self._solve()
        by_day = found.reshape(len(days[0]), -1, 2)
        return np.stack([by_day[..., 0].min(1), by_day[..., 1].max(1)], axis=1)

    def _solve(self) -> tuple[float, float]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pp.runpp(self.net, tolerance_mva=1e-9, recycle=RECYCLE, only_v_results=True, numba=True)
        inner, c = self.net._ppc["internal"], self.verifier.network.circuit
        v = inner["V"]
        loading = np.maximum(
            np.abs(inner["Yf"] @ v) * c.percent_from, np.abs(inner["Yt"] @ v) * c.percent_to
        )
        return float(np.abs(v)[c.free_nodes].min()), float(loading[c.lines].max())


def measure(grid: str) -> list[dict[str, Any]]:
    """Measure one grid: a row for each thread count of the verifier."""
    problem = open_problem(Spec(problem="grid.feeder_day", setup={"grid": grid}))
    verifier = problem.verifier
    assert isinstance(verifier, FeederVerifier)
    one = FeederVerifier(verifier.network, verifier.profiles, threads=1)
    days = to_arrays(problem.data().isel({DESIGN: slice(0, DAYS[grid])}), problem.variables)
    few = tuple(x[:THEIR_DAYS] for x in days)
    peer = Peer(verifier)
    names = [q.name for q in verifier.quantities]
    columns = [names.index("min_voltage"), names.index("max_line_loading")]
    gap = np.abs(peer.extremes(few) - one.measure(*few)[:, columns].numpy()).max(0)
    n = len(days[0])
    times = interleaved(
        {
            "one": lambda: one.measure(*days),
            "all": lambda: verifier.measure(*days),
            "peer": lambda: peer.extremes(few),
        },
        ROUNDS,
    )
    scale = n / THEIR_DAYS
    rows = []
    for name, threads in (("one", 1), ("all", os.cpu_count())):
        ours, theirs = times[name], times["peer"]
        rows.append(
            {
                "grid": grid,
                "nodes": verifier.network.circuit.nodes,
                "threads": threads,
                "days/s": spread([n / s for s in ours.wall_s]),
                "days/s of CPU": spread([n / s for s in ours.cpu_s]),
                "pandapower days/s": spread([THEIR_DAYS / s for s in theirs.wall_s]),
                "pandapower days/s of CPU": spread([THEIR_DAYS / s for s in theirs.cpu_s]),
                "ratio": ratio(theirs.wall_s, ours.wall_s, scale),
                "ratio of CPU": ratio(theirs.cpu_s, ours.cpu_s, scale),
                "voltage gap (pu)": float(gap[0]),
                "loading gap (percent)": float(gap[1]),
            }
        )
    return rows


def run() -> None:
    """Run both grids."""
    torch.set_num_threads(1)
    rows = [row for grid in GRIDS for row in measure(grid)]
    report(
        "feeder_days",
        "Verified feeder-days a second (aim: 100 times pandapower)",
        rows,
        {"days": DAYS, "pandapower_days": THEIR_DAYS, "rounds": ROUNDS, "aim": 100},
    )
