"""XFOIL, a program of its own under the GPL: found on the path, called, its polar file read.

Nothing of it is linked or copied. Debian's 6.99 traps every floating-point exception, and a viscous
run raises harmless ones; a library of one empty function, loaded before it, takes the trap away.
It is compiled anew where the program needs it.

Source: Drela, XFOIL: an analysis and design system for low Reynolds number airfoils, 1989.
"""

import atexit
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import Float

from ingenium.core.errors import EngineError
from ingenium.domains.airfoils.files import dat

WORK_S = 5  # of the processor for one case, which takes a third of a second
PATIENCE_S = 900.0  # on the clock, where the machine is busy
ITERATIONS = 60  # of Newton's method at each angle
_TRAP = "void _gfortran_set_fpe(int options) { (void)options; }\n"
_PLAIN = ["PLOP", "G F", ""]  # no windows
_ROW = 4  # angle, lift, drag, (pressure drag,) moment
_COLUMNS = [0, 1, 2, 4]


@dataclass(frozen=True)
class Program:
    """The program as it runs here."""

    path: Path
    version: str
    before: Path | None  # a library to load before it

    def run(self, commands: Sequence[str], folder: Path) -> str:
        """What it prints, until it ends or loops: then the system stops it after `WORK_S`.

        The time of the processor is what counts, so that a busy machine gives no other answers.

        Raises:
            EngineError: if the machine gives it no time.
        """
        own = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "LD_PRELOAD")}
        if self.before is not None:
            own["LD_PRELOAD"] = str(self.before)
        try:
            done = subprocess.run(
                ["/bin/sh", "-c", f'ulimit -t {WORK_S}; exec "$0"', str(self.path)],
                input="\n".join([*_PLAIN, *commands, "", "", "QUIT", ""]),
                cwd=folder,
                env=own,
                text=True,
                errors="replace",
                capture_output=True,
                timeout=PATIENCE_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise EngineError(
                f"xfoil had not {WORK_S} s of the processor within {PATIENCE_S:g} s"
            ) from error
        return done.stdout


@dataclass(frozen=True)
class Case:
    """One section at one operating point: first the asked lift, then a sweep beyond it."""

    points: Float[np.ndarray, "p 2"]
    reynolds: float
    amplification: float
    near_deg: float  # about where the lift is met
    lift: float | None  # none: only the angles
    angles_deg: tuple[float, ...]

    def commands(self, section: str, polar: str) -> list[str]:
        """What a user would type."""
        asked = [] if self.lift is None else [f"ALFA {self.near_deg:.3f}", f"CL {self.lift:.6f}"]
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
            *asked,
            *(f"ALFA {a:.3f}" for a in self.angles_deg),
            "PACC",
        ]


def solved(case: Case, program: Program) -> Float[np.ndarray, "r 4"]:
    """Angle, lift, drag and moment wherever the program converged, in the order of asking."""
    with tempfile.TemporaryDirectory(prefix="ingenium-xfoil-") as name:
        folder = Path(name)
        (folder / "section.dat").write_text(dat("section", case.points))
        program.run(case.commands("section.dat", "polar.txt"), folder)
        return polar_in(folder / "polar.txt")


def polar_in(path: Path) -> Float[np.ndarray, "r 4"]:
    """The rows of a polar file; none if it was not written."""
    if not path.is_file():
        return np.empty((0, _ROW))
    text = path.read_text(errors="replace")
    table = text.partition("------")[2].splitlines()[1:]
    rows = [r for r in map(_numbers, table) if len(r) > max(_COLUMNS)]
    found = np.array(rows)[:, _COLUMNS] if rows else np.empty((0, _ROW))
    sound: np.ndarray = found[np.isfinite(found).all(1) & (found[:, 2] > 0)]
    return sound


def _numbers(line: str) -> list[float]:
    """Numbers of a row, of which stars (too wide for its column) are none."""
    try:
        return [float(word) for word in line.split()[:5]]
    except ValueError:
        return []


@cache
def find() -> Program:
    """The program, tried on NACA 0012.

    Raises:
        EngineError: if it is not there, or gives no answer here.
    """
    path = shutil.which("xfoil")
    if path is None:
        raise EngineError("XFOIL is not on the path; install it, such as by `apt install xfoil`")
    plain = _tried(Path(path), None)
    if plain is not None:
        return plain
    mended = _tried(Path(path), _library())
    if mended is None:
        raise EngineError(f"{path} gives no answer for NACA 0012 at 4 degrees")
    return mended


def absent() -> str | None:
    """Why the program cannot be used here; none if it can."""
    try:
        find()
    except EngineError as error:
        return str(error)
    return None


def _tried(path: Path, before: Path | None) -> Program | None:
    program = Program(path, "", before)
    with tempfile.TemporaryDirectory(prefix="ingenium-xfoil-") as name:
        case = ["NACA 0012", "OPER", "VISC 1e6", "PACC", "polar.txt", "", "ALFA 4", "PACC"]
        said = program.run(case, Path(name))
        if len(polar_in(Path(name) / "polar.txt")) != 1:
            return None
    found = re.search(r"XFOIL Version\s+(\S+)", said)
    return Program(path, found.group(1) if found else "unknown", before)


@cache
def _library() -> Path:
    """The library that takes the trap away, compiled anew in each process, and gone with it.

    It is not kept: what the cache holds is never run.

    Raises:
        EngineError: if there is no C compiler, it fails, or the library could not be loaded from
            where it would lie.
    """
    folder = tempfile.mkdtemp(prefix="ingenium-xfoil-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    out = Path(folder) / "no_trap.so"
    if {" ", ":"} & set(str(out)):  # at which the loader of programs cuts its list
        raise EngineError(
            "XFOIL needs a library from the folder for temporary files, whose path must have no "
            f"blank and no colon; it is {tempfile.gettempdir()}. Set TMPDIR to another folder"
        )
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if compiler is None:
        raise EngineError(
            "XFOIL stops at a floating-point exception here, and to keep it from that a C "
            "compiler is needed; install one, such as by `apt install gcc`"
        )
    made = subprocess.run(
        [compiler, "-shared", "-fPIC", "-o", str(out), "-x", "c", "-"],
        input=_TRAP,
        text=True,
        check=False,
        capture_output=True,
    )
    if made.returncode:
        raise EngineError(f"{compiler} could not compile a library for XFOIL: {made.stderr}")
    return out
