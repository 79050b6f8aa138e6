"""Quantities that a verifier of feeders computes from solved days."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ingenium.core.quantity import Quantity
from ingenium.domains.grid.data.conditions import rank_among
from ingenium.domains.grid.feeder.network import Network
from ingenium.domains.grid.feeder.powerflow import PowerFlow

KW = 1000.0  # of one MW


@dataclass(frozen=True)
class Trace:
    """Results of days step by step, for reports.

    Shapes: n designs, t steps.
    """

    voltage_pu: Float[np.ndarray, "n t bus"]  # in the order of `Network.bus_names`
    line_percent: Float[np.ndarray, "n t line"]
    trafo_percent: Float[np.ndarray, "n t trafo"]
    import_kw: Float[np.ndarray, "n t"]  # taken from the feeding grid
    loss_kw: Float[np.ndarray, "n t"]

    @classmethod
    def of(cls, network: Network, flow: PowerFlow, t: int) -> "Trace":
        """Split the steps of a flow into days of `t` steps."""
        voltage = np.abs(flow.voltage[:, network.circuit.free_nodes])
        n = len(voltage) // t

        def days(course: Float[np.ndarray, "b place"]) -> Float[np.ndarray, "n t place"]:
            return course.reshape(n, t, course.shape[1])

        return cls(
            days(voltage),
            days(flow.line_percent),
            days(flow.trafo_percent),
            KW * flow.slack_mw.reshape(n, t),
            KW * flow.loss_mw.reshape(n, t),
        )


@dataclass(frozen=True, eq=False)
class KnownLoads:
    """Energies and peaks of the load on known days, among which other days are ranked.

    Shapes: n days.
    """

    energy: Float[np.ndarray, " n"]  # in the unit of the load, over steps
    peak: Float[np.ndarray, " n"]

    @classmethod
    def of(cls, load: Float[np.ndarray, "n t"]) -> "KnownLoads":
        """Compute energies and peaks of days step by step."""
        return cls(load.sum(1), load.max(1))

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Columns of `ranks`, which rise steeply where known days are almost equal."""
        reported, steep = "among the days of the table, 0 for the lowest", 1e-9
        return (
            Quantity(
                "load_energy_rank", "1", f"rank of the load energy {reported}", rounding=steep
            ),
            Quantity("load_peak_rank", "1", f"rank of the peak load {reported}", rounding=steep),
        )

    def ranks(self, load: Float[np.ndarray, "n t"]) -> dict[str, Float[np.ndarray, " n"]]:
        """Return ranks of days step by step, in the same unit."""
        energy, peak = (a.astype(np.float64) for a in (load.sum(1), load.max(1)))
        return {
            "load_energy_rank": rank_among(self.energy, energy),
            "load_peak_rank": rank_among(self.peak, peak),
        }


def quantities(network: Network) -> tuple[Quantity, ...]:
    """Return the columns of a measurement, in order."""
    bus, line, trafo = network.bus_names, network.line_names, network.trafo_names
    return (
        *_extreme("min_voltage", "lowest voltage", "pu", "bus", bus),
        *_extreme("max_voltage", "highest voltage", "pu", "bus", bus),
        *_extreme("max_line_loading", "highest loading of a line", "percent", "line", line),
        *_extreme(
            "max_trafo_loading", "highest loading of a transformer", "percent", "trafo", trafo
        ),
        Quantity(
            "balance_error",
            "1",
            "energy that sources, loads and losses leave unexplained",
            rounding=1e-12,  # tolerance for sums that are almost equal
        ),
        Quantity("load_energy", "kWh", "energy of the loads"),
        Quantity("infeed_energy", "kWh", "energy of the infeed"),
        Quantity("import_energy", "kWh", "net energy from the feeding grid"),
        Quantity("loss_share", "percent", "losses as a share of the energy of the loads"),
        Quantity(
            "import_peak", "kW", "highest power from the feeding grid", where=("import_peak_hour",)
        ),
        Quantity("import_peak_hour", "h", "hour of the day at which the import peaks"),
        Quantity("export_peak", "kW", "highest power back into the feeding grid"),
    )


def columns(
    trace: Trace,
    load_kw: Float[np.ndarray, "n t"],
    infeed_kw: Float[np.ndarray, "n t"],
    hours: float,
) -> Mapping[str, Float[np.ndarray, " n"]]:
    """Return the quantities by name; all NaN for a day with an unsolved step."""
    energy = {
        "load_energy": load_kw.sum(1) * hours,
        "infeed_energy": infeed_kw.sum(1) * hours,
        "import_energy": trace.import_kw.sum(1) * hours,
    }
    loss = trace.loss_kw.sum(1) * hours
    load = np.maximum(energy["load_energy"], 1e-9)
    unexplained = energy["import_energy"] + energy["infeed_energy"] - energy["load_energy"] - loss
    found = {
        **_where("min_voltage", "bus", -trace.voltage_pu, hours),
        **_where("max_voltage", "bus", trace.voltage_pu, hours),
        **_where("max_line_loading", "line", trace.line_percent, hours),
        **_where("max_trafo_loading", "trafo", trace.trafo_percent, hours),
        **energy,
        "balance_error": np.abs(unexplained) / load,
        "loss_share": 100 * loss / load,
        "import_peak": trace.import_kw.max(1),
        "import_peak_hour": trace.import_kw.argmax(1) * hours,
        "export_peak": np.maximum(-trace.import_kw.min(1), 0.0),
    }
    found["min_voltage"] = -found["min_voltage"]
    solved = np.isfinite(trace.import_kw).all(1)
    return {name: np.where(solved, value, np.nan) for name, value in found.items()}


def _extreme(
    name: str, long_name: str, unit: str, place: str, labels: tuple[str, ...]
) -> tuple[Quantity, ...]:
    where, when = f"{name}_{place}", f"{name}_hour"
    return (
        Quantity(name, unit, long_name, where=(where, when)),
        Quantity(where, "1", f"{place} of the {long_name}", labels=labels or ("none",)),
        Quantity(when, "h", f"hour of the day of the {long_name}"),
    )


def _where(
    name: str, place: str, values: Float[np.ndarray, "n t place"], hours: float
) -> dict[str, Float[np.ndarray, " n"]]:
    """Highest value of each day, its place and time; zeros without such an element."""
    n, _, places = values.shape
    if places == 0:
        return {key: np.zeros(n) for key in (name, f"{name}_{place}", f"{name}_hour")}
    flat = values.reshape(n, -1)
    at = flat.argmax(1)
    return {
        name: flat[np.arange(n), at],
        f"{name}_{place}": (at % places).astype(np.float64),
        f"{name}_hour": (at // places) * hours,
    }
