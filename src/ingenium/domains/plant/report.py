"""What an operator of water wants to see of a campaign: the network, tags under attack, harm."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.problem import Section
from ingenium.core.quantity import Variable
from ingenium.core.verdict import Verdict
from ingenium.domains.plant.attacks import KINDS, Attack
from ingenium.domains.plant.network import WaterNetwork
from ingenium.domains.plant.scada import Works
from ingenium.domains.plant.verifier import attacks_of
from ingenium.drawing.style import INK, KNOWN, MUTED, OURS, REJECTED, dress, panels, plane

HEAD = ("attack", "weeks", "visibility", "spilled, m³", "short of water, h", "extra energy, kWh")


def sections(
    works: Works, designs: xr.Dataset, verdicts: xr.Dataset, variables: Sequence[Variable]
) -> tuple[Section, ...]:
    """The network, one attack of each kind beside its calm week, and harm by kind."""
    arrays = to_arrays(designs, variables)
    attacks = list(attacks_of(arrays[2:]))
    good = np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.ACCEPTED)
    shown = [next((int(i) for i in good if attacks[i].kind == kind), -1) for kind in KINDS[1:]]
    rows = [i for i in shown if i >= 0]
    return (
        Section(
            "The network",
            f"{len(works.network.names)} nodes; tanks whose level controls something in blue, "
            "other tanks grey, what SCADA reads as dots.",
            _map(works.network),
        ),
        Section(
            "One attack of each kind",
            "Level of the attacked tank as operators are shown it (blue), beside the same week "
            "without the attack (brown); the attack is shaded.",
            _strips(works, arrays[0].numpy(), attacks, rows, designs) if rows else None,
        ),
        Section("Harm by kind", "Medians over weeks with an answer.", table=_harm(verdicts)),
    )


def _map(network: WaterNetwork) -> Figure:
    figure, axes = plane(6.4, 4.4)
    ends = [[network.places[a - 1], network.places[b - 1]] for a, b in network.pipes]
    axes.add_collection(LineCollection(ends, colors=MUTED, linewidths=0.6))
    controlled = {s.tank for s in network.stations}
    read = {t.item for t in network.tags if t.kind == "pressure"}
    for node in (*network.tanks, *read):
        x, y = network.places[node - 1]
        tank = node in network.tanks
        colour = OURS if node in controlled else MUTED if tank else INK
        axes.scatter([x], [y], 60 if tank else 10, colour, marker="s" if tank else "o", zorder=3)
        if tank:
            axes.annotate(network.names[node - 1], (x, y), (5, 5), textcoords="offset points")
    axes.autoscale()
    axes.set_aspect("equal")
    axes.set_axis_off()
    return figure


def _strips(
    works: Works,
    demand: np.ndarray,
    attacks: list[Attack],
    rows: list[int],
    designs: xr.Dataset,
) -> Figure:
    figure, grid = panels(len(rows), 1, (8.0, 1.6))
    for axes, i in zip(grid[:, 0], rows, strict=True):
        _strip(axes, works, demand[i], attacks[i], int(designs[DESIGN].to_numpy()[i]))
    grid[-1, 0].set_xlabel("hour of the week")
    return figure


def _strip(axes: Axes, works: Works, demand: np.ndarray, attack: Attack, week: int) -> None:
    station = works.network.stations[attack.station]
    tag = next(i for i, t in enumerate(works.network.tags) if t.item == station.tank)
    for run, colour in ((works.run(demand, None), KNOWN), (works.run(demand, attack), OURS)):
        if run is not None:
            axes.plot(run.readings[tag], color=colour, lw=1.1)
    axes.axvspan(attack.onset_h, attack.end_h, color=REJECTED, alpha=0.15, lw=0)
    how = ", operators see an earlier day" if attack.concealed else ""
    dress(axes, "", f"{station.name}, m", title=f"week {week}: {attack.kind}{how}", grid=True)


def _harm(verdicts: xr.Dataset) -> tuple[tuple[str, ...], ...]:
    rows: list[tuple[str, ...]] = [HEAD]
    kind = verdicts["attack_kind"].to_numpy()
    for code, name in enumerate(KINDS):
        own = verdicts.isel({DESIGN: np.flatnonzero(kind == code)})
        if own.sizes[DESIGN]:
            names = ("visibility", "spilled", "short_of_water", "extra_energy")
            values = [float(np.median(own[q].to_numpy())) for q in names]
            rows.append((name, str(own.sizes[DESIGN]), *(f"{v:.3g}" for v in values)))
    return tuple(rows)
