"""The contract on roof trusses."""

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from ingenium.testing import Damage, ProblemContract


def _changed(pattern: str, by: str, path: Path) -> None:
    """Replace the first match of a file, which must exist."""
    text, count = re.subn(pattern, by, path.read_text(), count=1, flags=re.M)
    assert count == 1, pattern
    path.write_text(text, newline="")


class TestRoofTruss(ProblemContract):
    problem_name = "structures.roof"
    setup: Mapping[str, int] = {"known": 60}

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        deck = {
            "a thousandth of the area": (r"^(\d\.\d+)e-(\d+)$", r"\1e-09"),
            "a bar left out": (r"^4, 4, 5\n", ""),
            "a bar twice": (r"^(4, 4, 5\n)", r"\1\1"),
            "a support more": (r"^\*STEP", "2, 2, 2\n*STEP"),
            "half of the roof": (r"^(\d+, 2, )-\d[\d.]*$", r"\1-1.0"),
            "steel ten times as stiff": (r"^2\.1e\+11", "2.1e+12"),
            "no gravity": (r"GRAV, 9\.81", "GRAV, 0.0"),
            "a name of another section": (r"^(\*ELEMENT.*)SHS\S+", r"\1SHS200x200x12.5"),
            "another element": ("T3D2", "B31"),
            "a load less": (r"^(\*CLOAD\n)\d+, 2, .*\n", r"\1"),
            "a load upward": (r"^(\*CLOAD\n\d+, 2, )-", r"\1"),
            "light steel": (r"^(\*DENSITY\n).*", r"\g<1>78.5"),
            "geometry that follows": (r"^\*STEP", "*STEP, NLGEOM"),
            "a comment that hides a bar": (r"^4, 4, 5\n", "** 4, 4, 5\n"),
            "another file within": (r"^\*STEP", "*INCLUDE, INPUT=a.inp\n*STEP"),
            "gravity in another order": (r"^(\w+), GRAV, 9\.81", r"9.81, \1, GRAV"),
            "a section in a comment": (r"^(\*SOLID SECTION)", r"** sections\r\1"),
            "a second step": (r"^\*END STEP", "*END STEP\n*STEP\n*STATIC\n*END STEP"),
        }
        drawing = {
            "a layer of another section": (r"TOP_SHS\S+", "TOP_SHS200x200x12.5"),
            "a layer of no section": (r"TOP_SHS\S+", "TOP_SHS1x1x1"),
            "a bar left out": (r"^  0\nLINE\n(?:.*\n){14}", ""),
            "a bar twice": (r"^(  0\nLINE\n(?:.*\n){14})", r"\1\1"),
            "a bar that is not shown": (r"^  0\nLINE\n", "  0\nLINE\n 60\n1\n"),
            "a bar on paper": (r"^  0\nLINE\n", "  0\nLINE\n 67\n1\n"),
            "a bar as a wall": (r"^  0\nLINE\n", "  0\nLINE\n 39\n3000.0\n"),
            "a bar in another direction": (r"^  0\nLINE\n", "  0\nLINE\n230\n-1.0\n"),
            "an end told twice": (r"^( 10\n.*\n)", r" 10\n-5.0\n\1"),
            "a block that is put nowhere": (r"ENTITIES", "BLOCKS"),
            "in inches": (r"^ 70\n4$", " 70\n1"),
            "in no unit": (r"^  9\n\$INSUNITS\n 70\n4\n", ""),
            "a circle at its end": (r"  0\nENDSEC\n  0\nEOF\n\Z", "  0\nCIRCLE\n  8\n0\n"),
            "no end": (r"  0\nEOF\n\Z", ""),
            "a line after its end": (r"(  0\nEOF\n)\Z", r"\1  0\nLINE\n"),
            "a section that DXF does not have": (r"^HEADER", "H(EADER"),
            "an end without its place": (r"^ 11\n.*\n", ""),
            "entities twice": (r"(  0\nEOF\n)\Z", r"  0\nSECTION\n  2\nENTITIES\n  0\nENDSEC\n\1"),
            "a code that few programs read": (r"^ 10\n", " 1_0\n"),
            "a circle": (r"^  0\nLINE", "  0\nCIRCLE"),
        }
        return {
            form: {what: partial(_changed, *how) for what, how in those.items()}
            for form, those in (("inp", deck), ("dxf", drawing))
        }
