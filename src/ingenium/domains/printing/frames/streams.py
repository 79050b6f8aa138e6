"""Streams of frames of builds, one row a layer, with planted disturbances; simulated."""

import numpy as np
from jaxtyping import Float64

from ingenium.core.scenarios import scenario_rng
from ingenium.domains.printing.frames.plant import PoolPlant
from ingenium.monitor.stream import Event, Stream
from ingenium.operate.drill import PlantFault
from ingenium.operate.plant import PlantState

TAGS = ("power", "speed", "width_um", "area_um2", "glow")
BEGINS = np.datetime64("2026-01-05T06:00:00", "s")
PAUSE_DAYS, WARM_UP = 3, 40  # between builds; fewest rows of one with an event
EVENTS = (("absorption", 0.72), ("focus shift", 1.3), ("overhang", 380.0), None)
LONG = (8, 24)  # rows of an event
FRAMES_A_ROW = 12


def frames(plant: PoolPlant, rows: int, number: int, *, step_s: int = 10) -> Stream:
    """Return the means over a layer's frames of a build, by its number, and its event.

    A build has one event in its last two thirds, or none. `number` says of which kind.
    """
    rng = scenario_rng(plant.seed + 17, number)
    planted, events = EVENTS[number % len(EVENTS)], []
    if planted is not None and rows > WARM_UP:
        first = int(rng.integers(rows // 3, max(rows - 2 * LONG[1], rows // 3 + 1)))
        last = min(first + int(rng.integers(*LONG)), rows - 1)
        events.append((Event(planted[0], first, last, "laser"), *planted))
    power, speed = plant.nominal
    action = np.array([[power, speed]])
    state = plant.begin(np.array([number]))
    values: Float64[np.ndarray, "t k"] = np.empty((rows, len(TAGS)))
    for row in range(rows):  # the plate carries its warmth into the next layer
        on = [(k, s) for e, k, s in events if e.first <= row <= e.last]
        values[row, :2] = power, speed
        values[row, 2:], state = _layer(plant, state, action, dict(on))
    stamps = BEGINS + np.timedelta64(PAUSE_DAYS * number, "D")
    times = stamps + np.arange(rows) * np.timedelta64(step_s, "s")
    return Stream(f"build {number}", times, TAGS, values, tuple(e for e, _, _ in events))


def _layer(
    plant: PoolPlant, state: PlantState, action: Float64[np.ndarray, "1 2"], on: dict[str, float]
) -> tuple[Float64[np.ndarray, " p"], PlantState]:
    """Mean reading over the frames of a layer, and the state after it."""
    faults = tuple(PlantFault(k, 0.0, 1e7, s) for k, s in on.items())
    seen = []
    for _ in range(FRAMES_A_ROW):
        state = plant.step(state, action, faults)
        seen.append(plant.seen(state, faults)[0])
    return np.mean(seen, 0), state
