"""Grid that is read, converted to a circuit, and checked against pandapower before use."""

import math
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ingenium.core.digest import digest
from ingenium.core.reading.files import refusing
from ingenium.domains.grid.data.netfile import of_nets
from ingenium.domains.grid.feeder.circuit import Circuit, circuit_of
from ingenium.domains.grid.feeder.parity import Parity, gate


@dataclass(frozen=True)
class Network:
    """A net that passed the parity gate; `net` is unchanged from the user's."""

    name: str
    net: Any  # pandapowerNet
    circuit: Circuit
    changes: tuple[str, ...]  # what the circuit merges or leaves out, in sentences
    parity: Parity

    def digest(self) -> str:
        """Return the digest of the elements of the net with their parameters, without results."""
        tables = {
            name: {str(column): [_plain(x) for x in table[column]] for column in table.columns}
            for name, table in self.net.items()
            if not name.startswith(("_", "res_")) and len(getattr(table, "columns", ()))
            if len(table)
        }
        return digest([tables, float(self.net.sn_mva), float(self.net.f_hz)])

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

    The net's own case and `cases` random ones must agree with pandapower. `where` is the file of a
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
    circuit, changes = circuit_of(net)
    parity = gate(net, circuit, np.random.default_rng(seed), cases=cases)
    return Network(name, net, circuit, changes, parity)


def _plain(value: Any) -> Any:
    """An entry of a table in JSON, None if missing; text where there is no such form."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float) and math.isnan(value):
        return None
    return value if value is None or isinstance(value, bool | int | float | str) else repr(value)


def _names(table: Any, index: Any) -> tuple[str, ...]:
    given = table["name"].reindex(index)
    return tuple(
        name if isinstance(name, str) and name else f"{label}"
        for label, name in zip(index.tolist(), given, strict=True)
    )
