"""MATPOWER case files, version 2: the tables of buses, generators, branches and costs.

Source: Zimmerman, Murillo-Sánchez and Thomas, MATPOWER, IEEE Trans. Power Syst. 26:12, 2011;
    User's Manual, appendix B.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from ingenium.core.errors import InputError
from ingenium.core.reading.files import MOST_BYTES, number, refusing, text

WHAT = "a MATPOWER case file, version 2"
# Columns. Source: idx_bus, idx_gen, idx_brch and idx_cost of MATPOWER.
BUS, KIND, PD, QD, GS, BS, AREA, VM, VA, KV, ZONE, VMAX, VMIN = range(13)
GEN_BUS, PG, QG, QMAX, QMIN, VG, MBASE, STATUS, PMAX, PMIN = range(10)
FROM, TO, R, X, B, RATE_A, RATE_B, RATE_C, TAP, SHIFT, IN_SERVICE, ANGLE_MIN, ANGLE_MAX = range(13)
MODEL, START, STOP, TERMS, COST = range(5)
POLYNOMIAL, REFERENCE = 2, 3
WIDTHS = {"bus": 13, "gen": 10, "branch": 13, "gencost": 5}


@dataclass(frozen=True, eq=False)
class CaseTables:
    """Tables of a case, as written.

    Shapes: b buses, g generators, l branches.
    """

    name: str
    base_mva: float
    bus: Float[np.ndarray, "b 13"]
    gen: Float[np.ndarray, "g cg"]
    branch: Float[np.ndarray, "l 13"]
    gencost: Float[np.ndarray, "k cc"]


def read_case(path: Path) -> CaseTables:
    """Read a case file.

    Raises:
        InputError: for another file, or a table that is absent or ragged.
    """
    found = text(path, WHAT, most=MOST_BYTES // 8)
    with refusing(WHAT, path):
        plain = "\n".join(line.split("%")[0] for line in found.splitlines())
        base = re.search(r"mpc\.baseMVA\s*=\s*([^;\s]+)", plain)
        if base is None:
            raise InputError(f"{WHAT}, with mpc.baseMVA", f"none in {path}")
        tables = {name: _table(plain, name, width) for name, width in WIDTHS.items()}
    return CaseTables(path.stem, number(base[1]), **tables)


def _table(plain: str, name: str, width: int) -> Float[np.ndarray, "n c"]:
    found = re.search(rf"mpc\.{name}\s*=\s*\[(.*?)\]\s*;", plain, re.DOTALL)
    if found is None:
        if name == "gencost":
            return np.zeros((0, width))
        raise InputError(f"the table mpc.{name}", "none")
    rows = [row.replace(",", " ").split() for row in re.split(r"[;\n]", found[1]) if row.strip()]
    if not rows or len({len(row) for row in rows}) > 1 or len(rows[0]) < width:
        raise InputError(f"rows of at least {width} numbers in mpc.{name}", "others")
    return np.array([[_value(word) for word in row] for row in rows])


def _value(word: str) -> float:
    return float(word) if word.lower() in ("inf", "-inf") else number(word)


def write_case(
    tables: CaseTables, notes: tuple[str, ...] = (), rows: tuple[tuple[str, ...], ...] = ()
) -> str:
    """Return the text of a case file, every number to its last digit.

    Args:
        tables: of the case.
        notes: lines of comment at the beginning.
        rows: comments behind the rows of generators, such as their names.
    """
    lines = [f"function mpc = {tables.name}", *(f"% {note}" for note in notes)]
    lines += ["mpc.version = '2';", f"mpc.baseMVA = {tables.base_mva!r};"]
    names = [" ".join(row) for row in rows]
    for name in WIDTHS:
        table = getattr(tables, name)
        if not len(table):
            continue
        lines.append(f"mpc.{name} = [")
        for i, row in enumerate(table.tolist()):
            said = f" % {names[i]}" if name == "gen" and names else ""
            lines.append("\t" + "\t".join(_shown(x) for x in row) + ";" + said)
        lines.append("];")
    return "\n".join(lines) + "\n"


def _shown(x: float) -> str:
    if not np.isfinite(x):
        return "Inf" if x > 0 else "-Inf"
    return str(int(x)) if x == int(x) and abs(x) < 1e15 else repr(x)
