"""Quantum ESPRESSO's pw.x, a GPL program: found on the path, called, its output parsed.

A self-consistent run on a mesh shifted off the centre gives energy and pressure, and a run on its
density at the corners and the centre of the zone adds band energies: the gap is the least over the
eigenvalues of both.

Source: Giannozzi et al., J. Phys.: Condens. Matter 29:465901, 2017; Perdew, Burke and Ernzerhof,
    Physical Review Letters 77:3865, 1996 (PBE, whose gaps are smaller than measured ones).
"""

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import Float

from ingenium.core.digest import file_digest
from ingenium.core.errors import EngineError, InputError
from ingenium.domains.matter.potential import Crystal
from ingenium.domains.matter.pseudopotentials import FILES, FOLDER
from ingenium.domains.matter.wyckoff import ANGSTROM
from ingenium.trust.environments.limits import Limits
from ingenium.trust.environments.programs import Program, ProgramRun, on_path

RELEASE = "6.7"  # whose results ship with the package
UNFINISHED = "pw.x did not finish"  # it was killed, which says nothing about the crystal
CPU_S = 900  # of one run
LIMITS = Limits(cpu_s=CPU_S, memory_mb=6144, wall_s=7200.0)
RYDBERG_EV, KBAR, BOHR = 13.605693122994, 1e8, 0.529177210903  # eV, Pa, angstrom
DUAL, SMEARING_RY, CONVERGED_RY = 8, 0.005, 1e-7  # SSSP's cutoff of density over that of waves
EMPTY = 6  # bands beyond the occupied ones
AROUND = 8.0  # angstrom: points times length, in a box of many atoms
LONG, SHORT = 9.0, 3.6  # angstrom of a cell along an axis: fewer points beyond, more below
_RETAINED = (
    "MALLOC_TRIM_THRESHOLD_",
    "MALLOC_MMAP_THRESHOLD_",
)  # else a third of the time is the system's
_BANDS = re.compile(r"k =.*?bands \(ev\):\n\n(.*?)\n\n", re.DOTALL)
_FORCE = re.compile(r"atom +\d+ type +\d+ +force = +(\S+) +(\S+) +(\S+)")
_WIDE = 9  # characters of an eigenvalue


@dataclass(frozen=True)
class GroundState:
    """Result of a run for a primitive cell."""

    energy_ev: float
    gap_ev: float  # of Kohn and Sham by PBE; 0 for a metal
    pressure_pa: float
    seconds: float  # of the processor
    release: str


@dataclass(frozen=True)
class NoAnswer:
    """Reason why a run has no answer."""

    reason: str
    within_s: int | None = None  # of the processor, where that was all that a run had


def mesh(crystal: Crystal) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Points along each reciprocal vector, and whether they are shifted by half a step."""
    cell = crystal.sites.primitive_m(crystal.edges_m) / ANGSTROM
    length = 1 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    points = [2 if one > LONG else 4 if one > SHORT else 6 for one in length]
    if crystal.sites.group.hexagonal and crystal.sites.group.symbol[0] != "R":
        return (points[0] + 2, points[1] + 2, points[2]), (0, 0, 1)
    return (points[0], points[1], points[2]), (1, 1, 1)


def pseudopotential(element: str) -> str:
    """Return the pseudopotential file of an element.

    Raises:
        InputError: for an element without a file of the library in the table.
        EngineError: where the file is not installed, or is another one.
    """
    if element not in FILES:
        raise InputError(
            f"an element with a pseudopotential: {', '.join(FILES)}", element, "Write another one."
        )
    name, seal = FILES[element]
    if not (FOLDER / name).is_file():
        raise EngineError(
            f"the pseudopotential {name} is not installed: "
            "apt-get install quantum-espresso-data-sssp"
        )
    if seal not in file_digest(FOLDER / name):
        raise EngineError(f"{FOLDER / name} is not the file of SSSP 1.3.0")
    return name


def typed(crystal: Crystal, cutoff_ry: float, *, bands: bool = False) -> str:
    """Write the input of pw.x: a self-consistent run, or the bands on its density."""
    cell = crystal.sites.primitive_m(crystal.edges_m) / ANGSTROM
    return _written(
        "nscf" if bands else "scf",
        "tstress=.false." if bands else "tstress=.true.",
        (crystal.sites.elements, cell, crystal.sites.coordinates(crystal.free)),
        ((2, 2, 2), (0, 0, 0)) if bands else mesh(crystal),
        cutoff_ry,
    )


def typed_box(
    elements: Sequence[str],
    cell: Float[np.ndarray, "3 3"],
    places: Float[np.ndarray, "a 3"],
    cutoff_ry: float,
) -> str:
    """Write the input of a run for forces on atoms anywhere in a cell; both in angstrom.

    The mesh is as dense in a large cell as `AROUND` says, and shifted off the centre.
    """
    length = 1 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    a, b, c = np.maximum(np.rint(AROUND / length), 1).astype(int).tolist()
    atoms = elements, cell, places @ np.linalg.inv(cell)
    return _written("scf", "tprnfor=.true.", atoms, ((a, b, c), (1, 1, 1)), cutoff_ry)


def _written(
    calculation: str,
    wanted: str,
    atoms: tuple[Sequence[str], Float[np.ndarray, "3 3"], Float[np.ndarray, "a 3"]],
    points: tuple[tuple[int, int, int], tuple[int, int, int]],
    cutoff_ry: float,
) -> str:
    """Write an input from elements, the cell in angstrom, and fractional coordinates."""
    elements, cell, fractions = atoms
    kinds = list(dict.fromkeys(elements))
    electrons = sum(_valence(e) for e in elements)
    mesh_of, shift = points
    return "\n".join(
        [
            f"&control calculation='{calculation}', outdir='.', prefix='run',",
            f" pseudo_dir='{FOLDER}', disk_io='low', verbosity='high',",
            f" {wanted} /",
            f"&system ibrav=0, nat={len(elements)}, ntyp={len(kinds)}, ecutwfc={cutoff_ry:g},",
            f" ecutrho={DUAL * cutoff_ry:g}, nbnd={electrons // 2 + EMPTY},",
            f" occupations='smearing', smearing='gaussian', degauss={SMEARING_RY:g} /",
            f"&electrons conv_thr={CONVERGED_RY:g}, electron_maxstep=60 /",
            "ATOMIC_SPECIES",
            *(f"{e} 1.0 {pseudopotential(e)}" for e in kinds),
            "CELL_PARAMETERS angstrom",
            *(" ".join(f"{x:.9f}" for x in row) for row in cell),
            "ATOMIC_POSITIONS crystal",
            *(
                f"{e} " + " ".join(f"{x:.9f}" for x in at)
                for e, at in zip(elements, fractions, strict=True)
            ),
            "K_POINTS automatic",
            " ".join(map(str, (*mesh_of, *shift))),
            "",
        ]
    )


@cache
def _valence(element: str) -> int:
    """Count the valence electrons of the pseudopotential."""
    text = (FOLDER / pseudopotential(element)).read_text(errors="replace")
    found = re.search(r'z_valence="\s*([0-9.E+]+)"|([0-9.]+)\s+Z valence', text)
    if found is None:
        raise EngineError(f"{pseudopotential(element)} does not say how many electrons it leaves")
    return round(float(found.group(1) or found.group(2)))


@cache
def find() -> Program:
    """Return the path of the program.

    Raises:
        MissingProgram: with the line that installs it.
    """
    return Program(
        "pw.x",
        on_path("pw.x", "it computes energies and gaps"),
        LIMITS,
        RELEASE,
        reported=tuple((name, "2000000000") for name in _RETAINED),
    )


def absent() -> str | None:
    """Return why the program cannot be used here; None if it can."""
    try:
        find()
        pseudopotential("O")
    except EngineError as error:
        return str(error)
    return None


def solved(crystal: Crystal, cutoff_ry: float) -> GroundState | NoAnswer:
    """Compute energy, gap and pressure of a crystal."""
    with tempfile.TemporaryDirectory(prefix="ingenium-pw-") as name:
        folder = Path(name)
        program = find()
        run = program.run(typed(crystal, cutoff_ry), folder)
        first = run.printed
        if not _arrived(first):
            return _why(run)
        run = program.run(typed(crystal, cutoff_ry, bands=True), folder)
        second = run.printed
        if "JOB DONE" not in second:
            return _why(run)
    electrons = _number(r"number of electrons\s*=\s*(\S+)", first)
    values = np.concatenate([eigenvalues(first), eigenvalues(second)])
    return GroundState(
        RYDBERG_EV * _number(r"!\s+total energy\s+=\s+(\S+)", first),
        gap(values, round(electrons)),
        KBAR * _number(r"P=\s*(\S+)", first),
        sum(_number(r"PWSCF\s+:.*?([0-9.]+)s CPU", text, 0.0) for text in (first, second)),
        _release(first),
    )


def forces(typed_in: str, atoms: int) -> Float[np.ndarray, "a 3"] | NoAnswer:
    """Compute the forces on each atom of an input of `typed_box`, in eV/angstrom."""
    with tempfile.TemporaryDirectory(prefix="ingenium-pw-") as name:
        run = find().run(typed_in, Path(name))
    if not _arrived(run.printed):
        return _why(run)
    return forces_in(run.printed, atoms)


def forces_in(text: str, atoms: int) -> Float[np.ndarray, "a 3"]:
    """Parse the forces of an output, in eV/angstrom.

    Raises:
        EngineError: where it lists another number of forces.
    """
    rows = _FORCE.findall(text)[:atoms]  # its parts are listed after their sum
    try:
        found = np.array(rows, dtype=np.float64).reshape(atoms, 3)
    except ValueError:
        raise EngineError(f"pw.x printed no forces on {atoms} atoms") from None
    return found * RYDBERG_EV / BOHR


def _arrived(text: str) -> bool:
    return "convergence has been achieved" in text and "JOB DONE" in text


def eigenvalues(text: str) -> Float[np.ndarray, "q b"]:
    """Parse the last eigenvalues of every point, in eV; numbers there may touch each other."""
    last = text.rpartition("End of ")[2]
    rows = []
    for block in _BANDS.findall(last):
        lines = [line[2:] for line in block.split("\n")]
        parts = [line[i : i + _WIDE] for line in lines for i in range(0, len(line.rstrip()), _WIDE)]
        rows.append([float(part) for part in parts])
    return np.array(rows)


def gap(values: Float[np.ndarray, "q b"], electrons: int) -> float:
    """Gap from the highest filled to the lowest empty band; 0 if they meet or one is half full."""
    if electrons % 2:
        return 0.0
    filled = electrons // 2
    return float(np.maximum(values[:, filled].min() - values[:, filled - 1].max(), 0.0))


def _number(pattern: str, text: str, otherwise: float | None = None) -> float:
    found = re.search(pattern, text)
    if found is None:
        if otherwise is not None:
            return otherwise
        raise EngineError(f"pw.x printed nothing like {pattern}")
    return float(found.group(1))


def _release(text: str) -> str:
    found = re.search(r"PWSCF v\.(\S+)", text)
    return found.group(1) if found else "unknown"


def _why(run: ProgramRun) -> NoAnswer:
    if run.out_of_time:
        granted = LIMITS.granted_cpu_s or CPU_S
        less = "" if granted == CPU_S else f" (of {CPU_S} s requested; the shell's limit is lower)"
        return NoAnswer(f"pw.x did not finish within {granted} s of CPU time{less}", granted)
    error = re.search(r"Error in routine (.*?)\n(.*?)\n", run.printed)
    if error:
        return NoAnswer(f"pw.x stopped: {error.group(1).strip()}: {error.group(2).strip()}")
    failed = "convergence NOT" in run.printed
    return NoAnswer("its density did not converge" if failed else UNFINISHED)
