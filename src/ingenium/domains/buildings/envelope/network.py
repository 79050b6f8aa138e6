"""Resistance-capacity network of the zones of many designs, solved exactly from hour to hour.

Each zone is a network of its own: outer walls, roof, ground floor and exposed floor are chains of
masses behind insulation, slabs and inner walls are masses with an adiabatic middle, and the inner
surfaces exchange heat with the air and with one radiant node. Its states are decoupled by an
eigendecomposition, so that a step is exact for inputs that are constant over the hour. Heat that
enters the air depends on the air at the end of the hour: ventilation, leakage and the plant.

Shapes: z zones of all designs, m masses, u inputs, h hours.
Source: the heat balance of ISO 52016-1:2017, with constant coefficients of surfaces.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from ingenium.domains.buildings.envelope import catalogue
from ingenium.domains.buildings.envelope.catalogue import INSULATION, Layer

STEP_S = 3600.0
INPUTS = ("wall", "roof", "ground", "exposed", "window", "air", "floor", "surfaces")
AIR, FLOOR, SURFACES = 5, 6, 7
RADIANT = 5.0  # W/(m2 K), between inner surfaces and the radiant node
# W/(m2 K), convection at inner surfaces: by element
CONVECTION = {"wall": 1.9, "window": 2.0, "roof": 1.6, "ground": 1.2, "exposed": 1.2,
              "slab": 1.4, "partition": 1.3}  # fmt: skip
OUTSIDE = 18.0  # W/(m2 K), convection and radiation at outer surfaces
AIR_J = 1.2 * 1006.0  # J/(m3 K)
PIECES = {"masonry": 2, "concrete": 2, "soil": 4}  # masses of a layer
ELEMENTS = ("wall", "roof", "ground", "exposed", "slab", "partition")
LAYERS = {"wall": catalogue.WALL, "roof": catalogue.ROOF, "ground": catalogue.GROUND,
          "exposed": catalogue.EXPOSED}  # fmt: skip


@dataclass(frozen=True, eq=False)
class ZoneAreas:
    """Areas (m2), volumes (m3) and thermal values of the zones of designs."""

    wall: Float64[np.ndarray, " z"]  # without windows
    roof: Float64[np.ndarray, " z"]
    ground: Float64[np.ndarray, " z"]
    exposed: Float64[np.ndarray, " z"]
    slab: Float64[np.ndarray, " z"]
    partition: Float64[np.ndarray, " z"]
    window: Float64[np.ndarray, " z"]
    volume: Float64[np.ndarray, " z"]
    insulation: dict[str, Float64[np.ndarray, " z"]]  # thickness by element
    window_u: Float64[np.ndarray, " z"]


@dataclass(frozen=True, eq=False)
class NetworkModes:
    """Decoupled states of each zone, and what they say of air and radiant temperature."""

    decay: Float64[np.ndarray, "z m"]
    drive: Float64[np.ndarray, "z m u"]  # of the state by an input over an hour
    air: Float64[np.ndarray, "z m"]
    radiant: Float64[np.ndarray, "z m"]
    radiant_now: Float64[np.ndarray, "z u"]
    start: Float64[np.ndarray, "z m u"]  # steady states


def modes(areas: ZoneAreas) -> NetworkModes:
    """Return the decoupled networks."""
    network = _Network(areas)
    k, c, b = network.conductance, network.capacity, network.inputs
    massive = np.array(network.massive)
    none = ~massive
    free = k[:, none][:, :, none]
    cross = k[:, massive][:, :, none]
    back = np.linalg.solve(free, np.swapaxes(cross, 1, 2))
    reduced = k[:, massive][:, :, massive] - cross @ back
    direct = np.linalg.solve(free, b[:, none])
    driven = b[:, massive] - cross @ direct
    root = 1 / np.sqrt(c[:, massive])
    rate, vectors = np.linalg.eigh(root[:, :, None] * reduced * root[:, None])
    rate = np.maximum(rate, 1e-12)
    to_mass = root[:, :, None] * vectors
    forced = np.swapaxes(to_mass, 1, 2) @ driven
    decay = np.exp(-rate * STEP_S)
    radiant = network.massless.index("radiant")
    air = network.masses.index("air")
    return NetworkModes(
        decay,
        forced * ((1 - decay) / rate)[:, :, None],
        to_mass[:, air],
        -(back[:, None, radiant] @ to_mass)[:, 0],
        direct[:, radiant],
        forced / rate[:, :, None],
    )


class _Network:
    """Conductances between the nodes of each zone, capacities of nodes, and inputs."""

    def __init__(self, areas: ZoneAreas) -> None:
        self.count = len(areas.wall)
        self.massless = [f"{e} surface" for e in (*ELEMENTS, "window")] + ["radiant"]
        self.masses = ["air"]
        for element in ELEMENTS:
            self.masses += [f"{element} {k}" for k in range(_pieces(element))]
        self.names = self.massless + self.masses
        self.massive = [False] * len(self.massless) + [True] * len(self.masses)
        size = len(self.names)
        self.conductance = np.zeros((self.count, size, size))
        self.capacity = np.ones((self.count, size))
        self.inputs = np.zeros((self.count, size, len(INPUTS)))
        self._surfaces(areas)
        for element in ELEMENTS:
            self._chain(element, areas)
        self._window(areas)
        self.capacity[:, self.names.index("air")] = areas.volume * AIR_J

    def _link(self, one: str, other: str, value: np.ndarray) -> None:
        a, b = self.names.index(one), self.names.index(other)
        for x, y in ((a, b), (b, a)):
            self.conductance[:, x, x] += value
            self.conductance[:, x, y] -= value

    def _outside(self, name: str, entry: str, value: np.ndarray) -> None:
        a = self.names.index(name)
        self.conductance[:, a, a] += value
        self.inputs[:, a, INPUTS.index(entry)] += value

    def _surfaces(self, areas: ZoneAreas) -> None:
        """Link inner surfaces, and share what is absorbed there."""
        own = {e: np.maximum(getattr(areas, e), 0.0) for e in (*ELEMENTS, "window")}
        whole = sum(own.values())
        floor = np.where(areas.ground + areas.exposed > 0, areas.ground + areas.exposed, 0.0)
        slab = np.where(floor > 0, 0.0, 1.0)
        for element, area in own.items():
            # where an element is absent, a trace of it leaves the others as they are
            trace = np.maximum(area, 1e-9)
            name = f"{element} surface"
            self._link(name, "radiant", RADIANT * trace)
            self._link(name, "air", CONVECTION[element] * trace)
            place = self.names.index(name)
            self.inputs[:, place, SURFACES] = area / whole
            if element in ("ground", "exposed"):
                self.inputs[:, place, FLOOR] = np.where(
                    floor > 0, area / np.maximum(floor, 1e-9), 0
                )
            if element == "slab":
                self.inputs[:, place, FLOOR] = slab
        self.inputs[:, self.names.index("air"), AIR] = 1.0

    def _chain(self, element: str, areas: ZoneAreas) -> None:
        """Link the masses of an element, from its inner surface outwards."""
        area = np.maximum(getattr(areas, element), 1e-9)
        before, resistance = f"{element} surface", np.zeros(self.count)
        k = 0
        for layer in _inward(element):
            parts = PIECES.get(layer.name, 1) if element in LAYERS else _pieces(element)
            if layer is INSULATION:
                resistance = resistance + areas.insulation[element] / layer.conductivity
                continue
            if layer.name in ("render", "membrane"):
                resistance = resistance + layer.resistance
                continue
            for _ in range(parts):
                half = layer.resistance / parts / 2
                name = f"{element} {k}"
                self._link(before, name, area / (resistance + half))
                self.capacity[:, self.names.index(name)] = area * layer.capacity / parts
                before, resistance, k = name, np.full(self.count, half), k + 1
        if element in LAYERS:
            film = 0.0 if element == "ground" else 1 / OUTSIDE
            self._outside(before, element, area / (resistance + film))

    def _window(self, areas: ZoneAreas) -> None:
        rest = 1 / areas.window_u - 1 / 7.7 - 1 / 25.0 + 1 / OUTSIDE  # films of EN 673
        value = np.maximum(areas.window, 1e-9) / np.maximum(rest, 1e-3)
        self._outside("window surface", "window", value)


def _inward(element: str) -> tuple[Layer, ...]:
    """Return the layers of an element from inside, up to its adiabatic middle."""
    if element in LAYERS:
        return LAYERS[element][::-1]
    layer = (catalogue.SLAB if element == "slab" else catalogue.PARTITION)[0]
    half = Layer(layer.name, layer.thickness_m / 2, layer.conductivity, layer.density, layer.heat)
    return (half,)


def _pieces(element: str) -> int:
    if element not in LAYERS:
        return 2 if element == "slab" else 1
    return sum(PIECES.get(layer.name, 0) for layer in LAYERS[element])
