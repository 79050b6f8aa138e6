"""The batched power flow against a closed form, and the independence of its rows."""

import numpy as np
import pytest
from nets import LINE, oddities, two_buses

from ingenium.domains.grid.feeder.network import network_of
from ingenium.domains.grid.feeder.powerflow import power_flow


def _closed_form(p_pu: np.ndarray, q_pu: np.ndarray, z_pu: complex) -> np.ndarray:
    """|V| behind an impedance, fed at 1 pu.

    Source: Kundur, Power System Stability and Control, 1994, eq. 14.1 and following: the root of
    u^2 + u (2 (rp + xq) - 1) + |z|^2 (p^2 + q^2) = 0 in u = |V|^2 on the upper branch.
    """
    b = 2 * (z_pu.real * p_pu + z_pu.imag * q_pu) - 1
    c = abs(z_pu) ** 2 * (p_pu**2 + q_pu**2)
    return np.sqrt((-b + np.sqrt(b**2 - 4 * c)) / 2)


def test_two_buses_have_the_voltage_of_the_closed_form() -> None:
    circuit = network_of("two", two_buses(), cases=1).circuit
    far = 1 - circuit.slack
    p = np.linspace(-0.1, 0.16, 40)
    q = 0.3 * p + 0.01
    demand = np.zeros((2, 40, 2))
    demand[:, :, far] = p, q
    flow = power_flow(circuit, *demand)
    z = 0.3 * (LINE["r_ohm_per_km"] + 1j * LINE["x_ohm_per_km"]) / (0.4**2 / circuit.base_mva)
    expected = _closed_form(p / circuit.base_mva, q / circuit.base_mva, z)
    np.testing.assert_allclose(np.abs(flow.voltage[:, far]), expected, atol=1e-10)
    current = np.hypot(p, q) / expected / (np.sqrt(3) * 0.4)  # kA
    np.testing.assert_allclose(flow.line_percent[:, 0], 100 * current / LINE["max_i_ka"], rtol=1e-8)
    loss = 3 * current**2 * 0.3 * LINE["r_ohm_per_km"]
    np.testing.assert_allclose(flow.loss_mw, loss, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(flow.slack_mw, p + loss, rtol=1e-8)


def test_rows_do_not_depend_on_their_batch() -> None:
    circuit = network_of("oddities", oddities(), cases=1).circuit
    rng = np.random.default_rng(3)
    p, q = rng.uniform(-0.03, 0.05, (2, 61, circuit.nodes))
    p[7] *= 1e4  # has no solution
    p[20, 1] = np.nan
    together = power_flow(circuit, p, q, rows=64, threads=2)
    assert np.flatnonzero(~together.converged).tolist() == [7, 20]
    assert np.isnan(together.line_percent[[7, 20]]).all()
    for rows, threads in ((1, 1), (17, 2)):
        distance = power_flow(circuit, p, q, rows=rows, threads=threads)
        np.testing.assert_allclose(distance.voltage, together.voltage, rtol=0, atol=1e-12)
        np.testing.assert_allclose(distance.line_percent, together.line_percent, rtol=0, atol=1e-9)
    back = power_flow(circuit, p[::-1], q[::-1])
    np.testing.assert_allclose(back.voltage[::-1], together.voltage, rtol=0, atol=1e-12)


@pytest.mark.slow
def test_a_year_of_steps_is_solved() -> None:
    from nets import load_network

    circuit = load_network("1-LV-rural1--0-sw", cases=1).circuit
    p = np.random.default_rng(0).uniform(0, 0.005, (35_136, circuit.nodes))
    assert power_flow(circuit, p, 0.3 * p).converged.all()
