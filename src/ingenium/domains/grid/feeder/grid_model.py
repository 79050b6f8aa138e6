"""Power flow by power-grid-model, from the tables of a net, all cases in one batch.

It is independent of pandapower's matrices and of lightsim2grid. The tables are converted here, and
a net is solved by it only where it reproduces pandapower (see `parity.gate`).
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float, Int

from ingenium.domains.grid.data.packages import package
from ingenium.domains.grid.feeder.circuit import Circuit
from ingenium.domains.grid.feeder.mapping import SIGN
from ingenium.domains.grid.feeder.pandapower_loop import Factors, ReferenceFlow

STIFF_VA = 1e16  # short-circuit power of the feeding grid: 1e-10 pu for 1 MVA
TOLERANCE_PU, MAX_ITERATIONS = 1e-10, 30
CONSTANT_POWER = 0  # type of a load
EQUAL_HALVES = {"leakage_resistance_ratio_hv": 0.5, "leakage_reactance_ratio_hv": 0.5}


class UnsupportedError(ValueError):
    """A part of a net that the conversion does not know."""


class GridModel:
    """Components of power-grid-model for a net, in the order of its circuit.

    Buses joined by closed switches are one node; an open switch at a line disconnects that end. A
    transformer is the T circuit of pandapower as a two-port with its ratio at the first side.

    Source: Xiang et al., power-grid-model, Zenodo, doi:10.5281/zenodo.8054429, components.
    """

    name: ClassVar[str] = "power-grid-model"

    def __init__(self, net: Any, circuit: Circuit) -> None:
        """Convert the tables.

        Raises:
            UnsupportedError: for a part that has no counterpart here.
        """
        self.net, self.circuit = net, circuit
        self.node = _nodes(net)
        self.feeding = net.ext_grid[net.ext_grid.in_service.astype(bool)]
        lines, trafos = net.line.loc[circuit.line_index], net.trafo.loc[circuit.trafo_index]
        _refuse(net, trafos)
        rating = (lines.max_i_ka * lines.df * lines.parallel).to_numpy(float) * 1e3
        self.line_percent = 100.0 / np.where(rating > 0, rating, np.inf)
        rated_kva = (trafos.sn_mva * trafos.parallel * trafos.df).to_numpy(float) * 1e3
        sides = trafos[["vn_hv_kv", "vn_lv_kv"]].to_numpy(float)
        self.trafo_percent = 100.0 * np.sqrt(3.0) * sides / rated_kva[:, None]
        self.lines, self.trafos = self._lines(lines), self._trafos(trafos)

    def flows(self, factors: Factors) -> list[ReferenceFlow]:
        """Solve all rows of factors, by which the power of each element is multiplied."""
        rows = len(next(iter(factors.values()))[0])
        power = {table: self._power(table, factors.get(table)) for table in SIGN}
        update = {}
        model, ids = self._model
        for table, found in power.items():
            at = _part("update", "sym_load", rows, len(self.net[table]))
            at["id"] = ids[table]
            at["p_specified"], at["q_specified"] = (np.broadcast_to(x, at.shape) for x in found)
            update[table] = at
        found = model.calculate_power_flow(
            update_data={"sym_load": np.concatenate(list(update.values()), axis=1)},
            error_tolerance=TOLERANCE_PU,
            max_iterations=MAX_ITERATIONS,
            output_component_types=["node", "line", "generic_branch"],
            continue_on_batch_error=True,
        )
        kinds = ("line", "generic_branch")  # absent from the answer where the net has none
        found = {k: _part("sym_output", k, rows, 0) for k in kinds} | found
        failed = set() if model.batch_error is None else set(model.batch_error.failed_scenarios)
        taken = self._taken(found, power, rows)
        return [self._flow(found, taken, row, solved=row not in failed) for row in range(rows)]

    def _flow(
        self, found: Mapping[str, Any], taken: np.ndarray, row: int, *, solved: bool
    ) -> ReferenceFlow:
        if not solved:
            return ReferenceFlow.none(self.circuit)
        line, trafo = found["line"][row], found["generic_branch"][row]
        ends = np.stack([trafo["i_from"], trafo["i_to"]], 1) * self.trafo_percent
        return ReferenceFlow(
            found["node"]["u_pu"][row, self._rows(self.circuit.bus_index)],
            np.maximum(line["i_from"], line["i_to"]) * self.line_percent,
            ends.max(1),
            complex(taken[row]),
        )

    def _taken(
        self,
        found: Mapping[str, Any],
        power: Mapping[str, tuple[Any, Any]],
        rows: int,
    ) -> np.ndarray:
        """Power taken from the feeding grid (MVA): what its node gives to branches and loads."""
        slack = self.node[int(self.feeding.bus.iloc[0])]
        taken = np.zeros(rows, dtype=complex)
        for kind, part in (("line", self.lines), ("generic_branch", self.trafos)):
            for side in ("from", "to"):
                at = (part[f"{side}_node"] == slack) & (part[f"{side}_status"] == 1)
                flow = found[kind][f"p_{side}"] + 1j * found[kind][f"q_{side}"]
                taken += flow[:, at].sum(1)
        for table, (p, q) in power.items():
            at = self._at(table) == slack
            taken += np.broadcast_to((p + 1j * q), (rows, len(at)))[:, at].sum(1)
        for shunt in self._shunts:
            if shunt["node"] == slack and shunt["status"]:
                volt = float(self.feeding.vm_pu.iloc[0]) * self._rated_v(np.array([slack]))[0]
                taken += (shunt["g1"] - 1j * shunt["b1"]) * volt**2
        return taken / 1e6

    @cached_property
    def _model(self) -> tuple[Any, dict[str, Int[np.ndarray, " e"]]]:
        """The model at zero power, and the identifiers of its loads by table."""
        nodes = _part("input", "node", len(set(self.node.values())))
        nodes["id"] = np.unique(list(self.node.values()))
        nodes["u_rated"] = self._rated_v(nodes["id"])
        source = _part("input", "source", 1)
        source["node"], source["status"] = self.node[int(self.feeding.bus.iloc[0])], 1
        source["u_ref"], source["sk"] = float(self.feeding.vm_pu.iloc[0]), STIFF_VA
        loads, ids, first = [], {}, int(nodes["id"].max()) + 1
        for part in (source, self.lines, self.trafos, self._shunts):
            part["id"] = np.arange(first, first + len(part))
            first += len(part)
        for table in SIGN:
            part = _part("input", "sym_load", len(self.net[table]))
            part["node"], part["type"] = self._at(table), CONSTANT_POWER
            part["status"], part["p_specified"], part["q_specified"] = 1, 0.0, 0.0
            part["id"] = ids[table] = np.arange(first, first + len(part))
            first += len(part)
            loads.append(part)
        given = {"node": nodes, "source": source, "line": self.lines, "shunt": self._shunts}
        given |= {"generic_branch": self.trafos, "sym_load": np.concatenate(loads)}
        return package("power_grid_model").PowerGridModel(given), ids

    def _lines(self, lines: Any) -> np.ndarray:
        part = _part("input", "line", len(lines))
        long, beside = lines.length_km.to_numpy(float), lines.parallel.to_numpy(float)
        hertz = 2.0 * np.pi * float(self.net.f_hz)
        part["r1"] = lines.r_ohm_per_km * long / beside
        part["x1"] = lines.x_ohm_per_km * long / beside
        part["c1"] = lines.c_nf_per_km * 1e-9 * long * beside
        leak = lines.g_us_per_km.to_numpy(float) * 1e-6 * long * beside
        siemens = hertz * part["c1"]
        if ((siemens == 0) & (leak != 0)).any():
            raise UnsupportedError("a line with conductance alone")
        part["tan1"] = leak / np.where(siemens > 0, siemens, 1.0)
        part["i_n"] = 1.0  # loadings are computed here
        return self._ends(part, lines, "l", ("from_bus", "to_bus"))

    def _trafos(self, trafos: Any) -> np.ndarray:
        part = _part("input", "generic_branch", len(trafos))
        high, low = _taps(trafos)
        own, beside = trafos.sn_mva.to_numpy(float), trafos.parallel.to_numpy(float)
        square = low**2 / beside  # kV2
        z = trafos.vk_percent.to_numpy(float) / 100 * square / own
        r = trafos.vkr_percent.to_numpy(float) / 100 * square / own
        series = r + 1j * np.sqrt(z**2 - r**2)
        iron = trafos.pfe_kw.to_numpy(float) * 1e-3
        magnetising = np.sqrt(np.maximum((trafos.i0_percent * own / 100) ** 2 - iron**2, 0.0))
        shunt = (iron - 1j * magnetising.to_numpy(float)) / square
        part["r1"], part["x1"] = (y := series + series**2 * shunt / 4).real, y.imag
        ends = shunt / (1 + series * shunt / 4)  # both halves
        part["g1"], part["b1"] = ends.real, ends.imag
        rated = [self._rated_v(_at(self.node, trafos[side])) for side in ("hv_bus", "lv_bus")]
        part["k"] = high / low / (rated[0] / rated[1])
        part["theta"] = np.deg2rad(trafos.shift_degree.to_numpy(float))
        return self._ends(part, trafos, "t", ("hv_bus", "lv_bus"))

    def _ends(self, part: np.ndarray, table: Any, kind: str, buses: tuple[str, str]) -> np.ndarray:
        """Nodes of both ends, and whether each is connected."""
        switches = self.net.switch
        opened = switches[switches.et.eq(kind) & ~switches.closed.astype(bool)]
        open_ends = set(zip(opened.element, opened.bus, strict=True))
        active = self.net.bus.in_service.astype(bool)
        for side, column in zip(("from", "to"), buses, strict=True):
            bus = table[column].to_numpy()
            part[f"{side}_node"] = _at(self.node, bus)
            joined = [(i, b) not in open_ends for i, b in zip(table.index, bus, strict=True)]
            part[f"{side}_status"] = np.array(joined, dtype=bool) & active.loc[bus].to_numpy()
        return part

    @cached_property
    def _shunts(self) -> np.ndarray:
        table = self.net.shunt
        part = _part("input", "shunt", len(table))
        power = (table.p_mw - 1j * table.q_mvar).to_numpy(complex) * table.step.to_numpy(float)
        siemens = power / table.vn_kv.to_numpy(float) ** 2
        part["node"], part["g1"], part["b1"] = _at(self.node, table.bus), siemens.real, siemens.imag
        active = self.net.bus.in_service.astype(bool).loc[table.bus].to_numpy()
        part["status"] = table.in_service.to_numpy(bool) & active
        return np.asarray(part)

    def _power(self, table: str, both: Any) -> tuple[np.ndarray, np.ndarray]:
        """Demand of each element (VA): a row a case."""
        own = self.net[table]
        sign = -1.0 if table == "sgen" else 1.0
        active = self.net.bus.in_service.astype(bool).loc[own.bus].to_numpy()
        served = own.in_service.to_numpy(bool) & active
        scale = 1e6 * sign * own.scaling.fillna(1.0).to_numpy(float) * served
        base = (own[c].fillna(0.0).to_numpy(float) * scale for c in ("p_mw", "q_mvar"))
        p, q = (x * (1.0 if both is None else both[i]) for i, x in enumerate(base))
        return p, q

    def _at(self, table: str) -> Int[np.ndarray, " e"]:
        return _at(self.node, self.net[table].bus)

    def _rated_v(self, nodes: Int[np.ndarray, " e"]) -> Float[np.ndarray, " e"]:
        rated = {self.node[b]: 1e3 * float(kv) for b, kv in self.net.bus.vn_kv.items()}
        return np.array([rated[n] for n in nodes.tolist()])

    def _rows(self, buses: Int[np.ndarray, " bus"]) -> Int[np.ndarray, " bus"]:
        """Rows of buses among the nodes."""
        return np.searchsorted(np.unique(list(self.node.values())), _at(self.node, buses))


def _nodes(net: Any) -> dict[int, int]:
    """Node of each bus: those joined by closed switches share the first one's."""
    node = {int(bus): i for i, bus in enumerate(net.bus.index)}
    active = net.bus.in_service.astype(bool)
    joined = net.switch[net.switch.et.eq("b") & net.switch.closed.astype(bool)]
    for one, other in zip(joined.bus, joined.element, strict=True):
        if active.loc[one] and active.loc[other]:
            a, b = sorted((node[one], node[other]))
            node = {bus: a if own == b else own for bus, own in node.items()}
    return node


def _at(node: Mapping[int, int], buses: Any) -> Int[np.ndarray, " e"]:
    return np.array([node[int(bus)] for bus in buses], dtype=np.int32)


def _taps(trafos: Any) -> tuple[Float[np.ndarray, " e"], Float[np.ndarray, " e"]]:
    """Rated voltages of both sides at the positions of the taps (kV)."""
    sides = {"hv": trafos.vn_hv_kv.to_numpy(float), "lv": trafos.vn_lv_kv.to_numpy(float)}
    if "tap_pos" not in trafos:
        return sides["hv"], sides["lv"]
    off = (trafos.tap_pos - trafos.tap_neutral).astype(float)
    step = (off * trafos.tap_step_percent.astype(float) / 100).fillna(0.0).to_numpy()
    typed = trafos.get("tap_changer_type")
    step = step if typed is None else np.where(typed.isin(["Ratio", "Symmetrical"]), step, 0.0)
    high, low = (v * (1 + step * trafos.tap_side.eq(s).to_numpy()) for s, v in sides.items())
    return high, low


def _refuse(net: Any, trafos: Any) -> None:
    """Refuse what the conversion does not know."""
    beyond = {
        "impedances of switches": net.switch.get("z_ohm"),
        "tables of taps": trafos.get("tap_dependency_table"),
        "phase shifts of taps": trafos.get("tap_step_degree"),
        "second tap changers": trafos.get("tap2_pos"),
    }
    for what, column in beyond.items():
        if column is not None and column.fillna(0).astype(float).ne(0).any():
            raise UnsupportedError(what)
    for name, half in EQUAL_HALVES.items():
        if name in trafos and trafos[name].fillna(half).ne(half).any():
            raise UnsupportedError(name)


def _part(kind: str, component: str, *shape: int) -> Any:
    model = package("power_grid_model")
    return model.initialize_array(kind, component, shape if len(shape) > 1 else shape[0])
