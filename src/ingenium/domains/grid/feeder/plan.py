"""Plan of a feeder: places of its buses, and strain of buses and lines over a day.

Shapes: b buses that are supplied, l lines in service, t steps.
"""

import json
from collections import deque
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure

from ingenium.domains.grid.feeder.measurements import Trace
from ingenium.domains.grid.feeder.network import Network
from ingenium.drawing.style import INK, MUTED, SMALL, STRAINED, TEXT, panels, scale_bar

VOLTAGES = LinearSegmentedColormap.from_list("voltages", ["#a50f26", "#f3e9cf", "#2166ac"])
LEAST_PU, LEAST_PERCENT = 1e-3, 1.0  # of a scale at least
EARTH_M = 6.371e6  # radius


@dataclass(frozen=True, eq=False)
class FeederPlan:
    """Feeder at its coordinates, if the net has them for all buses, else as a tree."""

    network: Network

    @property
    def bus(self) -> list[int]:
        """Index of each bus that is supplied."""
        return list(self.network.circuit.bus_index.tolist())

    @cached_property
    def place(self) -> Float[np.ndarray, "b 2"]:
        """Position of each bus: metres from the map's middle, or depth and order in the tree."""
        reported = self.network.net.bus.get("geo")
        known = [] if reported is None else [_coordinates(reported.get(i)) for i in self.bus]
        if known and all(known) and len(set(known)) > len(known) / 2:
            degrees = np.radians(np.array(known, dtype=np.float64))
            middle = degrees.mean(0)
            return np.asarray(EARTH_M * (degrees - middle) * [np.cos(middle[1]), 1.0])
        return self._tree()

    @cached_property
    def lines(self) -> Int[np.ndarray, "l 2"]:
        """Both ends of each line, as positions of buses."""
        return self._ends("line", ("from_bus", "to_bus"), self.network.circuit.line_index)

    @cached_property
    def trafos(self) -> Int[np.ndarray, "q 2"]:
        """Both ends of each transformer."""
        return self._ends("trafo", ("hv_bus", "lv_bus"), self.network.circuit.trafo_index)

    def _ends(
        self, table: str, columns: tuple[str, str], index: Int[np.ndarray, " l"]
    ) -> np.ndarray:
        at = {bus: k for k, bus in enumerate(self.bus)}
        rows = self.network.net[table].loc[index, list(columns)].to_numpy()
        return np.array([[at[a], at[b]] for a, b in rows.tolist()], dtype=int).reshape(-1, 2)

    def _tree(self) -> Float[np.ndarray, "b 2"]:
        """Buses by the number of lines to the feeding grid, branches side by side."""
        node = self.network.circuit.bus_node.tolist()
        alongside: dict[int, set[int]] = {n: set() for n in node}
        for a, b in (*self.lines.tolist(), *self.trafos.tolist()):
            alongside[node[a]].add(node[b])
            alongside[node[b]].add(node[a])
        parent, queue = {self.network.circuit.slack: -1}, deque([self.network.circuit.slack])
        order: list[int] = []
        while queue:
            own = queue.popleft()
            order.append(own)
            for other in sorted(alongside[own] - parent.keys()):
                parent[other] = own
                queue.append(other)
        depth = {self.network.circuit.slack: 0}
        for own in order[1:]:
            depth[own] = depth[parent[own]] + 1
        children: dict[int, list[int]] = {n: [] for n in order}
        for own in order[1:]:
            children[parent[own]].append(own)
        height: dict[int, float] = {}
        leaves = iter(range(len(order)))
        stack = [(order[0], False)]
        while stack:
            own, seen = stack.pop()
            if not children[own]:
                height[own] = float(next(leaves))
            elif seen:
                height[own] = float(np.mean([height[c] for c in children[own]]))
            else:
                stack += [(own, True), *((c, False) for c in reversed(children[own]))]
        return np.array([[depth[n], -height[n]] for n in node], dtype=np.float64)

    def drawn(self, trace: Trace, title: str) -> Figure:
        """Plot voltages and loadings of one day, at the steps that strain the feeder most."""
        figure, ((left, right),) = panels(1, 2, (4.75, 4.3))
        self._voltages(figure, left, trace.voltage_pu[0], title)
        self._loadings(figure, right, trace.line_percent[0], title)
        for axes in (left, right):
            self._fixed(axes)
        return figure

    def _voltages(
        self, figure: Figure, axes: Axes, voltage_pu: Float[np.ndarray, "t f"], title: str
    ) -> None:
        step = int(np.ptp(voltage_pu, axis=1).argmax())
        free = {n: k for k, n in enumerate(self.network.circuit.free_nodes.tolist())}
        column = [free.get(n, -1) for n in self.network.circuit.bus_node.tolist()]
        rows = np.array([k for k, c in enumerate(column) if c >= 0])
        values = voltage_pu[step, [column[k] for k in rows]]
        low, high = float(values.min()), float(values.max())
        scale = ScalarMappable(Normalize(low, max(high, low + LEAST_PU)), VOLTAGES)
        axes.add_collection(LineCollection(list(self.place[self.lines]), colors=MUTED, lw=1.2))
        axes.scatter(
            self.place[rows, 0],
            self.place[rows, 1],
            46,
            scale.to_rgba(values),
            edgecolors=INK,
            linewidths=0.6,
            zorder=3,
        )
        for k in {int(values.argmin()), int(values.argmax())}:
            name = self.network.bus_names[column[rows[k]]]
            _named(axes, self.place[rows[k]], f"{name}, {values[k]:.3f} pu")
        axes.set_title(f"{title}, {_clock(step)}: voltage", fontsize=TEXT, color=INK)
        scale_bar(figure, axes, scale, "voltage (pu)")

    def _loadings(
        self, figure: Figure, axes: Axes, percent: Float[np.ndarray, "t l"], title: str
    ) -> None:
        axes.scatter(self.place[:, 0], self.place[:, 1], 14, MUTED, linewidths=0, zorder=3)
        if not percent.size:
            axes.set_title(f"{title}: no line is in service", fontsize=TEXT, color=INK)
            return
        step, worst = np.unravel_index(percent.argmax(), percent.shape)
        values = percent[step]
        scale = ScalarMappable(Normalize(0, max(float(values.max()), LEAST_PERCENT)), STRAINED)
        ends = list(self.place[self.lines])
        axes.add_collection(LineCollection(ends, colors=INK, lw=4.4, capstyle="round"))
        axes.add_collection(
            LineCollection(ends, colors=scale.to_rgba(values), lw=3.2, capstyle="round", zorder=2)
        )
        name = f"{self.network.line_names[int(worst)]}, {values[worst]:.0f} %"
        _named(axes, self.place[self.lines[worst]].mean(0), name)
        axes.set_title(f"{title}, {_clock(int(step))}: loading", fontsize=TEXT, color=INK)
        scale_bar(figure, axes, scale, "loading of lines (%)")

    def _fixed(self, axes: Axes) -> None:
        """Draw transformers and the bus of the feeding grid."""
        for a, b in self.trafos:
            axes.plot(*self.place[[a, b]].T, color=INK, lw=1.2, ls=":")
            axes.plot(*self.place[[a, b]].mean(0), "s", ms=9, mfc="white", mec=INK, mew=1.0)
        slack = self.network.circuit.bus_node == self.network.circuit.slack
        axes.plot(*self.place[slack].T, "D", ms=6, color=INK)
        axes.margins(0.16)
        axes.set_aspect("equal", adjustable="datalim")
        axes.set_axis_off()


def _coordinates(geo: object) -> tuple[float, float] | None:
    """Longitude and latitude of a bus in a net of pandapower 3, which uses GeoJSON."""
    try:
        x, y = json.loads(str(geo))["coordinates"][:2]
        return float(x), float(y)
    except (ValueError, TypeError, KeyError):
        return None


def _clock(step: int) -> str:
    return f"{step // 4:02d}:{15 * (step % 4):02d}"


def _named(axes: Axes, at: Float[np.ndarray, " 2"], name: str) -> None:
    axes.annotate(
        name,
        tuple(at),
        xytext=(8, 4),
        textcoords="offset points",
        fontsize=SMALL,
        color=INK,
        bbox={"fc": "white", "ec": "none", "alpha": 0.75, "pad": 1},
        zorder=4,
    )
