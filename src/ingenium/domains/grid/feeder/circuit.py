"""Electric circuit of a net: the matrices that pandapower itself solves, in per unit.

Using pandapower's own bus and branch matrices, rather than converting its tables again, treats open
switches, merged buses, taps and magnetising branches exactly as pandapower does.
"""

import hashlib
import warnings
from copy import deepcopy
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from jaxtyping import Complex, Float, Int, Integer, Num

from ingenium.domains.grid.data.netfile import NetworkError
from ingenium.domains.grid.data.packages import package

SUPPORTED = ("bus", "line", "trafo", "load", "sgen", "storage", "ext_grid", "switch", "shunt")
VOLTAGE_DEPENDENT = (
    *(f"const_{kind}_{power}_percent" for kind in "zi" for power in "pq"),
    *("const_z_percent", "const_i_percent"),
)
# Columns of pandapower's matrices. Source: pandapower.pypower.idx_bus and idx_brch.
BUS_TYPE, GS, BS, BASE_KV, REFERENCE = 1, 4, 5, 9, 3  # REFERENCE: a type
F_BUS, T_BUS, SHIFT = 0, 1, 9


@dataclass(frozen=True)
class Circuit:
    """Two-ports between nodes, fed at one node of fixed voltage.

    A node is an energised set of buses joined by closed switches, or the open end of a line. Phase
    shifts that are equal along every path are removed: all two-ports are reciprocal.
    """

    base_mva: float
    slack: int
    slack_vm_pu: float
    from_node: Int[np.ndarray, " branch"]
    to_node: Int[np.ndarray, " branch"]
    y_from: Complex[np.ndarray, " branch"]  # current at `from` by voltage at `from`
    y_to: Complex[np.ndarray, " branch"]
    y_mutual: Complex[np.ndarray, " branch"]
    y_shunt: Complex[np.ndarray, " node"]
    base_kv: Float[np.ndarray, " node"]
    percent_from: Float[np.ndarray, " branch"]  # loading for a current of 1 pu at `from`
    percent_to: Float[np.ndarray, " branch"]
    lines: Int[np.ndarray, " line"]  # branches that are lines, and their index in the net
    line_index: Int[np.ndarray, " line"]
    trafos: Int[np.ndarray, " trafo"]
    trafo_index: Int[np.ndarray, " trafo"]
    bus_index: Int[np.ndarray, " bus"]  # energised buses of the net, and their nodes
    bus_node: Int[np.ndarray, " bus"]

    @property
    def nodes(self) -> int:
        """Number of nodes of the circuit."""
        return len(self.base_kv)

    @property
    def free_nodes(self) -> Int[np.ndarray, " free"]:
        """Nodes with a bus whose voltage is a result, in order."""
        return np.setdiff1d(self.bus_node, [self.slack])

    def node_of(self, buses: Integer[np.ndarray, " e"]) -> Int[np.ndarray, " e"]:
        """Return the node of each bus of the net; -1 without supply."""
        known = dict(zip(self.bus_index.tolist(), self.bus_node.tolist(), strict=True))
        return np.array([known.get(bus, -1) for bus in buses.tolist()], dtype=np.int64)

    def digest(self) -> str:
        """Return the SHA-256 of all fields that determine a result."""
        sha = hashlib.sha256()
        for item in fields(self):
            sha.update(item.name.encode())
            sha.update(np.ascontiguousarray(getattr(self, item.name)).tobytes())
        return sha.hexdigest()


def solved(net: Any) -> Any:
    """Return a copy of the net, solved by pandapower to 1e-9 MVA.

    Raises:
        NetworkError: no solution, or a failure of pandapower.
    """
    pandapower = package("pandapower")
    done = deepcopy(net)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pandapower.runpp(done, tolerance_mva=1e-9, numba=False)
    except pandapower.LoadflowNotConverged as error:
        raise NetworkError(
            "a net with a solution at its own loads",
            f"one where pandapower finds none ({error})",
            "Check voltages, units (MW, km, ohm) and p_mw of the loads.",
        ) from error
    except (UserWarning, ValueError, LookupError, TypeError, AttributeError) as error:
        raise NetworkError("a net that pandapower can solve", repr(error)) from error
    except ArithmeticError as error:
        raise NetworkError(
            "a net that pandapower can solve",
            f"one in which pandapower divides by 0 ({error})",
            "Check for lengths, impedances, rated voltages and powers that are 0 or absent.",
        ) from error
    return done


def circuit_of(net: Any) -> tuple[Circuit, tuple[str, ...]]:
    """Return the circuit of a net, and sentences on what was left out or merged.

    Raises:
        NetworkError: elements that the engine does not know, or no solution.
    """
    refuse_unsupported(net)
    done = solved(net)
    matrices = done._ppc["internal"]
    if "V" not in matrices:  # pandapower had nothing to solve
        raise NetworkError("buses supplied by lines or transformers", "none in service")
    bus, branch = matrices["bus"].real, matrices["branch"].real
    slack = np.flatnonzero(bus[:, BUS_TYPE] == REFERENCE)
    f, t = branch[:, F_BUS].astype(np.int64), branch[:, T_BUS].astype(np.int64)
    y_from, y_to, y_mutual = _two_ports(branch, f, t, int(slack[0]))
    rows, index = _branches(done)
    percent_from, percent_to = _ratings(done, rows, bus[f, BASE_KV], bus[t, BASE_KV])
    energised = done._pd2ppc_lookups["bus"][net.bus.index.to_numpy()]
    supplied = (energised >= 0) & (energised < len(bus)) & net.bus.in_service.to_numpy(bool)
    circuit = Circuit(
        base_mva=float(net.sn_mva),
        slack=int(slack[0]),
        slack_vm_pu=float(done.res_bus.vm_pu[done.ext_grid.bus[done.ext_grid.in_service]].iloc[0]),
        from_node=f,
        to_node=t,
        y_from=y_from,
        y_to=y_to,
        y_mutual=y_mutual,
        y_shunt=(bus[:, GS] + 1j * bus[:, BS]) / float(net.sn_mva),
        base_kv=bus[:, BASE_KV].copy(),
        percent_from=percent_from,
        percent_to=percent_to,
        lines=rows["line"],
        line_index=index["line"],
        trafos=rows["trafo"],
        trafo_index=index["trafo"],
        bus_index=net.bus.index.to_numpy()[supplied].astype(np.int64),
        bus_node=energised[supplied].astype(np.int64),
    )
    return circuit, changes(net, circuit)


def refuse_unsupported(net: Any) -> None:
    """Raise for elements in service that the engine does not support.

    Raises:
        NetworkError: names the table, and what to do.
    """
    elements = package("pandapower.toolbox").pp_elements() | {
        *("controller", "svc", "tcsc", "ssc", "vsc", "bus_dc", "line_dc", "b2b_vsc"),
    }
    for table in sorted(elements - set(SUPPORTED) - {"measurement"}):
        rows = net.get(table)
        if rows is None or len(rows) == 0:
            continue
        active = int(rows.get("in_service", default=np.ones(len(rows), bool)).sum())
        if active:
            raise NetworkError(
                f"a net of {', '.join(SUPPORTED)}",
                f"{active} in service in net.{table}",
                "Model them by those elements, or take them out of service.",
            )
    feeding = net.ext_grid.bus[net.ext_grid.in_service.astype(bool)].nunique()
    if feeding != 1:
        raise NetworkError(
            "a net fed at one bus", f"{feeding} feeding buses", "Keep one net.ext_grid in service."
        )
    for column in VOLTAGE_DEPENDENT:
        if column in net.load and net.load[column].fillna(0).ne(0).any():
            raise NetworkError(
                "loads of constant power", f"net.load.{column} other than 0", "Set it to 0."
            )
    options = net.get("user_pf_options") or {}
    if options.get("trafo_loading", "current") != "current":
        raise NetworkError(
            "transformer loading by current",
            f"user_pf_options with trafo_loading={options['trafo_loading']!r}",
            'Write trafo_loading="current".',
        )


def changes(net: Any, circuit: Circuit) -> tuple[str, ...]:
    """Return what the circuit merges or leaves out, as sentences for the evidence."""
    said = []
    switch = net.switch[net.switch.et.isin(["b", "l"])]
    closed = switch.closed.astype(bool)
    merged = int((switch.et.eq("b") & closed).sum())
    if merged:
        said.append(f"Closed switches between buses ({merged}) join them into one node each.")
    opened = switch.element[switch.et.eq("l") & ~closed].value_counts()
    for ends, which in (("one end", opened == 1), ("both ends and left out", opened > 1)):
        if which.any():
            names = _names(net.line, sorted(opened.index[which]))
            said.append(f"Lines open at {ends}, by net.switch: {names}.")
    shifted = net.trafo.shift_degree.loc[circuit.trafo_index]
    if shifted.ne(0).any():
        names = _names(net.trafo, shifted.index[shifted.ne(0)])
        said.append(f"Phase shifts taken out, which magnitudes and flows do not feel: {names}.")
    for table in ("load", "sgen", "storage"):
        active = net[table].in_service.astype(bool).to_numpy()
        dead = active & (circuit.node_of(net[table].bus.to_numpy()) < 0)
        if dead.any():
            said.append(
                f"Without supply and left out: {_names(net[table], net[table].index[dead])}."
            )
    unrated = circuit.line_index[circuit.percent_from[circuit.lines] == 0]
    if len(unrated):
        names = _names(net.line, unrated)
        said.append(f"Lines without max_i_ka, whose loading is given as 0: {names}.")
    return tuple(said)


def _names(table: Any, index: Any) -> str:
    names = [table["name"].get(i) for i in index]
    shown = [n if isinstance(n, str) and n else str(i) for n, i in zip(names, index, strict=True)]
    return ", ".join(shown[:5]) + (f" and {len(shown) - 5} more" if len(shown) > 5 else "")


def _two_ports(
    branch: Num[np.ndarray, "branch c"],
    f: Int[np.ndarray, " branch"],
    t: Int[np.ndarray, " branch"],
    slack: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Admittances of each branch, rotated so that no phase shift remains."""
    vectors = package("pandapower.pypower.makeYbus").branch_vectors(branch, len(branch))
    y_to, y_from, y_ft, y_tf = (np.asarray(y, dtype=np.complex128) for y in vectors)
    angle = _turns(np.deg2rad(branch[:, SHIFT]), f, t, slack)
    turned = np.exp(1j * (angle[t] - angle[f]))
    y_ft, y_tf = y_ft * turned, y_tf / turned
    if np.abs(y_ft - y_tf).max() > 1e-9 * np.abs(y_ft).max():
        raise NetworkError(
            "transformers in a loop that shift the phase by the same angle",
            "different angles",
            "Check net.trafo.shift_degree.",
        )
    return y_from, y_to, (y_ft + y_tf) / 2


def _turns(
    shift: Float[np.ndarray, " branch"],
    f: Int[np.ndarray, " branch"],
    t: Int[np.ndarray, " branch"],
    slack: int,
) -> Float[np.ndarray, " node"]:
    """Phase rotation of each node relative to the feeding one (rad)."""
    angle = np.full(int(max(f.max(), t.max())) + 1, np.nan)
    angle[slack] = 0.0
    while np.isnan(angle).any():  # one pass a step away from the slack, along all branches
        before = np.isnan(angle).sum()
        down = np.isnan(angle[t]) & ~np.isnan(angle[f])
        angle[t[down]] = (angle[f] - shift)[down]
        up = np.isnan(angle[f]) & ~np.isnan(angle[t])
        angle[f[up]] = (angle[t] + shift)[up]
        if np.isnan(angle).sum() == before:
            raise NetworkError("a net in one piece", "energised nodes that nothing connects")
    return angle


def _branches(done: Any) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Rows of lines and transformers in service among all branches, and their index in the net."""
    active = done._ppc["internal"]["branch_is"].astype(bool)
    position = np.cumsum(active) - 1
    rows, index = {}, {}
    for table in ("line", "trafo"):
        start, stop = done._pd2ppc_lookups["branch"].get(table, (0, 0))
        here = active[start:stop]
        rows[table] = position[start:stop][here]
        index[table] = done[table].index.to_numpy()[here].astype(np.int64)
    return rows, index


def _ratings(
    done: Any,
    rows: dict[str, np.ndarray],
    from_kv: Float[np.ndarray, " branch"],
    to_kv: Float[np.ndarray, " branch"],
) -> tuple[np.ndarray, np.ndarray]:
    """Loading (percent) that a current of 1 pu makes at both ends; 0 without a rating.

    Source: pandapower.results_branch: lines against max_i_ka * df * parallel, transformers by
    the current of each side against the rated one.
    """
    ka = float(done.sn_mva) / (np.sqrt(3.0) * np.stack([from_kv, to_kv]))  # of 1 pu
    percent = np.zeros_like(ka)
    active = done._ppc["internal"]["branch_is"].astype(bool)
    lookups = done._pd2ppc_lookups["branch"]
    if len(rows["line"]):
        here = active[slice(*lookups["line"])]
        rating = (done.line.max_i_ka * done.line.df * done.line.parallel).to_numpy(float)[here]
        rating = np.where(np.isfinite(rating) & (rating > 0), rating, np.inf)
        percent[:, rows["line"]] = 100 * ka[:, rows["line"]] / rating
    if len(rows["trafo"]):
        trafo = done.trafo[active[slice(*lookups["trafo"])]]
        rated_kv = np.stack([trafo.vn_hv_kv, trafo.vn_lv_kv]).astype(float)
        rated_mva = (trafo.sn_mva * trafo.parallel * trafo.df).to_numpy(float)
        share = rated_kv * np.sqrt(3.0) / rated_mva
        percent[:, rows["trafo"]] = 100 * ka[:, rows["trafo"]] * share
    return percent[0], percent[1]
