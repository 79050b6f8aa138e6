"""Map from profiles to elements of a net and to power at its nodes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from ingenium.domains.grid.data.netfile import NetworkError
from ingenium.domains.grid.feeder.circuit import Circuit

SIGN = {"load": 1.0, "sgen": 1.0, "storage": -1.0}  # storages feed in when discharging


@dataclass(frozen=True)
class ProfileMap:
    """Power at each node for a profile value of 1: element power times its scaling.

    An element has p = p_mw * profile. A load's q follows its own reactive profile, an infeed's
    q the same one as its p. Storages count as infeed with the opposite sign.
    """

    load_profiles: tuple[str, ...]
    infeed_profiles: tuple[str, ...]
    load_p_mw: Float[Tensor, "u node"]
    load_q_mvar: Float[Tensor, "u node"]
    infeed_p_mw: Float[Tensor, "g node"]
    infeed_q_mvar: Float[Tensor, "g node"]
    rows: Mapping[str, Int[np.ndarray, " e"]]  # profile of each element of a table; -1 for none

    def demand(
        self,
        load_p: Float[Tensor, "n u t"],
        load_q: Float[Tensor, "n u t"],
        infeed_p: Float[Tensor, "n g t"],
    ) -> tuple[Float[Tensor, "n t node"], Float[Tensor, "n t node"]]:
        """Return active and reactive power demand at each node (MW, Mvar)."""
        infeed = infeed_p.transpose(1, 2)
        p = load_p.transpose(1, 2) @ self.load_p_mw - infeed @ self.infeed_p_mw
        q = load_q.transpose(1, 2) @ self.load_q_mvar - infeed @ self.infeed_q_mvar
        return p, q

    def factors(
        self,
        load_p: Float[np.ndarray, "b u"],
        load_q: Float[np.ndarray, "b u"],
        infeed_p: Float[np.ndarray, "b g"],
    ) -> dict[str, tuple[Float[np.ndarray, "b e"], Float[np.ndarray, "b e"]]]:
        """Return factors of p and q of each table's elements; 0 for those out of service."""
        found = {}
        for table, rows in self.rows.items():
            sources = (load_p, load_q) if table == "load" else (infeed_p, infeed_p)
            if (rows >= 0).any():
                p, q = (np.where(rows >= 0, x[:, rows], 0.0) for x in sources)
                found[table] = (p, q)
        return found


def profile_map(
    net: Any,
    circuit: Circuit,
    load: Mapping[str, str] | None = None,
    infeed: Mapping[str, str] | None = None,
) -> ProfileMap:
    """Map the elements in service by their `profile` column, or by names given by the user.

    Args:
        net: the pandapower net.
        circuit: its circuit.
        load: profile by name (or index) of a load; "*" means all others.
        infeed: the same for net.sgen and net.storage.

    Raises:
        NetworkError: an element without a profile, or a name that no element has.
    """
    tables = {
        "load": _profiles(net, ("load",), load),
        "infeed": _profiles(net, ("sgen", "storage"), infeed),
    }
    names = {
        kind: tuple(sorted({name for names in found.values() for name in names if name}))
        for kind, found in tables.items()
    }
    if not names["load"]:
        raise NetworkError("a net with loads in service", "none", "Add net.load.")
    rows: dict[str, np.ndarray] = {}
    power = {kind: np.zeros((2, len(names[kind]), circuit.nodes)) for kind in names}
    for kind, found in tables.items():
        order = {name: i for i, name in enumerate(names[kind])}
        for table, profiles in found.items():
            rows[table] = np.array([order.get(name, -1) for name in profiles], dtype=np.int64)
            _add(power[kind], net[table], rows[table], circuit, SIGN[table])
    load_p, load_q = torch.from_numpy(power["load"])
    infeed_p, infeed_q = torch.from_numpy(power["infeed"])
    return ProfileMap(names["load"], names["infeed"], load_p, load_q, infeed_p, infeed_q, rows)


def _profiles(
    net: Any, tables: tuple[str, ...], given: Mapping[str, str] | None
) -> dict[str, list[str]]:
    """Profile of each element; empty for one out of service."""
    found, used = {}, set()
    for table in tables:
        names = []
        for index, row in net[table].iterrows():  # a loop over elements, not over designs
            keys = [key for key in (str(row["name"]), str(index), "*") if key in (given or {})]
            used.update(keys[:1])
            name = given[keys[0]] if given and keys else row.get("profile")
            active = bool(row["in_service"])
            if active and not (isinstance(name, str) and name):
                raise NetworkError(
                    f"a profile for every element of net.{table}",
                    f'none for "{row["name"]}" (index {index})',
                    f'Fill net.{table}["profile"], or map it; "*" stands for all others.',
                )
            names.append(str(name) if active else "")
        found[table] = names
    unknown = set(given or {}) - used - {"*"}
    if unknown:
        raise NetworkError(
            f"names or indices of net.{' or net.'.join(tables)}", ", ".join(sorted(unknown))
        )
    return found


def _add(
    power: Float[np.ndarray, "2 p node"],
    table: Any,
    rows: Int[np.ndarray, " e"],
    circuit: Circuit,
    sign: float,
) -> None:
    if len(table) == 0:
        return
    node = circuit.node_of(table.bus.to_numpy())
    served = (rows >= 0) & (node >= 0)
    scaling = table.scaling.fillna(1.0).to_numpy(float) * sign
    for i, column in enumerate(("p_mw", "q_mvar")):
        value = table[column].fillna(0.0).to_numpy(float) * scaling
        np.add.at(power[i], (rows[served], node[served]), value[served])
