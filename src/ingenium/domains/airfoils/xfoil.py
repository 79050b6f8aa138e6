"""XFOIL, an external GPL program: found on the path, called, its polar file read.

No part of it is linked or copied. Debian's 6.99 traps every floating-point exception, and a viscous
run raises harmless ones; a preloaded library of one empty function removes the trap. Where the
program needs it, it is compiled once per process, in memory only.

Source: Drela, XFOIL: an analysis and design system for low Reynolds number airfoils, 1989.
"""

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import Float

from ingenium.core.errors import EngineError
from ingenium.domains.airfoils.files import dat
from ingenium.trust.environments.limits import Limits, surroundings
from ingenium.trust.environments.programs import Program, on_path, sealed

LIMITS = Limits(cpu_s=5, memory_mb=2048)  # of one case, which takes a third of a second
ITERATIONS = 60  # of Newton's method at each angle
_TRAP = "void _gfortran_set_fpe(int options) { (void)options; }\n"
_PLAIN = ["PLOP", "G F", ""]  # disable graphics
_ROW = 4  # angle, lift, drag, (pressure drag,) moment
_COLUMNS = [0, 1, 2, 4]


@dataclass(frozen=True)
class LiftCase:
    """One section at one operating point: first the required lift, then a sweep beyond it."""

    points: Float[np.ndarray, "p 2"]
    reynolds: float
    amplification: float
    near_deg: float  # approximate angle of the required lift
    lift: float | None  # None: only the angles
    angles_deg: tuple[float, ...]

    def commands(self, section: str, polar: str) -> list[str]:
        """Return the commands that a user would type."""
        requested = (
            [] if self.lift is None else [f"ALFA {self.near_deg:.3f}", f"CL {self.lift:.6f}"]
        )
        return [
            f"LOAD {section}",
            "PANE",
            "OPER",
            f"VISC {self.reynolds:.6g}",
            "VPAR",
            f"N {self.amplification:g}",
            "",
            f"ITER {ITERATIONS}",
            "PACC",
            polar,
            "",
            *requested,
            *(f"ALFA {a:.3f}" for a in self.angles_deg),
            "PACC",
        ]


def typed(commands: list[str]) -> str:
    """Return the complete input, from disabling graphics to quitting."""
    return "\n".join([*_PLAIN, *commands, "", "", "QUIT", ""])


def solved(case: LiftCase, program: Program) -> Float[np.ndarray, "r 4"]:
    """Run XFOIL; return angle, lift, drag and moment wherever it converged, in input order."""
    with tempfile.TemporaryDirectory(prefix="ingenium-xfoil-") as name:
        folder = Path(name)
        (folder / "section.dat").write_text(dat("section", case.points))
        program.run(typed(case.commands("section.dat", "polar.txt")), folder)
        return polar_in(folder / "polar.txt")


def polar_in(path: Path) -> Float[np.ndarray, "r 4"]:
    """Return the rows of a polar file; no rows if it was not written."""
    if not path.is_file():
        return np.empty((0, _ROW))
    text = path.read_text(errors="replace")
    table = text.partition("------")[2].splitlines()[1:]
    rows = [r for r in map(_numbers, table) if len(r) > max(_COLUMNS)]
    found = np.array(rows)[:, _COLUMNS] if rows else np.empty((0, _ROW))
    sound: np.ndarray = found[np.isfinite(found).all(1) & (found[:, 2] > 0)]
    return sound


def _numbers(line: str) -> list[float]:
    """Numbers of a row; stars (a value too wide for its column) give none."""
    try:
        return [float(word) for word in line.split()[:5]]
    except ValueError:
        return []


@cache
def find() -> Program:
    """Find the program and try it on NACA 0012.

    Raises:
        EngineError: if the program is not installed, or does not converge here.
    """
    plain = Program("xfoil", on_path("xfoil", "it judges sections of wings"), LIMITS)
    found = _tried(plain) or _tried(replace(plain, before=_library()))
    if found is None:
        raise EngineError(f"{plain.path} does not converge for NACA 0012 at 4 degrees")
    return found


def absent() -> str | None:
    """Return why the program cannot be used here; None if it can."""
    try:
        find()
    except EngineError as error:
        return str(error)
    return None


def _tried(program: Program) -> Program | None:
    """The program with its release, if it converges."""
    with tempfile.TemporaryDirectory(prefix="ingenium-xfoil-") as name:
        case = ["NACA 0012", "OPER", "VISC 1e6", "PACC", "polar.txt", "", "ALFA 4", "PACC"]
        said = program.run(typed(case), Path(name)).printed
        if len(polar_in(Path(name) / "polar.txt")) != 1:
            return None
    release = re.search(r"XFOIL Version\s+(\S+)", said)
    return replace(program, release=release.group(1)) if release else program


def _library() -> int:
    """Handle of the library that removes the trap.

    Raises:
        EngineError: if there is no C compiler, or it fails.
    """
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if compiler is None:
        raise EngineError(
            "XFOIL stops at a floating-point exception here, and to keep it from that a C "
            "compiler is needed; install one, such as by `apt install gcc`"
        )
    with tempfile.TemporaryDirectory(prefix="ingenium-xfoil-") as name:
        out = Path(name) / "no_trap.so"
        made = subprocess.run(
            [compiler, "-shared", "-fPIC", "-o", str(out), "-x", "c", "-"],
            input=_TRAP,
            env=surroundings(),
            text=True,
            check=False,
            capture_output=True,
        )
        if made.returncode:
            raise EngineError(f"{compiler} could not compile a library for XFOIL: {made.stderr}")
        return sealed(out.read_bytes(), "no_trap.so")
