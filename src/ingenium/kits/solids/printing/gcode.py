"""Toolpaths as G-code: millimetres and cubic millimetres in the file, metres inside."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ingenium.core.errors import InputError
from ingenium.core.folders import write_atomic
from ingenium.core.reading.files import lines, refusing
from ingenium.kits.solids.printing.toolpath import Toolpath

MM, MM3 = 1e3, 1e9
HEAD = (
    "; ingenium",
    "G21 ; millimetres",
    "G90 ; absolute places",
    "M83 ; relative extrusion",
    "M200 S1 ; extrusion in cubic millimetres",
)
UNITS_MM = {"G20": 25.4, "G21": 1.0}
ASIDE = ("G4", "G28", "G90", "M")  # commands without an effect on the toolpath
COMMAND = re.compile(r"[A-Z][0-9]+(?![0-9.])")
WORD = re.compile(r"([A-Z])\s*(-?\d+(?:\.\d*)?|-?\.\d+)")


def write_gcode(
    path: Toolpath, file: Path, *, laid_m_s: float, travel_m_s: float, notes: Sequence[str] = ()
) -> None:
    """Write G-code for RepRap firmware; the same toolpath always gives the same bytes.

    Notes are comments at the top of the file, a line each.

    Source: NIST RS274NGC interpreter, version 3, 2000 (G0, G1, G20 to G90); Marlin firmware,
        M83 and M200 (volumetric extrusion); `;HEIGHT:` as PrusaSlicer writes it.

    Raises:
        InputError: for speeds that are not above 0.
        StorageError: if it cannot be written.
    """
    if not (laid_m_s > 0 and travel_m_s > 0):
        raise InputError("speeds above 0 m/s", (laid_m_s, travel_m_s))
    feeds = (f" F{travel_m_s * MM * 60:.0f}", f" F{laid_m_s * MM * 60:.0f}")
    lines, height, before = [*HEAD, *(f"; {note}" for note in notes)], 0.0, None
    rows = zip((path.corner_m * MM).tolist(), path.volume_m3 * MM3, path.height_m * MM, strict=True)
    for (x, y, z), volume, own in rows:
        if own != height:
            lines.append(f";HEIGHT:{own:.4f}")
            height = own
        laid = volume > 0
        feed = feeds[int(laid)] if laid != before else ""
        extruded = f" E{volume:.6f}" if laid else ""
        lines.append(f"G{int(laid)} X{x:.4f} Y{y:.4f} Z{z:.4f}{extruded}{feed}")
        before = laid
    write_atomic(file, ("\n".join(lines) + "\n").encode())


def read_gcode(file: Path) -> Toolpath:
    """Read the toolpath of a file with relative volumetric extrusion and layer heights.

    Raises:
        InputError: for a file that is absent, has no moves, or uses unsupported features: arcs,
            relative positions, extrusion that is not relative, or no `;HEIGHT:`.
    """
    found = lines(file, "a G-code file")
    with refusing("a G-code file", file):
        return _toolpath(found, file)


def _toolpath(found: Sequence[str], file: Path) -> Toolpath:
    scale, height = 1.0, 0.0
    at = {"X": 0.0, "Y": 0.0, "Z": 0.0}
    rows: list[tuple[float, ...]] = []
    for number, line in enumerate(found, 1):
        if line.startswith(";HEIGHT:"):
            height = float(line[8:])
        plain = line.split(";")[0].upper().strip()
        if not plain:
            continue
        words = WORD.findall(plain)
        code = words[0][0] + words[0][1] if words else plain[:40]
        moves = code in ("G0", "G1") and WORD.sub("", plain).strip()
        if moves or COMMAND.match(plain) is None:  # a printer reads `G20.9` as G20
            raise InputError(
                "commands such as G1 X2.5, letters with whole numbers of codes",
                f"{plain[:40]} in line {number} of {file.name}",
                "Export it again.",
            )
        if code in UNITS_MM:
            scale = UNITS_MM[code]
        elif code in ("G0", "G1"):
            reported = {letter: float(value) for letter, value in words[1:]}
            at |= {axis: scale * reported[axis] for axis in at if axis in reported}
            rows.append((*at.values(), reported.get("E", 0.0) * scale**3, height))
        elif code == "M82" or not code.startswith(ASIDE):
            raise InputError(
                "straight moves with absolute places and relative extrusion",
                f"{code} in line {number} of {file.name}",
                "Switch arcs off and relative extrusion on in the slicer.",
            )
    return _checked(np.array(rows, dtype=np.float64).reshape(-1, 5), file)


def _checked(rows: np.ndarray, file: Path) -> Toolpath:
    if not (rows[:, 3] > 0).any():
        raise InputError("moves that lay something down", f"none in {file.name}")
    if not (rows[rows[:, 3] > 0, 4] > 0).all():
        raise InputError(
            "the height of each layer",
            f"none in {file.name}",
            "Let the slicer write comments such as ;HEIGHT:0.2.",
        )
    return Toolpath(rows[:, :3] / MM, np.maximum(rows[:, 3], 0.0) / MM3, rows[:, 4] / MM)
