"""PyBaMM's side of the pipe: days of a battery as those of its cells, which age.

A single-particle model of an LG M50 cell with the parameters and the degradation of O'Kane et al.,
Phys. Chem. Chem. Phys. 24, 2022: growth of the SEI also on cracks, plating, and stress.
"""

import os

os.environ["PYBAMM_DISABLE_TELEMETRY"] = "true"

import numpy as np
import pybamm

OPTIONS = {
    "SEI": "solvent-diffusion limited",
    "SEI on cracks": "true",
    "lithium plating": "partially reversible",
    "particle mechanics": ("swelling and cracking", "swelling only"),
    "loss of active material": "stress-driven",
}
RAMP_S = 1.0  # over which the current changes between steps
LOST = "Total lithium lost [mol]"
HELD = "Total lithium [mol]"


def version():
    """Return nothing but that the engine starts."""
    return {"ready": np.ones(1)}


def age(charge, step_s, days):
    """Repeat each day of charge (0 to 1; n days x t ends of steps); return what is lost each day.

    The currents are those that give the charge, so that the model's own charge is that of the
    battery; `lost` is the share of the cell's lithium that is gone after each day.
    """
    lost = np.full((len(charge), days + 1), np.nan)
    least, most = np.full(len(charge), np.nan), np.full(len(charge), np.nan)
    for i, own in enumerate(charge):
        try:
            lost[i], least[i], most[i] = _aged(own, step_s, days)
        except pybamm.SolverError:
            continue  # NaN: an engine without an answer
    return {"lost": lost, "min_voltage_v": least, "max_voltage_v": most}


def _aged(own, step_s, days):
    values = pybamm.ParameterValues("OKane2022")
    capacity = values["Nominal cell capacity [A.h]"]
    current = -np.diff(own) * capacity * 3600.0 / step_s  # above 0 discharges
    steps = len(current)
    seconds = np.arange(days * steps + 1) * step_s
    values["Current function [A]"] = pybamm.Interpolant(
        np.sort(np.concatenate([seconds[:-1], seconds[1:-1] - RAMP_S, [seconds[-1] + step_s]])),
        np.repeat(np.tile(current, days), 2),
        pybamm.t,
        interpolator="linear",
    )
    model = pybamm.lithium_ion.SPM(OPTIONS)
    model.events = []  # the battery's limits are those of its schedule
    solver = pybamm.IDAKLUSolver(rtol=1e-5, atol=1e-7)
    simulation = pybamm.Simulation(model, parameter_values=values, solver=solver)
    daily = np.arange(days + 1) * steps * step_s
    breaks = np.union1d(seconds, seconds[1:-1] - RAMP_S)  # where the current bends
    solved = simulation.solve(breaks, initial_soc=float(own[0]))
    held = solved[HELD](0.0)
    volts = solved["Voltage [V]"](seconds[:-1])
    return solved[LOST](daily) / held, volts.min(), volts.max()
