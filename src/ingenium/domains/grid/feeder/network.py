"""Grid that is read, converted to a circuit, and checked against pandapower before use."""

import json
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ingenium.core.reading.files import refusing
from ingenium.core.recipe import Arrays, Recipe, as_array
from ingenium.domains.grid.data.net_tables import NetTables, table_digest, whole
from ingenium.domains.grid.data.netfile import of_nets
from ingenium.domains.grid.data.packages import release_of
from ingenium.domains.grid.feeder.circuit import Circuit, circuit_of
from ingenium.domains.grid.feeder.grid_model import GridModel
from ingenium.domains.grid.feeder.pandapower_loop import PandapowerLoop
from ingenium.domains.grid.feeder.parity import Parity, gate


@dataclass(frozen=True)
class Network:
    """A net that passed the parity gate; the tables of `net` are unchanged from the user's."""

    name: str
    net: Any  # NetTables, or a net of pandapower; `whole` returns the latter
    circuit: Circuit
    changes: tuple[str, ...]  # what the circuit merges or leaves out, in sentences
    parity: Parity

    def digest(self) -> str:
        """Return the digest of the elements of the net with their parameters, without results."""
        return table_digest(self.net)

    @property
    def second(self) -> type[GridModel] | type[PandapowerLoop]:
        """Independent engine: power-grid-model where it reproduces pandapower, else pandapower."""
        return GridModel if self.parity.by_model else PandapowerLoop

    @property
    def bus_names(self) -> tuple[str, ...]:
        """Names of the buses joined at each free node."""
        c = self.circuit
        names = _names(self.net.bus, c.bus_index)
        joined: dict[int, list[str]] = {}
        for name, node in zip(names, c.bus_node.tolist(), strict=True):
            joined.setdefault(node, []).append(name)
        return tuple(" + ".join(joined[node]) for node in c.free_nodes.tolist())

    @property
    def line_names(self) -> tuple[str, ...]:
        """Names of the lines in service."""
        return _names(self.net.line, self.circuit.line_index)

    @property
    def trafo_names(self) -> tuple[str, ...]:
        """Names of the transformers in service."""
        return _names(self.net.trafo, self.circuit.trafo_index)


def network_of(
    name: str, net: Any, *, where: Path | None = None, cases: int = 8, seed: int = 0
) -> Network:
    """Build the network of a net in memory, which is copied.

    The net's own case and `cases` random ones must agree with pandapower; circuit and verdict of a
    net that was read are stored by its digest. `where` is the file of a
    user's net, whose tables are unchecked.

    Raises:
        NetworkError: the net has elements that the engine does not know, or invalid tables.
        ParityError: the engine differs from pandapower on it.
    """
    if where is None:
        return _checked(name, net, cases, seed)
    with of_nets(), refusing("a net whose tables are those of pandapower", where):
        return _checked(name, net, cases, seed)


def _checked(name: str, net: Any, cases: int, seed: int) -> Network:
    net = deepcopy(net)

    def make(_: int) -> Arrays:
        own = whole(net)
        circuit, said = circuit_of(own)
        parity = gate(own, circuit, np.random.default_rng(seed), cases=cases)
        arrays = {name: np.asarray(value) for name, value in vars(circuit).items()}
        return arrays | {"facts": as_array(json.dumps([said, asdict(parity)]))}

    if isinstance(net, NetTables):
        releases = [release_of(x) for x in ("pandapower", "lightsim2grid", "power-grid-model")]
        under = [net.digest(), cases, seed, *releases]
        found = Recipe("circuit-and-model", under, make).complete_or_made()
    else:
        found = dict(make(0))
    said, parity = json.loads(found.pop("facts").tobytes())
    own: dict[str, Any] = {k: v if v.ndim else v.item() for k, v in found.items()}
    return Network(name, net, Circuit(**own), tuple(said), Parity(**parity))


def _names(table: Any, index: Any) -> tuple[str, ...]:
    given = table["name"].reindex(index)
    return tuple(
        name if isinstance(name, str) and name else f"{label}"
        for label, name in zip(index.tolist(), given, strict=True)
    )
