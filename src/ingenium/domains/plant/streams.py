"""Weeks of a campaign as a monitor sees them."""

import numpy as np
from jaxtyping import Int
from torch import Tensor

from ingenium.domains.plant.attacks import NONE
from ingenium.domains.plant.formats import BEGINS
from ingenium.domains.plant.network import WaterNetwork
from ingenium.domains.plant.scada import HOUR_S
from ingenium.domains.plant.verifier import attacks_of
from ingenium.monitor.stream import Event, PlantMap, Stream

PAUSE_DAYS = 8  # from the beginning of a week to that of the next, so that none touch


def of(
    network: WaterNetwork, arrays: tuple[Tensor, ...], index: Int[np.ndarray, " n"]
) -> tuple[Stream, ...]:
    """Tags of each week, and its attack as an event."""
    _, readings, *numbers = arrays
    tags = tuple(t.name for t in network.tags)
    begins = np.datetime64(BEGINS, "s")
    hours = np.arange(readings.shape[2]).astype("timedelta64[h]")
    found = []
    for i, attack in enumerate(attacks_of(tuple(numbers))):
        on = [h for h in range(len(hours)) if attack.on(h * HOUR_S)]
        where = network.stations[attack.station].name
        events = (Event(attack.kind, on[0], on[-1], where),) if attack.kind != NONE and on else ()
        stamps = begins + np.timedelta64(PAUSE_DAYS * int(index[i]), "D") + hours
        values = readings[i].numpy().T
        found.append(Stream(f"week {int(index[i])}", stamps, tags, values, events))
    return tuple(found)


def layout(network: WaterNetwork) -> PlantMap | None:
    """The map of the network; none where its file has no places."""
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
