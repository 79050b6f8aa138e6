"""Power flow of your own net over your own profiles, in one call."""

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from ingenium.core.errors import InputError
from ingenium.domains.grid.data.netfile import read_net
from ingenium.domains.grid.feeder.mapping import SIGN
from ingenium.domains.grid.feeder.network import network_of
from ingenium.domains.grid.feeder.powerflow import PowerFlow, power_flow

COLUMNS = ("p_mw", "q_mvar")
KEYS = tuple((table, column) for table in SIGN for column in COLUMNS)


def powerflow(net: Any, profiles: Mapping[tuple[str, str], Any]) -> xr.Dataset:
    """Solve the AC power flow of a pandapower net for each row of profiles.

    The net is first checked against pandapower in nine cases; then all rows are solved in one
    batch by lightsim2grid. Elements without a column keep their value of the net, and `scaling`
    and `in_service` count as in pandapower. Shifts of phase are removed, so angles are not given.

    Args:
        net: a pandapower net, or the path of its JSON; it is not changed.
        profiles: tables (pandas) of absolute values by element and column, such as
            `{("load", "p_mw"): table}`: a row a step, a column for each index of the element.
            This is what SimBench's `get_absolute_values` returns.

    Returns:
        `vm_pu` (step, bus), `line_percent` (step, line), `trafo_percent` (step, trafo),
        `slack_mw`, `slack_mvar` and `loss_mw` (step), NaN where a step has no solution; `step`
        is the index of the tables, elements carry the indices of the net.

    Raises:
        InputError: for tables of other elements, indices or lengths, or values that are no
            numbers.
        NetworkError: for a net with elements that the engine does not support.
        ParityError: if the engine and pandapower differ on the net.

    Examples:
        >>> import pandapower, pandas
        >>> net = pandapower.create_empty_network()
        >>> high, low = (pandapower.create_bus(net, 0.4) for _ in range(2))
        >>> _ = pandapower.create_ext_grid(net, high)
        >>> _ = pandapower.create_line(net, high, low, 0.2, "NAYY 4x150 SE")
        >>> _ = pandapower.create_load(net, low, p_mw=0.01, name="house")
        >>> found = powerflow(net, {("load", "p_mw"): pandas.DataFrame({0: [0.0, 0.05]})})
        >>> found["vm_pu"].sel(bus=low).round(4).values.tolist()
        [1.0, 0.9868]
    """
    read = read_net(net)[1] if isinstance(net, (str, Path)) else net
    known = network_of("net", read)
    net, circuit = known.net, known.circuit
    steps = _steps(profiles)
    power = np.zeros((2, len(steps), circuit.nodes))
    for table, column in KEYS:
        if len(net[table]):
            values = _values(net[table], profiles, (table, column), len(steps))
            node = circuit.node_of(net[table].bus.to_numpy())
            served = net[table].in_service.to_numpy(bool) & (node >= 0)
            scaling = net[table].scaling.fillna(1.0).to_numpy(float)
            scaling = scaling * (-1.0 if table == "sgen" else 1.0)
            at = power[COLUMNS.index(column)]
            np.add.at(at.T, node[served], (values * scaling)[:, served].T)
    flow = power_flow(circuit, *power)
    return _dataset(flow, circuit, steps)


def _steps(profiles: Mapping[tuple[str, str], Any]) -> Any:
    """Return the common index of the tables."""
    if not profiles:
        raise InputError("a table of profiles", "none", 'Write {("load", "p_mw"): table}.')
    for key in profiles:
        if key not in KEYS:
            known = ", ".join(map(str, KEYS))
            raise InputError("element and column of profiles", key, f"Write one of {known}.")
    first, *others = (table.index for table in profiles.values())
    for key, other in zip(list(profiles)[1:], others, strict=True):
        if not other.equals(first):
            raise InputError(f"tables with the same {len(first)} rows", f"others in {key}")
    if not first.is_unique:
        raise InputError("an index without repeated steps", f"{first[first.duplicated()][0]} twice")
    return first


def _values(
    elements: Any, profiles: Mapping[tuple[str, str], Any], key: tuple[str, str], steps: int
) -> Float[np.ndarray, "step element"]:
    """Return the power of each element at each step, before its scaling."""
    own = elements[key[1]].fillna(0.0).to_numpy(float)
    values = np.repeat(own[None], steps, 0)
    table = profiles.get(key)
    if table is None:
        return values
    place = {index: i for i, index in enumerate(elements.index.tolist())}
    unknown = [c for c in table.columns.tolist() if c not in place]
    if unknown:
        raise InputError(
            f"columns that are indices of net.{key[0]}",
            _listed(unknown),
            f"Write some of {_listed(list(place))}.",
        )
    if not table.columns.is_unique:
        raise InputError("one column for each element", f"one twice in {key}")
    try:
        given = table.to_numpy(float)
    except (TypeError, ValueError) as error:
        raise InputError(f"numbers in {key}", str(error)) from error
    if not np.isfinite(given).all():
        row, column = np.argwhere(~np.isfinite(given))[0]
        at = f"{table.columns[column]} at {table.index[row]}"
        raise InputError(f"finite numbers in {key}", f"{given[row, column]} of {at}")
    values[:, [place[c] for c in table.columns.tolist()]] = given
    return values


def _listed(names: list[Hashable], most: int = 8) -> str:
    return ", ".join(map(str, names[:most])) + (" ..." if len(names) > most else "")


def _dataset(flow: PowerFlow, circuit: Any, steps: Any) -> xr.Dataset:
    voltage = np.abs(flow.voltage[:, circuit.bus_node])
    return xr.Dataset(
        {
            "vm_pu": (("step", "bus"), voltage, {"units": "pu"}),
            "line_percent": (("step", "line"), flow.line_percent, {"units": "percent"}),
            "trafo_percent": (("step", "trafo"), flow.trafo_percent, {"units": "percent"}),
            "slack_mw": ("step", flow.slack_mw, {"units": "MW"}),
            "slack_mvar": ("step", flow.slack_mvar, {"units": "Mvar"}),
            "loss_mw": ("step", flow.loss_mw, {"units": "MW"}),
        },
        {
            "step": steps.to_numpy(),
            "bus": circuit.bus_index,
            "line": circuit.line_index,
            "trafo": circuit.trafo_index,
        },
    )
