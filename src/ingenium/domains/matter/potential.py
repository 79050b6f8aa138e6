"""CHGNet energies of crystals, and relaxations that move only what symmetry leaves free.

Source: Deng et al., Nature Machine Intelligence 5:1031, 2023 (CHGNet; weights 0.3.0 of the package,
    trained on PBE and PBE+U energies of the Materials Project). Nocedal and Wright, Numerical
    Optimization, 2nd ed., 2006, chapter 6 (BFGS).
"""

import io
import warnings
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from ingenium.domains.matter.packages import package, release_of
from ingenium.domains.matter.wyckoff import ANGSTROM, Wyckoff

AT_ONCE = 32  # crystals in one graph
STEPS, FORCE = 80, 0.01  # most steps; eV/angstrom, and eV of an edge's logarithm
EDGE_STEP, FREE_STEP = 0.01, 0.001  # angstrom, and of an edge: of rounded relaxed crystals
LONGEST_EDGE, LONGEST_SHIFT = 0.05, 0.15  # of a step: logarithm, angstrom
STIFF_EDGE, STIFF_SHIFT = (
    60.0,
    6.0,
)  # eV an atom-free guess of curvatures: of logarithms, of angstrom
STUCK = 6  # steps without a lower energy


@dataclass(frozen=True, eq=False)
class Crystal:
    """Crystal at one setting of its free numbers."""

    sites: Wyckoff
    edges_m: Float[np.ndarray, " 3"]
    free: Float[np.ndarray, " f"]

    @property
    def atoms(self) -> int:
        """Number of atoms in the primitive cell."""
        return len(self.sites.elements)

    def structure(self) -> Any:
        """Build the pymatgen structure, in angstrom."""
        core = package("pymatgen.core")
        cell = self.sites.primitive_m(self.edges_m) / ANGSTROM
        return core.Structure(cell, self.sites.elements, self.sites.coordinates(self.free))


@dataclass(frozen=True, eq=False)
class Slopes:
    """Energy of a cell in eV, and its derivatives by log edges and by free coordinates."""

    energy_ev: float
    edges: Float[np.ndarray, " 3"]
    free: Float[np.ndarray, " f"]


@cache
def model() -> Any:
    """Load the network, once for each process.

    Raises:
        MissingExtra: with the line that installs it.
    """
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):  # it prints its size
        warnings.simplefilter("ignore")
        chgnet = package("chgnet.model")
        return chgnet.CHGNet.load(use_device="cpu", check_cuda_mem=False, verbose=False)


def version() -> str:
    """Return the versions of package and weights."""
    return f"{release_of('chgnet')} weights 0.3.0"


def slopes(crystals: Sequence[Crystal]) -> list[Slopes | None]:
    """Compute energies with derivatives; None where atoms are too far apart for a graph."""
    net, found = model(), []
    structures = [c.structure() for c in crystals]
    with warnings.catch_warnings(), torch.enable_grad():
        warnings.simplefilter("ignore")
        graphs = [_graph(net, s) for s in structures]
        sound = [k for k, g in enumerate(graphs) if g is not None]
        answers = iter(
            net.predict_graph([graphs[k] for k in sound], task="efs", batch_size=AT_ONCE)
            if len(sound) > 1
            else [net.predict_graph(graphs[k], task="efs") for k in sound]
        )
    for crystal, graph in zip(crystals, graphs, strict=True):
        found.append(None if graph is None else _slopes(crystal, next(answers)))
    return found


def _graph(net: Any, structure: Any) -> Any:
    """Build the graph; None where an atom has no neighbour."""
    try:
        return net.graph_converter(structure)
    except ValueError:
        return None


def _slopes(crystal: Crystal, answer: Any) -> Slopes:
    sites, atoms = crystal.sites, crystal.atoms
    cell = sites.primitive_m(crystal.edges_m) / ANGSTROM
    volume = abs(np.linalg.det(cell))
    stress = np.asarray(answer["s"], dtype=np.float64) / 160.21766208  # GPa to eV/angstrom^3
    strain = volume * np.diagonal(stress)  # along x, y, z; edges of right-angled cells lie there
    if sites.group.hexagonal:
        strain = np.array([strain[0] + strain[1], 0.0, strain[2]])
    tied = np.zeros(3)
    np.add.at(tied, list(sites.group.free_edges), strain)
    force = np.asarray(answer["f"], dtype=np.float64) @ cell.T  # by fractional coordinates
    free = -np.einsum("mi,mif->f", force, sites.slope)
    return Slopes(float(answer["e"]) * atoms, tied, free)


@dataclass(eq=False)
class _Descent:
    """State of one relaxation: BFGS on log edges and free shifts in angstrom."""

    crystal: Crystal
    hessian: np.ndarray  # inverse
    best: float = np.inf
    stuck: int = 0
    done: bool = False
    before: tuple[np.ndarray, np.ndarray] | None = None  # step taken, slope there

    @classmethod
    def of(cls, crystal: Crystal) -> "_Descent":
        atoms, f = crystal.atoms, crystal.sites.free
        stiff = np.concatenate([np.full(3, STIFF_EDGE * atoms / 5), np.full(f, STIFF_SHIFT)])
        return cls(crystal, np.diag(1 / stiff))

    def scale(self) -> np.ndarray:
        """Length scale of free coordinates in angstrom: the mean edge."""
        mean = float(self.crystal.edges_m.mean()) / ANGSTROM
        return np.full(self.crystal.sites.free, mean)

    def go(self, at: Slopes) -> None:
        """Take one step, from the slopes at the current place."""
        slope = np.concatenate([at.edges, at.free / self.scale()])
        if np.abs(slope).max() < FORCE * np.sqrt(self.crystal.atoms):
            self.done = True
            return
        self.stuck = 0 if at.energy_ev < self.best - 1e-4 else self.stuck + 1
        self.best = min(self.best, at.energy_ev)
        self.done = self.stuck >= STUCK
        if self.before is not None:
            self._learn(self.before[0], slope - self.before[1])
        step = -self.hessian @ slope
        longest = np.concatenate(
            [np.full(3, LONGEST_EDGE), np.full(self.crystal.sites.free, LONGEST_SHIFT)]
        )
        step = step / max(1.0, float((np.abs(step) / longest).max()))
        self.before = step, slope
        edges = self.crystal.sites.tied(self.crystal.edges_m * np.exp(step[:3]))
        free = self.crystal.free.copy()
        free[: self.crystal.sites.free] += step[3:] / self.scale()
        self.crystal = Crystal(self.crystal.sites, edges, free)

    def _learn(self, step: np.ndarray, change: np.ndarray) -> None:
        curved = float(step @ change)
        if curved <= 1e-6 * float(np.linalg.norm(step) * np.linalg.norm(change)):
            return
        one = np.eye(len(step)) - np.outer(step, change) / curved
        self.hessian = one @ self.hessian @ one.T + np.outer(step, step) / curved


def relaxed(crystals: Sequence[Crystal]) -> list[tuple[Crystal, float]]:
    """Relax each crystal to a stationary energy; return it with that energy in eV an atom.

    After `STEPS` steps the last state is returned; NaN where there is no answer. Results are
    rounded to `EDGE_STEP` and `FREE_STEP`, which costs below a meV, so that the order of sums in a
    batch changes no crystal and two paths to one minimum end at the same crystal.
    """
    runs = [_Descent.of(c) for c in crystals]
    energy = np.full(len(runs), np.nan)
    for _ in range(STEPS):
        open_ = [k for k, run in enumerate(runs) if not run.done]
        if not open_:
            break
        for k, found in zip(open_, slopes([runs[k].crystal for k in open_]), strict=True):
            if found is None or not np.isfinite(found.energy_ev):
                energy[k], runs[k].done = np.nan, True
                continue
            energy[k] = found.energy_ev / runs[k].crystal.atoms
            runs[k].go(found)
    return [(snapped(run.crystal), float(e)) for run, e in zip(runs, energy, strict=True)]


def snapped(crystal: Crystal) -> Crystal:
    """Round to the grid of relaxed crystals; the first orbit of a polar group is at 0."""
    sites = crystal.sites
    edges = np.rint(crystal.edges_m / ANGSTROM / EDGE_STEP) * EDGE_STEP * ANGSTROM
    free = np.rint(sites.anchored(crystal.free) / FREE_STEP) * FREE_STEP
    return Crystal(sites, edges, free)
