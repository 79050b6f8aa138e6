"""Networks written in an old format, MATPOWER's case of 1997, and read again by pandapower.

Two things are asked of each: whether the equations of the file hold at the voltages of the net
that was written, by a reading of the file that shares nothing with pandapower; and whether the net
that pandapower reads from it has these voltages and losses too.

Source: Zimmerman and Murillo-Sanchez, MATPOWER User's Manual, 2020, section 3.2 and table B.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Complex
from scipy.io import loadmat

from ingenium.domains.grid.circuit import solved
from ingenium.domains.grid.packages import package

NETS = (
    *("case4gs", "case5", "case6ww", "case9", "case14", "case24_ieee_rts", "case30"),
    *("case_ieee30", "case33bw", "case39", "case57", "case89pegase", "case118", "case145"),
    *("case_illinois200", "case300", "GBreducednetwork", "iceland", "create_cigre_network_hv"),
    *("create_cigre_network_mv", "create_cigre_network_lv", "create_kerber_dorfnetz"),
    *("create_kerber_landnetz_freileitung_1", "create_kerber_landnetz_freileitung_2"),
    *("create_kerber_landnetz_kabel_1", "create_kerber_landnetz_kabel_2", "mv_oberrhein"),
    *("create_kerber_vorstadtnetz_kabel_1", "create_kerber_vorstadtnetz_kabel_2"),
)
CLOSE_PU, CLOSE = 1e-6, 1e-6  # of voltages; of power and losses against all that is fed in
LOAD_BUS, SLACK = 1, 3


@dataclass(frozen=True)
class Case:
    """A net that went through a file."""

    name: str
    mismatch: float  # largest power that the file leaves over, of all that is fed in
    voltage_pu: float  # largest change of a voltage
    losses: float  # change of losses, of all that is fed in

    @property
    def written(self) -> bool:
        """Whether the file says what the net was."""
        return bool(self.mismatch <= CLOSE)

    @property
    def returned(self) -> bool:
        """Whether the file is right, and the net that is read from it the one that was written."""
        return bool(self.written and self.voltage_pu <= CLOSE_PU and self.losses <= CLOSE)


def cases(names: tuple[str, ...], folder: Path) -> Iterator[Case]:
    """Each net, written as a case and read again."""
    networks = package("pandapower.networks")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pandapower, on columns that a later pandas types
        for name in names:
            made = getattr(networks, name)()
            yield through(name, made[0] if isinstance(made, tuple) else made, folder)


def through(name: str, net: Any, folder: Path) -> Case:
    """A net, solved, written as a case, read again and solved again."""
    converter = package("pandapower.converter.matpower")
    one, file = solved(net), folder / f"{name}.mat"
    converter.to_mpc(one, str(file), init="results")
    other = solved(converter.from_mpc(str(file), f_hz=one.f_hz))
    rows = one._pd2ppc_lookups["bus"][one.bus.index.to_numpy()]  # each bus in the file
    numbers, magnitude, angle = one._ppc["bus"].real[:, [0, 7, 8]].T  # auxiliary ones too
    solution = magnitude * np.exp(1j * np.deg2rad(angle))
    pairs = zip(numbers.tolist(), solution.tolist(), strict=True)
    known = {int(number) + 1: v for number, v in pairs if np.isfinite(v) and v}
    volts = _volts(one)
    fed = one.res_bus.p_mw.clip(upper=0).abs().sum()
    back = dict(zip(other.bus.index, _volts(other), strict=True))
    again = np.array([back.get(row, np.nan) for row in rows])
    there = np.isfinite(volts)
    return Case(
        name,
        float(mismatch_mva(file, known) / fed),
        float(np.abs(again - volts)[there].max()),
        float(abs(other.res_bus.p_mw.sum() - one.res_bus.p_mw.sum()) / fed),
    )


def _volts(net: Any) -> Complex[np.ndarray, " n"]:
    angle: np.ndarray = np.deg2rad(net.res_bus.va_degree.to_numpy(float))
    return np.asarray(net.res_bus.vm_pu.to_numpy(float) * np.exp(1j * angle))


def mismatch_mva(file: Path, volts: dict[int, complex]) -> float:
    """The largest power that the equations of a file leave over at given voltages.

    What the slack feeds, and the reactive power of generators, follow from the solution: they are
    not asked about. Buses without a voltage are out of service.
    """
    case = loadmat(file, squeeze_me=True, struct_as_record=False)["mpc"]
    bus, branch, gen = (np.atleast_2d(getattr(case, k)) for k in ("bus", "branch", "gen"))
    bus = bus[[int(number) in volts for number in bus[:, 0]]]
    place = {int(number): i for i, number in enumerate(bus[:, 0])}
    v = np.array([volts[number] for number in place])
    branch = branch[branch[:, 10] > 0]
    f, t = (np.array([place[int(b)] for b in branch[:, k]]) for k in (0, 1))
    series = 1 / (branch[:, 2] + 1j * branch[:, 3])
    ratio = np.where(branch[:, 8] == 0, 1.0, branch[:, 8])
    tap = ratio * np.exp(1j * np.deg2rad(branch[:, 9]))
    own = series + 0.5j * branch[:, 4]
    left = np.abs(v) ** 2 * (bus[:, 4] - 1j * bus[:, 5]) + bus[:, 2] + 1j * bus[:, 3]  # MVA
    into = case.baseMVA * v[f] * np.conj(own * v[f] / ratio**2 - series * v[t] / np.conj(tap))
    np.add.at(left, f, into)
    np.add.at(left, t, case.baseMVA * v[t] * np.conj(own * v[t] - series * v[f] / tap))
    running = gen[gen[:, 7] > 0]
    at = [place[int(b)] for b in running[:, 0]]
    np.subtract.at(left, at, running[:, 1] + 1j * running[:, 2])
    kind = bus[:, 1]
    reactive = np.where(kind == LOAD_BUS, np.abs(left.imag), 0.0)
    return float(max(np.where(kind == SLACK, 0.0, np.abs(left.real)).max(), reactive.max()))
