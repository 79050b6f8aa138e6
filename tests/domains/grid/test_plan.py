"""The plan of a feeder: every bus and line once, by coordinates or as a tree."""

import json

import numpy as np
import pytest
from nets import oddities

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.domains.grid.data.dataset import VARIABLES
from ingenium.domains.grid.feeder.measurements import Trace
from ingenium.domains.grid.feeder.network import network_of
from ingenium.domains.grid.feeder.plan import FeederPlan
from ingenium.testing import opened

SETUP = {"grid": "1-LV-rural1--0-sw"}


@pytest.fixture(scope="module")
def feeder(own_folders):
    return opened("grid.feeder_day", json.dumps(SETUP))


def test_buses_lie_as_the_net_says(feeder):
    """Lines that are drawn longer are longer in metres, except for those of the transformer."""
    network = feeder[0].feeder.verifier.network
    plan = FeederPlan(network)
    one, other = (json.loads(network.net.bus.geo[i])["coordinates"] for i in plan.bus[:2])
    metres = 6.371e6 * np.radians(np.array(other) - one)
    metres[0] *= np.cos(np.radians(one[1]))
    assert plan.place[1] - plan.place[0] == pytest.approx(metres, rel=1e-3, abs=0.1)
    assert (len(plan.lines), len(plan.trafos)) == (13, 1)


def test_without_places_it_is_a_tree(feeder):
    network = feeder[0].feeder.verifier.network
    plan = FeederPlan(network)
    tree = plan._tree()
    ends = tree[np.concatenate([plan.lines, plan.trafos])]
    assert (np.abs(ends[:, 0, 0] - ends[:, 1, 0]) == 1).all(), "neighbours are a level apart"
    assert len({tuple(p) for p in tree}) == len(tree), "no bus hides another"
    slack = network.circuit.bus_node == network.circuit.slack
    assert tree[slack, 0].tolist() == [0]


def test_the_picture_names_the_bus_and_line_that_are_strained_most(feeder):
    problem, known = feeder
    own = known.isel({DESIGN: [3]})
    verifier = problem.feeder.verifier
    trace = verifier.trace(*to_arrays(own, VARIABLES))
    figure = FeederPlan(verifier.network).drawn(trace, "day")
    reported = [text.get_text() for axes in figure.axes for text in axes.texts]
    worst = int(trace.line_percent[0].max(0).argmax())
    assert any(text.startswith(verifier.network.line_names[worst] + ",") for text in reported)
    assert f"{trace.line_percent.max():.0f} %" in reported[-1]
    step = np.ptp(trace.voltage_pu[0], axis=1).argmax()
    lowest = verifier.network.bus_names[int(trace.voltage_pu[0, step].argmin())]
    assert any(text.startswith(lowest) for text in reported)
    for text in (axes.get_title() for axes in figure.axes[:2]):
        assert text.startswith("day, ")


@pytest.mark.slow
def test_a_net_without_places_is_drawn_with_all_that_is_in_service():
    """Odd numbers of buses, an open switch, joined buses, an island and a transformer."""
    network = network_of("odd", oddities())
    plan = FeederPlan(network)
    assert len(plan.place) == len(network.circuit.bus_index)
    assert np.isfinite(plan.place).all()
    assert len(plan.lines) == len(network.line_names)
    steps = np.ones((1, 4, len(network.circuit.free_nodes)))
    loaded = np.tile(np.arange(float(len(plan.lines))), (1, 4, 1))
    none = np.zeros((1, 4))
    trace = Trace(steps, loaded, np.zeros((1, 4, len(plan.trafos))), none, none)
    reported = [t.get_text() for axes in plan.drawn(trace, "day").axes for t in axes.texts]
    assert reported[-1].startswith(network.line_names[-1])
