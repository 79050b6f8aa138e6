"""PSS/E RAW files, version 33: buses, loads, shunts, generators, branches and transformers.

Source: Siemens PTI, PSS/E 33.4 Program Operation Manual, chapter 5.
"""

import itertools
from pathlib import Path

import numpy as np

from ingenium.core.errors import InputError
from ingenium.core.reading.files import MOST_BYTES, number, refusing, text
from ingenium.domains.grid.transmission import matpower as m
from ingenium.domains.grid.transmission.matpower import CaseTables

WHAT = "a PSS/E RAW file, version 33"
SECTIONS = ("bus", "load", "fixed shunt", "generator", "branch", "transformer")
REST = ("area", "two-terminal dc", "vsc dc", "impedance correction", "multi-terminal dc",
        "multi-section line", "zone", "inter-area transfer", "owner", "facts", "switched shunt",
        "gne", "induction machine")  # fmt: skip
TRANSFORMER_LINES = 4  # of two windings


def write_raw(case: CaseTables) -> str:
    """Return a case as RAW 33, every number to its last digit.

    A branch with a ratio or a shift is a transformer; its charging, which RAW has no place for,
    must be 0.

    Raises:
        InputError: for a transformer with charging.
    """
    lines = [f"0, {_n(case.base_mva)}, 33, 0, 1, 60.0 / ingenium", "one hour of a plan", ""]
    bus = case.bus
    for row in bus:
        kind, kv = int(row[m.KIND]), row[m.KV]
        lines.append(_row(int(row[m.BUS]), "'            '", kv, kind, 1, 1, 1, row[m.VM],
                          row[m.VA], row[m.VMAX], row[m.VMIN], 1.1, 0.9))  # fmt: skip
    lines.append("0 / END OF BUS DATA, BEGIN LOAD DATA")
    loaded = bus[(bus[:, m.PD] != 0) | (bus[:, m.QD] != 0)]
    lines += [
        _row(int(r[m.BUS]), "'1 '", 1, 1, 1, r[m.PD], r[m.QD], 0.0, 0.0, 0.0, 0.0, 1, 1, 0)
        for r in loaded
    ]
    lines.append("0 / END OF LOAD DATA, BEGIN FIXED SHUNT DATA")
    shunts = bus[(bus[:, m.GS] != 0) | (bus[:, m.BS] != 0)]
    lines += [_row(int(r[m.BUS]), "'1 '", 1, r[m.GS], r[m.BS]) for r in shunts]
    lines.append("0 / END OF FIXED SHUNT DATA, BEGIN GENERATOR DATA")
    lines += [_machine(row, k) for k, row in enumerate(case.gen)]
    lines.append("0 / END OF GENERATOR DATA, BEGIN BRANCH DATA")
    turned = (case.branch[:, m.TAP] != 0) | (case.branch[:, m.SHIFT] != 0)
    lines += [_line(case.branch[k], k) for k in np.flatnonzero(~turned).tolist()]
    lines.append("0 / END OF BRANCH DATA, BEGIN TRANSFORMER DATA")
    for k in np.flatnonzero(turned).tolist():
        lines += _transformer(case.branch[k], k)
    lines.append("0 / END OF TRANSFORMER DATA, BEGIN AREA DATA")
    for before, after in itertools.pairwise((*REST, "")):
        begin = f", BEGIN {after.upper()} DATA" if after else ""
        lines.append(f"0 / END OF {before.upper()} DATA{begin}")
    return "\n".join([*lines, "Q"]) + "\n"


def _machine(row: np.ndarray, k: int) -> str:
    powers = (row[m.PG], row[m.QG], row[m.QMAX], row[m.QMIN], row[m.VG], 0, row[m.MBASE])
    ends = (int(row[m.STATUS]), 100.0, row[m.PMAX], row[m.PMIN], 1, 1.0)
    source = (0.0, 1.0, 0.0, 0.0, 1.0)
    return _row(int(row[m.GEN_BUS]), f"'{_identity(k)}'", *powers, *source, *ends)


def _line(row: np.ndarray, k: int) -> str:
    values = (row[c] for c in (m.R, m.X, m.B, m.RATE_A, m.RATE_B, m.RATE_C))
    rest = (0.0, 0.0, 0.0, 0.0, int(row[m.IN_SERVICE]), 1, 0.0, 1, 1.0)
    return _row(int(row[m.FROM]), int(row[m.TO]), f"'{_identity(k)}'", *values, *rest)


def _transformer(row: np.ndarray, k: int) -> list[str]:
    if row[m.B] != 0:
        raise InputError(
            "transformers without charging, which RAW has no place for",
            f"{row[m.B]:g} pu between {int(row[m.FROM])} and {int(row[m.TO])}",
            "Write format matpower.",
        )
    ends = (int(row[m.FROM]), int(row[m.TO]), 0)
    ratio = row[m.TAP] or 1.0
    return [
        _row(*ends, f"'{_identity(k)}'", 1, 1, 1, 0.0, 0.0, 2, "'            '",
             int(row[m.IN_SERVICE]), 1, 1.0),
        _row(row[m.R], row[m.X], 100.0),
        _row(ratio, 0.0, row[m.SHIFT], row[m.RATE_A], row[m.RATE_B], row[m.RATE_C], 0, 0, 1.1,
             0.9, 1.1, 0.9, 33, 0, 0.0, 0.0, 0.0),
        _row(1.0, 0.0),
    ]  # fmt: skip


def _identity(k: int) -> str:
    """Return two characters that number a machine or branch, in base 36."""
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    if k >= len(digits) ** 2:
        raise InputError("at most 1,296 machines or branches in a RAW file", k)
    return digits[k // 36] + digits[k % 36]


def _n(x: object) -> str:
    return repr(float(x)) if isinstance(x, float | np.floating) else str(x)


def _row(*cells: object) -> str:
    return ", ".join(_n(c) for c in cells)


def read_raw(path: Path) -> CaseTables:
    """Read a RAW file of version 33 as case tables; identities put rows back in order.

    Raises:
        InputError: for another version or file.
    """
    found = text(path, WHAT, most=MOST_BYTES // 8)
    with refusing(WHAT, path):
        lines = found.splitlines()
        first = [c.strip() for c in lines[0].split("/")[0].split(",")]
        if int(float(first[2])) != 33:
            raise InputError(WHAT, f"version {first[2]} in {path}")
        parts, rest = dict[str, list[list[str]]](), iter(lines[3:])
        for name in SECTIONS:
            own = itertools.takewhile(lambda x: not x.strip().startswith("0 /"), rest)
            parts[name] = [[c.strip().strip("'") for c in line.split(",")] for line in own]
        return _tables(path.stem, number(first[1]), parts)


def _tables(name: str, base: float, parts: dict[str, list[list[str]]]) -> CaseTables:
    bus = np.zeros((len(parts["bus"]), 13))
    at = {int(row[0]): i for i, row in enumerate(parts["bus"])}
    for i, row in enumerate(parts["bus"]):
        bus[i] = [int(row[0]), int(row[3]), 0, 0, 0, 0, 1, number(row[7]), number(row[8]),
                  number(row[2]), 1, number(row[9]), number(row[10])]  # fmt: skip
    for row in parts["load"]:
        bus[at[int(row[0])], [m.PD, m.QD]] += [number(row[5]), number(row[6])]
    for row in parts["fixed shunt"]:
        bus[at[int(row[0])], [m.GS, m.BS]] += [number(row[3]), number(row[4])]
    gen = np.zeros((len(parts["generator"]), 10))
    for row in parts["generator"]:
        k = int(row[1], 36)
        gen[k] = [int(row[0]), *(number(row[j]) for j in (2, 3, 4, 5, 6, 8)), int(row[14]),
                  number(row[16]), number(row[17])]  # fmt: skip
    windings = parts["transformer"]
    starts = range(0, len(windings), TRANSFORMER_LINES)
    groups = [windings[i : i + TRANSFORMER_LINES] for i in starts]
    branch = np.zeros((len(parts["branch"]) + len(groups), 13))
    for row in parts["branch"]:
        values = [number(c) for c in row[3:9]]
        branch[int(row[2], 36), :11] = [int(row[0]), int(row[1]), *values, 0, 0, int(row[13])]
    for first, second, third, _ in groups:
        rates = [number(c) for c in third[3:6]]
        branch[int(first[3], 36), :11] = [
            *(int(first[0]), int(first[1]), number(second[0]), number(second[1]), 0.0, *rates),
            *(number(third[0]), number(third[2]), int(first[11])),
        ]
    return CaseTables(name, base, bus, gen, branch, np.zeros((0, 5)))
