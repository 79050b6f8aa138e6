"""Weeks of a campaign as streams for a monitor."""

import numpy as np
from jaxtyping import Float64, Int
from torch import Tensor

from ingenium.domains.plant.attacks import NONE
from ingenium.domains.plant.formats import BEGINS
from ingenium.domains.plant.network import WaterNetwork
from ingenium.domains.plant.scada import HOUR_S, WeekRun, Works
from ingenium.domains.plant.verifier import LEAST, attacks_of
from ingenium.monitor.stream import Event, PlantMap, Stream

PAUSE_DAYS = 8  # from the beginning of a week to that of the next, so that none touch


def of(
    works: Works, arrays: tuple[Tensor, ...], index: Int[np.ndarray, " n"]
) -> tuple[Stream, ...]:
    """Return the tags of each week, and its attack as an event until the plant settles."""
    demand, readings, *numbers = arrays
    network = works.network
    tags = tuple(t.name for t in network.tags)
    begins = np.datetime64(BEGINS, "s")
    hours = np.arange(readings.shape[2]).astype("timedelta64[h]")
    found = []
    for i, attack in enumerate(attacks_of(tuple(numbers))):
        on = [h for h in range(len(hours)) if attack.on(h * HOUR_S)]
        where = network.stations[attack.station].name
        events = tuple[Event, ...]()
        if attack.kind != NONE and on:
            normal = works.run(demand[i].numpy(), None)
            after = len(hours) if normal is None else settled(network, readings[i].numpy(), normal)
            events = (Event(attack.kind, on[0], on[-1], where, max(after, on[-1] + 1)),)
        stamps = begins + np.timedelta64(PAUSE_DAYS * int(index[i]), "D") + hours
        values = readings[i].numpy().T
        found.append(Stream(f"week {int(index[i])}", stamps, tags, values, events))
    return tuple(found)


def settled(network: WaterNetwork, readings: Float64[np.ndarray, "k t"], normal: WeekRun) -> int:
    """Return the hour after which every tag stays in its range of the same week without attack.

    Demands are the same, so only the attack can move a tag out of its range. Pumps and tanks return
    to the same range, but not to the same hours of switching.
    """
    slack = np.array([LEAST[t.kind] for t in network.tags])[:, None]
    low, high = normal.readings.min(1, keepdims=True), normal.readings.max(1, keepdims=True)
    off = ((readings < low - slack) | (readings > high + slack)).any(0)
    return int(np.flatnonzero(off)[-1]) + 1 if off.any() else 0


def layout(network: WaterNetwork) -> PlantMap | None:
    """Return the map of the network; None where its file has no coordinates."""
    if not np.isfinite(network.places).any():
        return None
    lines = np.array([[*network.places[a - 1], *network.places[b - 1]] for a, b in network.pipes])
    spots, tags = dict[str, tuple[str, float, float]](), dict[str, str]()
    for tag in network.tags:
        node = tag.item if tag.kind in ("level", "pressure") else network.pipes[tag.item - 1][0]
        name = network.names[node - 1]
        x, y = network.places[node - 1]
        spots[name] = (name, float(x), float(y))
        tags[tag.name] = name
    return PlantMap(lines, tuple(spots.values()), tags)
