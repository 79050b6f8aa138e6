"""Melt pools to operate and to watch: the plant, its policies, and streams of frames."""

import numpy as np
import pytest

from ingenium.core.given import NOTHING
from ingenium.domains.printing.builds.problem import BuildSettings, PrintBuild
from ingenium.domains.printing.criteria import normalised_enthalpy
from ingenium.domains.printing.frames.plant import PoolPlant
from ingenium.domains.printing.frames.streams import TAGS, frames
from ingenium.operate.drill import PlantFault
from ingenium.operate.plant import Plant


@pytest.fixture(scope="module")
def problem() -> PrintBuild:
    return PrintBuild(BuildSettings(known=20), NOTHING)


def test_copies_alone_or_together_are_equal(problem: PrintBuild) -> None:
    plant = problem.plant
    assert isinstance(plant, Plant)
    assert isinstance(plant, PoolPlant)
    both, one = plant.begin(np.array([3, 9])), plant.begin(np.array([9]))
    action = np.array([[100.0, 0.7]])
    for _ in range(5):
        both, one = plant.step(both, np.repeat(action, 2, 0), ()), plant.step(one, action, ())
    assert (both.x[1] == one.x[0]).all()
    assert (plant.seen(both, ())[1] == plant.seen(one, ())[0]).all()


def test_the_width_is_that_of_the_integral(problem: PrintBuild) -> None:
    plant = problem.plant
    assert isinstance(plant, PoolPlant)
    power, speed = np.array([30.0, 60.0]), np.array([0.5, 1.2])
    due = problem.process.pool(power, speed, np.full(2, plant.beam_m)).width_m
    assert plant.pool_m(power, speed, np.zeros(2), np.ones(2)) == pytest.approx(due, rel=0.01)


def test_the_barrier_lies_below_keyholes(problem: PrintBuild) -> None:
    plant = problem.plant
    assert isinstance(plant, PoolPlant)
    barrier = plant.barrier(np.zeros((1, 3)))
    for speed in (0.3, 0.9, 2.0):
        a, b = plant.keyhole_chord
        own = problem.process
        hottest = own.strongest * own.absorptivity * (a + b * speed)
        beam = (1 - own.disturbed.beam) * plant.beam_m
        heat = normalised_enthalpy(own.alloy, own.plate_k, hottest,
                                   (1 - own.disturbed.speed) * speed, beam)  # fmt: skip
        assert float(heat) <= problem.thresholds.enthalpy * (1 + 1e-9)
        least = barrier.rows[0] @ np.array([a + b * speed - 1e-9, speed]) - barrier.bounds[0]
        assert least[4] <= 0


def test_correction_beats_constant_settings(problem: PrintBuild) -> None:
    plant = problem.held_out
    off = {}
    for name, make in problem.families.items():
        policy, state = make(0), plant.begin(np.arange(4))
        memory, total = policy.begin(4), 0.0
        fault = PlantFault("absorption", 0.0, 10.0, 0.85)
        for t in range(300):
            seen, wanted = plant.seen(state, ()), plant.wanted(state)
            action = policy.act(memory, seen, wanted)
            memory = policy.learn(memory, seen, wanted, action)
            state = plant.step(state, action, (fault,))
            total += float(np.abs(plant.truth(state)[:, 0] / wanted[:, 0] - 1).mean()) * (t >= 100)
        off[name] = total / 200
    assert off["pid"] < 0.5 * off["constant"]


def test_streams_show_their_events(problem: PrintBuild) -> None:
    plant = problem.plant
    assert isinstance(plant, PoolPlant)
    stream = frames(plant, 90, 0)
    assert stream.tags == TAGS
    (event,) = stream.events
    assert event.kind == "absorption"
    width = stream.values[:, TAGS.index("width_um")]
    inside = width[event.first : event.last + 1].mean()
    assert inside < 0.95 * width[: event.first].mean()
    assert not frames(plant, 90, 3).events
