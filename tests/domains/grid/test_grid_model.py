"""power-grid-model solves the tables of a net as pandapower does, or does not stand for it."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pandapower as pp
import pytest
from nets import LINE, load_network, oddities, two_buses

from ingenium.domains.grid.data.net_tables import whole
from ingenium.domains.grid.feeder import grid_model
from ingenium.domains.grid.feeder.circuit import circuit_of
from ingenium.domains.grid.feeder.grid_model import GridModel, UnsupportedError
from ingenium.domains.grid.feeder.network import network_of
from ingenium.domains.grid.feeder.pandapower_loop import Factors, PandapowerLoop
from ingenium.domains.grid.feeder.parity import differences, gate

CLOSE = {"voltage": 1e-8, "line_loading": 1e-5, "trafo_loading": 1e-5, "power": 1e-8}
GRIDS = (  # that examples, problems and tests use
    *("1-LV-semiurb4--0-sw", "1-LV-urban6--0-sw", "1-LV-rural2--2-sw", "1-MV-rural--0-no_sw"),
    *("1-MV-rural--0-sw", "1-MV-comm--0-sw", "1-MV-semiurb--0-sw", "1-MV-urban--0-no_sw"),
)


def random_factors(net: Any, cases: int = 3) -> Factors:
    rng = np.random.default_rng(1)
    tables = [t for t in ("load", "sgen", "storage") if len(net[t])]
    return {t: tuple(rng.uniform(0, 1.5, (2, cases, len(net[t])))) for t in tables}


def worst(net: Any) -> dict[str, float]:
    """Largest differences to pandapower with all of its tables, over random cases."""
    circuit, _ = circuit_of(whole(net))
    factors = random_factors(net)
    found, loop = GridModel(net, circuit).flows(factors), PandapowerLoop(net, circuit)
    gaps = [differences(one, loop.solve(factors, row)) for row, one in enumerate(found)]
    return {k: max(float(gap[k].max(initial=0.0)) for gap in gaps) for k in CLOSE}


def tapped(side: str, position: int) -> Any:
    net = oddities()
    net.trafo["tap_side"], net.trafo["tap_pos"] = side, position
    return net


def two_transformers() -> Any:
    """Parallel ones, one with an open switch, and a shunt and a load at the feeding bus."""
    net = oddities()
    hv, lv = net.trafo.hv_bus.iloc[0], net.trafo.lv_bus.iloc[0]
    pp.create_transformer(net, hv, lv, "0.4 MVA 20/0.4 kV", tap_pos=2, parallel=2)
    pp.create_transformer(net, hv, lv, "0.4 MVA 20/0.4 kV", tap_pos=1)
    pp.create_switch(net, lv, net.trafo.index[-1], et="t", closed=False)
    pp.create_shunt(net, hv, q_mvar=-0.2, p_mw=0.05, step=2)
    pp.create_load(net, hv, p_mw=0.3, q_mvar=0.1, scaling=0.5)
    return net


def joined_feed() -> Any:
    """The feeding bus and another are one node."""
    net = two_buses()
    third = pp.create_bus(net, 0.4)
    pp.create_switch(net, 0, third, et="b", closed=True)
    pp.create_line_from_parameters(net, third, 1, 0.2, **LINE)
    net.bus.loc[pp.create_bus(net, 0.4), "in_service"] = False
    return net


@pytest.mark.parametrize(
    "make",
    [
        two_buses,
        oddities,
        two_transformers,
        joined_feed,
        lambda: tapped("hv", -2),
        lambda: tapped("lv", 1),
        lambda: two_buses(max_i_ka=float("nan")),
    ],
)
def test_the_conversion_agrees_with_pandapower(make: Callable[[], Any]) -> None:
    found = worst(make())
    assert {k: v for k, v in found.items() if v > CLOSE[k]} == {}


@pytest.mark.parametrize(
    "code", ["1-LV-rural1--0-sw", *(pytest.param(c, marks=pytest.mark.slow) for c in GRIDS)]
)
def test_grids_in_use_are_solved_by_it(code: str) -> None:
    network = load_network(code)
    assert network.second is GridModel
    assert {k: v for k, v in worst(network.net).items() if v > CLOSE[k]} == {}


def test_a_case_without_a_solution_is_alone() -> None:
    net = oddities()
    circuit, _ = circuit_of(net)
    factors = {t: tuple(x.copy() for x in both) for t, both in random_factors(net).items()}
    alone = GridModel(net, circuit).flows(factors)
    for x in factors["load"]:
        x[1] = 1e4
    found = GridModel(net, circuit).flows(factors)
    assert [one.solved for one in found] == [True, False, True]
    np.testing.assert_allclose(found[2].voltage_pu, alone[2].voltage_pu, atol=1e-10)
    assert np.isnan(found[1].line_percent).all()


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("switch", "z_ohm", 0.1),
        ("trafo", "tap_step_degree", 5.0),
        ("trafo", "leakage_reactance_ratio_hv", 0.3),
    ],
)
def test_a_net_that_it_does_not_know_is_left_to_pandapower(
    table: str, column: str, value: float
) -> None:
    net = oddities()
    net[table][column] = value
    circuit, _ = circuit_of(oddities())
    with pytest.raises(UnsupportedError):
        GridModel(net, circuit)


@pytest.mark.parametrize("wrong", ["line_percent", "lines", "trafos"])
def test_a_wrong_conversion_does_not_stand_for_pandapower(
    wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = network_of("oddities", oddities(), cases=1)
    assert network.second is GridModel
    begin = GridModel.__init__

    def off(self: GridModel, *given: Any) -> None:
        begin(self, *given)
        part = getattr(self, wrong)
        if part.dtype.names is None:
            part *= 1.001
        else:
            part["r1"] *= 1.001

    monkeypatch.setattr(grid_model.GridModel, "__init__", off)
    found = gate(network.net, network.circuit, np.random.default_rng(0))
    assert not found.by_model
    assert dataclasses.replace(network, parity=found).second is PandapowerLoop
