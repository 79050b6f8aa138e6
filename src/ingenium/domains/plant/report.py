"""Report sections: the water network, tags under attack, and harm by kind of attack."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.problem import Section
from ingenium.core.quantity import Variable
from ingenium.core.verdict import Verdict
from ingenium.domains.plant.attacks import KINDS, Attack
from ingenium.domains.plant.network import WaterNetwork
from ingenium.domains.plant.scada import Works
from ingenium.domains.plant.verifier import attacks_of
from ingenium.drawing import Marks, OverTime, PlaneMap, Rows, TimeBand, figure_of, table
from ingenium.drawing.style import INK, KNOWN, MUTED, OURS

HARM = {
    "visibility": "visibility",
    "spilled": "spilled, m³",
    "short_of_water": "short of water, h",
    "extra_energy": "extra energy, kWh",
}


def sections(
    works: Works, designs: xr.Dataset, verdicts: xr.Dataset, variables: Sequence[Variable]
) -> tuple[Section, ...]:
    """Show the network, one attack of each kind and its attack-free week, and harm by kind."""
    arrays = to_arrays(designs, variables)
    attacks = list(attacks_of(arrays[2:]))
    good = np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.ACCEPTED)
    shown = [next((int(i) for i in good if attacks[i].kind == kind), -1) for kind in KINDS[1:]]
    demand, number = arrays[0].numpy(), designs[DESIGN].to_numpy()
    weeks = [_week(works, demand[i], attacks[i], int(number[i])) for i in shown if i >= 0]
    return (
        Section(
            "The network",
            f"{len(works.network.names)} nodes; tanks whose level controls something in blue, "
            "other tanks grey, what SCADA reads as dots.",
            _map(works.network),
        ),
        Section(
            "One attack of each kind",
            "Level of the attacked tank as displayed to operators (blue), and in the same week "
            "without the attack (brown); the attack is shaded.",
            figure_of(*weeks, size=(8.0, 1.9), columns=1) if weeks else None,
        ),
        Section(
            "Harm by kind",
            ("Medians over weeks that the engine could solve."),
            table=_harm(verdicts),
        ),
    )


def _map(network: WaterNetwork) -> Figure:
    controlled = {s.tank for s in network.stations}
    tanks = {n: n in controlled for n in network.tanks}
    read = [t.item for t in network.tags if t.kind == "pressure" and t.item not in tanks]
    groups = (
        ("pressure that SCADA reads", read, INK, "o", 10.0),
        ("tank that controls", [n for n in tanks if tanks[n]], OURS, "s", 60.0),
        ("other tank", [n for n in tanks if not tanks[n]], MUTED, "s", 60.0),
    )
    places = []
    for name, nodes, colour, marker, size in groups:
        x, y = network.places[np.array(nodes, dtype=int) - 1].T
        words = [network.names[n - 1] for n in nodes if n in tanks]
        places.append(Marks(name, x, y, colour, marker, size, words))
    ends = network.places[np.array(network.pipes) - 1]
    return figure_of(PlaneMap(places, ends), size=(6.4, 4.4))


def _week(works: Works, demand: np.ndarray, attack: Attack, week: int) -> OverTime:
    station = works.network.stations[attack.station]
    tag = next(i for i, t in enumerate(works.network.tags) if t.item == station.tank)
    runs = ((works.run(demand, None), "calm", KNOWN), (works.run(demand, attack), "shown", OURS))
    bands = [TimeBand(r.readings[tag][None], name, c) for r, name, c in runs if r is not None]
    how = ", operators see an earlier day" if attack.concealed else ""
    name = f"week {week}: {attack.kind}{how}; level of {station.name}"
    hours = np.arange(bands[0].values.shape[1] if bands else 1, dtype=np.float64)
    spans = ((float(attack.onset_h), float(attack.end_h)),)
    return OverTime(hours, bands, name, "m", "hour of the week", shaded=spans)


def _harm(verdicts: xr.Dataset) -> Rows:
    kind = verdicts["attack_kind"].to_numpy()
    own = {name: kind == code for code, name in enumerate(KINDS) if (kind == code).any()}
    medians = {q: [float(np.median(verdicts[q].to_numpy()[o])) for o in own.values()] for q in HARM}
    return table(
        ("attack", own, ""),
        ("weeks", [int(o.sum()) for o in own.values()], ""),
        *((head, medians[q], ".3g") for q, head in HARM.items()),
    )
