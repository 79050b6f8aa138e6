"""Small networks, built by hand."""

from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pandapower as pp

from ingenium.domains.grid.data.netfile import is_code, read_net
from ingenium.domains.grid.feeder.network import Network, network_of

LINE = {"r_ohm_per_km": 0.4, "x_ohm_per_km": 0.1, "c_nf_per_km": 0.0, "max_i_ka": 0.2}


@cache
def _empty() -> Any:
    return pp.create_empty_network()


def empty() -> Any:
    """An empty network to fill; building its tables takes pandapower half a second."""
    return deepcopy(_empty())


def two_buses(p_mw: float = 0.05, q_mvar: float = 0.02, **line: float) -> Any:
    """One load behind one line, at 0.4 kV, fed at 1 pu."""
    net = empty()
    feed, far = (pp.create_bus(net, vn_kv=0.4, name=name) for name in ("feed", "far"))
    pp.create_ext_grid(net, feed, vm_pu=1.0)
    pp.create_line_from_parameters(net, feed, far, 0.3, name="cable", **(LINE | line))
    pp.create_load(net, far, p_mw=p_mw, q_mvar=q_mvar, name="house")
    net.load["profile"] = "home"
    return net


def oddities() -> Any:
    """A network that trips converters: odd bus numbers, taps, parallel lines, storage."""
    net = empty()
    net.sn_mva = 0.5
    names = ("hv", "lv", "a", "b", "c", "d", "island")
    for i, name in enumerate(names):
        pp.create_bus(net, vn_kv=20.0 if name == "hv" else 0.4, name=name, index=10 * i + 3)
    at = dict(zip(net.bus.name, net.bus.index, strict=True))
    pp.create_ext_grid(net, at["hv"], vm_pu=1.02, va_degree=20.0)
    pp.create_transformer(net, at["hv"], at["lv"], "0.4 MVA 20/0.4 kV", tap_pos=2, name="T")
    for i, (a, b) in enumerate((("lv", "a"), ("a", "b"), ("lv", "c"), ("b", "c"))):
        pp.create_line_from_parameters(
            net,
            at[a],
            at[b],
            0.1 + 0.1 * i,
            name=f"{a}-{b}",
            parallel=1 + i % 2,
            df=0.9,
            g_us_per_km=5.0,
            **(LINE | {"c_nf_per_km": 800.0}),
        )
    pp.create_switch(net, at["b"], 3, et="l", closed=False)
    pp.create_switch(net, at["c"], at["d"], et="b", closed=True)
    pp.create_load(net, at["b"], p_mw=0.06, q_mvar=0.01, scaling=1.2, name="L0")
    pp.create_load(net, at["d"], p_mw=0.05, q_mvar=0.02, name="L1")
    pp.create_load(net, at["island"], p_mw=0.05, name="lost")
    pp.create_load(net, at["a"], p_mw=9.0, name="off", in_service=False)
    pp.create_sgen(net, at["a"], p_mw=0.03, q_mvar=-0.01, name="PV")
    pp.create_storage(net, at["c"], p_mw=0.02, max_e_mwh=0.1, q_mvar=0.005, name="Battery")
    pp.create_shunt(net, at["a"], q_mvar=-0.01, p_mw=0.001)
    for table, profile in (("load", "home"), ("sgen", "sun"), ("storage", "cell")):
        net[table]["profile"] = profile
    return net


def load_network(source: str | Path, cases: int = 8) -> Network:
    """Load a network by its code or file, with the checks of a feeder."""
    where = None if is_code(source) else Path(source)
    return network_of(*read_net(source), where=where, cases=cases)
