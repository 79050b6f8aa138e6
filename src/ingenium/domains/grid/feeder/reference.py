"""Days solved by an independent engine, element by element on the original net."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.domains.grid.data.dataset import STEPS
from ingenium.domains.grid.data.net_tables import whole
from ingenium.domains.grid.data.packages import package, release_of
from ingenium.domains.grid.feeder.grid_model import GridModel
from ingenium.domains.grid.feeder.measurements import KW
from ingenium.domains.grid.feeder.pandapower_loop import PandapowerLoop
from ingenium.domains.grid.feeder.verifier import FeederVerifier

COMPARED = (
    "min_voltage",
    "max_voltage",
    "max_line_loading",
    "max_trafo_loading",
    "import_peak",
    "export_peak",
)


@dataclass(frozen=True)
class SecondDays:
    """Extremes of days by the second engine of the network, element by element.

    Shapes: n designs, u load profiles, g infeed profiles, t steps.
    """

    feeder: FeederVerifier
    tier: ClassVar[Literal["exact"]] = "exact"

    @property
    def name(self) -> str:
        """Name of the engine."""
        return self.feeder.network.second.name

    @property
    def version(self) -> str:
        """Version of its package."""
        return release_of(self.name).split()[1]

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Extremes over the steps of a day, and deviations from readings."""
        extremes = tuple(q for q in self.feeder.quantities if q.name in COMPARED)
        return (*extremes, *self.feeder.consistency)

    def measure(
        self,
        load_p: Float[Tensor, "n u t"],
        load_q: Float[Tensor, "n u t"],
        infeed_p: Float[Tensor, "n g t"],
    ) -> Float64[Tensor, "n k"]:
        """Measure all quantities of each day; NaN for a day with an unsolved step."""
        second = self.feeder.network.second(self.feeder.network.net, self.feeder.network.circuit)
        days = zip(load_p, load_q, infeed_p, strict=True)
        rows = [self._day(second, [x.T.numpy() for x in day]) for day in days]
        return torch.tensor(rows, dtype=torch.float64)

    def _day(self, second: GridModel | PandapowerLoop, steps: list[np.ndarray]) -> list[float]:
        factors = self.feeder.profiles.factors(*steps)
        circuit = self.feeder.network.circuit
        free = np.isin(circuit.bus_node, circuit.free_nodes)
        found = second.flows(factors)
        if not all(step.solved for step in found):
            return [np.nan] * len(self.quantities)
        voltage = np.stack([step.voltage_pu[free] for step in found])
        loads = ([step.line_percent for step in found], [step.trafo_percent for step in found])
        taken = np.array([step.slack_mva.real for step in found]) * KW
        read = self.feeder.readings
        return [
            voltage.min(),
            voltage.max(),
            *(np.nan_to_num(percent).max(initial=0.0) for percent in loads),  # NaN: no rating
            taken.max(),
            max(-taken.min(), 0.0),
            *(() if read is None else read.error(taken[None])),
        ]


def reference_day(
    verifier: FeederVerifier, days: int = 1
) -> tuple[tuple[Tensor, ...], Mapping[str, float]]:
    """Return arrays of identical days in a row, and pandapower's measurements of them."""
    profiles = verifier.profiles
    ones = torch.ones(1, len(profiles.load_profiles), days * STEPS, dtype=torch.float64)
    none = torch.zeros(1, len(profiles.infeed_profiles), days * STEPS, dtype=torch.float64)
    net = whole(verifier.network.net)
    for table in ("sgen", "storage"):
        net[table]["p_mw"] = 0.0
        net[table]["q_mvar"] = 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        package("pandapower").runpp(net, tolerance_mva=1e-9, numba=False)
    circuit = verifier.network.circuit
    free = circuit.bus_index[[node in set(circuit.free_nodes) for node in circuit.bus_node]]
    voltage = net.res_bus.vm_pu.loc[free]
    truth = {
        "min_voltage": float(voltage.min()),
        "max_voltage": float(voltage.max()),
        "max_line_loading": float(net.res_line.loading_percent.max()),
        "max_trafo_loading": float(net.res_trafo.loading_percent.max()),
        "load_energy": float(net.res_load.p_mw.sum()) * 24_000 * days,
        "infeed_energy": 0.0,
    }
    return (ones, ones.clone(), none), truth
