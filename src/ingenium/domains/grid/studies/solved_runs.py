"""Runs of days of a feeder, one after the other, with batteries and power flow."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float64, Int
from torch import Tensor

from ingenium.domains.grid.battery import Batteries
from ingenium.domains.grid.feeder_day import FeederDay

LOWEST_PU, HIGHEST_PU = 0.9, 1.1  # EN 50160, 4.2.2


@dataclass(frozen=True, eq=False)
class Course:
    """Solved days of runs, one after the other.

    Shapes: n days, t steps.
    """

    series: Mapping[str, Float64[np.ndarray, "n t"]]  # MW, by case
    runs: int
    feasible: Bool[np.ndarray, " n"]  # all steps solved, within the band of voltage
    within_loading: Bool[np.ndarray, " n"]  # no line and no transformer above 100 %
    beyond: float  # energy outside the batteries, relative
    throughput: float  # mean power out of the batteries (MW)

    @classmethod
    def of(
        cls,
        problem: FeederDay,
        arrays: tuple[Tensor, ...],
        runs: int,
        batteries: Batteries | None,
    ) -> "Course":
        """Let the batteries, if any, follow the surplus, and solve every step."""
        load_p, load_q, infeed_p = arrays
        profiles = problem.feeder.verifier.profiles
        rated = profiles.infeed_p_mw.sum(1)
        infeed_p = infeed_p.clone()
        cells = of_kind(problem, "storage")
        infeed_p[:, cells] = 0.0
        beyond, stored = 0.0, np.zeros((len(load_p), load_p.shape[-1]))
        if batteries is not None:
            load = torch.einsum("nut,u->nt", load_p, profiles.load_p_mw.sum(1))
            surplus = (torch.einsum("ngt,g->nt", infeed_p, rated) - load).numpy()
            power, beyond = _stored(batteries, surplus, runs)
            infeed_p[:, cells] = torch.as_tensor(power) / rated[cells, None]
            stored = power.sum(1)
        trace = problem.feeder.verifier.trace(load_p, load_q, infeed_p)
        low, high = trace.voltage_pu.min((1, 2)), trace.voltage_pu.max((1, 2))
        plants = (infeed_p * rated[:, None]).numpy()
        return cls(
            series={
                "storage": stored,
                "wind": plants[:, of_kind(problem, "wind")].sum(1),
                "pv": plants[:, of_kind(problem, "solar")].sum(1),
                "combined": trace.import_kw / 1000,
            },
            runs=runs,
            feasible=(low >= LOWEST_PU) & (high <= HIGHEST_PU),  # False for NaN
            within_loading=np.maximum(
                trace.line_percent.max((1, 2)), trace.trafo_percent.max((1, 2))
            )
            <= 100,
            beyond=beyond,
            throughput=float(stored.clip(min=0).mean()),
        )

    def seam(self, case: str) -> float:
        """Mean change over midnight, relative to the mean change of other steps."""
        over = np.concatenate(
            [np.abs(run[1:, 0] - run[:-1, -1]) for run in self._by_run(self.series[case])]
        )
        inside = np.abs(np.diff(self.series[case], axis=1))
        return float(over.mean() / inside.mean())

    def day_to_day(self, case: str) -> float:
        """Correlation of the energy of a day with that of the next."""
        pairs = [
            np.stack([run.sum(1)[:-1], run.sum(1)[1:]]) for run in self._by_run(self.series[case])
        ]
        return float(np.corrcoef(np.concatenate(pairs, axis=1))[0, 1])

    def _by_run(self, x: Float64[np.ndarray, "n t"]) -> Iterator[np.ndarray]:
        return iter(np.split(x, self.runs))


def _stored(
    batteries: Batteries, surplus_mw: Float64[np.ndarray, "n t"], runs: int
) -> tuple[Float64[np.ndarray, "n s t"], float]:
    """Power of each battery by day (MW), and the largest relative energy outside of one."""
    n, t = surplus_mw.shape
    power, energy = batteries.dispatch(surplus_mw.reshape(runs, -1))
    share = energy / batteries.energy_mwh[:, None]
    beyond = max(float((share - 1).max()), float(-share.min()), 0.0)
    by_day = power.transpose(0, 2, 1).reshape(n, t, -1)
    return by_day.transpose(0, 2, 1), beyond


def of_kind(problem: FeederDay, kind: str) -> Int[np.ndarray, " g"]:
    """Places of the infeed profiles of a kind."""
    kinds = problem.feeder.table.names.kinds
    return np.flatnonzero([own == kind for own in kinds])
