"""A day whose answer pandapower gives: every load at its rated power, no infeed."""

import warnings
from collections.abc import Mapping
from copy import deepcopy

import torch
from torch import Tensor

from ingenium.domains.grid.dataset import STEPS
from ingenium.domains.grid.packages import package
from ingenium.domains.grid.verifier import FeederVerifier


def reference_day(verifier: FeederVerifier) -> tuple[tuple[Tensor, ...], Mapping[str, float]]:
    """The arrays of the day, and what pandapower measures on it at each of its equal steps."""
    profiles = verifier.profiles
    ones = torch.ones(1, len(profiles.load_profiles), STEPS, dtype=torch.float64)
    none = torch.zeros(1, len(profiles.infeed_profiles), STEPS, dtype=torch.float64)
    net = deepcopy(verifier.network.net)
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
        "load_energy": float(net.res_load.p_mw.sum()) * 24_000,
        "infeed_energy": 0.0,
    }
    return (ones, ones.clone(), none), truth
