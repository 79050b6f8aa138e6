"""Optimal AC power flow of a single hour, by IPOPT.

Source: the AC-OPF of PGLib-OPF (MODEL.pdf, v23.07): apparent power at both ends within ratings,
    voltage and angle limits, polynomial costs.
"""

from typing import Any

import numpy as np

from ingenium.core.errors import EngineError
from ingenium.core.packages import Extra
from ingenium.domains.grid.dispatch.plan import DispatchPlan
from ingenium.domains.grid.dispatch.system import DispatchSystem

OPF = Extra("dispatch")
TOLERANCE = 1e-9


def optimal_snapshot(system: DispatchSystem) -> DispatchPlan:
    """Return the plan of one hour that IPOPT finds from a flat start.

    Raises:
        EngineError: without a solution.
        MissingExtra: with the line that installs IPOPT.
    """
    ca: Any = OPF.package("casadi")
    s, net, u = system, system.net, system.units
    n, g, base = len(net.bus), len(u.names), net.base_mva
    theta, v = ca.SX.sym("theta", n), ca.SX.sym("v", n)
    p, q = ca.SX.sym("p", g), ca.SX.sym("q", g)
    f, t = net.f.tolist(), net.t.tolist()
    ends = [_flow(ca, net.two_port, v, theta, f, t), _flow(ca, net.two_port, v, theta, t, f, True)]
    at_from, at_to = (ca.DM(a) for a in net.incidence)
    sums = [at_from.T @ ends[0][i] + at_to.T @ ends[1][i] for i in range(2)]
    machine = (np.arange(n)[:, None] == u.bus).astype(np.float64)
    shunt = (ca.DM(net.shunt.real), ca.DM(net.shunt.imag))
    balance_p = ca.DM(machine) @ p - s.load_mw[:, 0] / base - shunt[0] * v**2 - sums[0]
    balance_q = ca.DM(machine) @ q - s.load_mvar[:, 0] / base + shunt[1] * v**2 - sums[1]
    rated = np.flatnonzero(np.isfinite(net.rating)).tolist()
    square = [(e[0] ** 2 + e[1] ** 2)[rated] for e in ends]
    most = (net.rating[rated] / base) ** 2
    mw, c = p * base, u.polynomial
    cost = ca.sum1(ca.DM(c[:, 0]) * mw**2 + ca.DM(c[:, 1]) * mw + ca.DM(c[:, 2]))
    rows = ca.vertcat(balance_p, balance_q, *square, theta[f] - theta[t], theta[0])
    none, free = np.zeros(2 * n), np.full(n, np.inf)
    low = np.concatenate([none, *[np.full(len(rated), -np.inf)] * 2, net.angle_min, [0.0]])
    high = np.concatenate([none, most, most, net.angle_max, [0.0]])
    ends_x = [
        np.concatenate([-free, net.v_min, u.p_min / base, u.q_min / base]),
        np.concatenate([free, net.v_max, u.p_max / base, u.q_max / base]),
    ]
    start = np.concatenate([np.zeros(n), np.ones(n), *(0.5 * (a + b) / base for a, b in (
        (u.p_min, u.p_max), (u.q_min, u.q_max)))])  # fmt: skip
    quiet = {"print_time": False, "ipopt": {"print_level": 0, "sb": "yes", "tol": TOLERANCE}}
    problem = {"x": ca.vertcat(theta, v, p, q), "f": cost / 1e3, "g": rows}
    solver = ca.nlpsol("opf", "ipopt", problem, quiet)
    found = solver(x0=start, lbx=ends_x[0], ubx=ends_x[1], lbg=low, ubg=high)
    if not solver.stats()["success"]:
        raise EngineError(f"IPOPT finds no optimal power flow: {solver.stats()['return_status']}")
    x = np.asarray(found["x"]).ravel()
    nothing = np.zeros((0, 1))
    return DispatchPlan(
        s, np.ones((g, 1)), base * x[2 * n : 2 * n + g, None], nothing,
        x[n : 2 * n][s.controls][:, None], nothing, np.zeros((len(s.loads), 1)),
    )  # fmt: skip


def _flow(
    ca: Any, ports: Any, v: Any, theta: Any, a: list[int], b: list[int], back: bool = False
) -> tuple[Any, Any]:
    """Active and reactive power into the first end of each branch (pu)."""
    ff, ft, tf, tt = ports
    own, other = (tt, tf) if back else (ff, ft)
    turn = theta[a] - theta[b]
    cos, sin, both = ca.cos(turn), ca.sin(turn), v[a] * v[b]
    p = ca.DM(own.real) * v[a] ** 2 + both * (ca.DM(other.real) * cos + ca.DM(other.imag) * sin)
    q = -ca.DM(own.imag) * v[a] ** 2 + both * (ca.DM(other.real) * sin - ca.DM(other.imag) * cos)
    return p, q
