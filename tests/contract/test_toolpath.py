"""The contract on printed columns."""

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from ingenium.testing import Damage, ProblemContract


def _changed(pattern: str, by: str, path: Path) -> None:
    """Replace the first match of a file, which must exist."""
    text, count = re.subn(pattern, by, path.read_text(), count=1, flags=re.M)
    assert count == 1, pattern
    path.write_text(text)


class TestPrintedColumn(ProblemContract):
    problem_name = "structures.toolpath"
    few = 3
    setup: ClassVar[Mapping[str, Any]] = {
        "height_m": 0.5,
        "bead_m": 0.1,
        "hop_m": 0.05,
        "known": 20,
    }

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        damages = {
            "other rings in its head": (r"^; column rings \d", "; column rings 4"),
            "other infill in its head": (r"^; column infill_foot .*", "; column infill_foot 0.0"),
            "no head": (r"^(?:; column .*\n)+", ""),
            "a number beyond its bounds": (r"^; column power .*", "; column power 900"),
            "a move left out": (r"^G1 .*\n", ""),
            "a move twice": (r"^(G1 .*\n)", r"\1\1"),
            "no hop": (r"^G0 .*\n", ""),
            "a bead of nothing": (r"E\d+\.\d+", "E0.0"),
            "ten times as fast": (r"F(\d+)", r"F\g<1>0"),
            "layers as high as told": (r"^;HEIGHT:.*", ";HEIGHT:1000.0"),
            "a head told twice": (r"^(; column power .*\n)", r"; column power 100\n\1"),
            "moves from where it is": (r"^G90.*\n", "G91\n"),
            "another origin": (r"^(G21.*\n)", r"\1G92 X5 Y5 Z5\n"),
            "a program of its own": (r"\Z", "M28 other.gcode\n"),
            "a printer without heat": (r"^(G21.*\n)", r"\1M104 S0\n"),
            "a move in a comment": (r"^(G1 .*\n)", r"; \1"),
            "a comment with a move": (r"^(G1 .*)\n", "; layer\u2028\\1\n"),
            "inches": (r"^G21", "G20"),
            "inches by digits after a point": (r"^G21", "G20.9999"),
            "extrusion as filament": (r"^M200 S1", "M200 S0.9999"),
            "moves by digits after a point": (r"^G1 ", "G0.9999 "),
            "a move of another kind": (r"^G1 ", "G0 "),
            "a move more": (r"\Z", "G1 X0.0 Y0.0 Z0.0 E1000.0\n"),
        }
        return {"gcode": {what: partial(_changed, *how) for what, how in damages.items()}}
