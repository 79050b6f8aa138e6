"""Solved designs a second of one core: batched elastic grids against other packages.

All solve the same designs to a residual of 1e-8 or directly, with one thread, and agree on the work
of the loads. scikit-fem and pymoto run in a loop over the designs, each with its fastest installed
solver: SuperLU in two dimensions; in three, conjugate gradients with the diagonal (scikit-fem) and
with pymoto's own geometric multigrid. EngiBench's Beams2D engine is GPL-3: it runs in an isolated
environment, which `ingenium doctor --install benchmarks/engibench` installs.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pymoto as pym
import torch
from scipy.ndimage import gaussian_filter
from scipy.sparse.linalg import LinearOperator, cg
from torch import Tensor

from benchmarks.measuring import interleaved, ratio, report, spread
from ingenium.kits.solids.elastic.grid import RegularGrid
from ingenium.kits.solids.elastic.reference import Reference
from ingenium.kits.solids.elastic.solver import Elastic
from ingenium.trust.environments.environment import Environment

TOLERANCE = 1e-8
LEAST = 1e-9  # modulus of a void, relative
ENGIBENCH = Environment(Path(__file__).with_name("engibench"), "benchmarks/engibench")


@dataclass(frozen=True)
class Case:
    """Designs on one grid; in two dimensions the half MBB beam, in three a cantilever."""

    cells: tuple[int, ...]
    designs: int  # of ours in each round
    theirs: int  # of the others
    rounds: int
    scikit_fem: bool = True  # the diagonal as preconditioner takes minutes on the largest grid

    @cached_property
    def system(self) -> Elastic:
        """System with fixed left side and, for the beam, the lower right corner."""
        grid = RegularGrid(self.cells)
        numbers = torch.arange(grid.n_displacements).view(*grid.nodes, grid.dim)
        fixed = torch.zeros(grid.n_displacements, dtype=torch.bool)
        if grid.dim == 2:
            fixed[numbers[0, :, 0]] = fixed[numbers[-1, 0, 1]] = True
        else:
            fixed[numbers[0].flatten()] = True
        return Elastic(grid, fixed, tolerance=TOLERANCE)

    @cached_property
    def load(self) -> Tensor:
        """One newton, down."""
        grid = self.system.grid
        numbers = torch.arange(grid.n_displacements).view(*grid.nodes, grid.dim)
        at = numbers[0, -1, 1] if grid.dim == 2 else numbers[-1, grid.cells[1] // 2, 0, 1]
        out = torch.zeros(1, 1, grid.n_displacements, dtype=torch.float64)
        out[0, 0, at] = -1
        return out

    @cached_property
    def density(self) -> np.ndarray:
        """Smooth random fields, mostly full or empty, with solid ends."""
        rng = np.random.default_rng(0)
        out = []
        for _ in range(self.designs):
            rough = gaussian_filter(rng.standard_normal(self.cells), 2.0)
            field = 1 / (1 + np.exp(-4 * (rough / rough.std() + 0.5)))
            field[:2] = field[-2:] = field[:, :1] = field[:, -1:] = 1.0
            out.append(field.ravel())
        return np.array(out)

    @cached_property
    def modulus(self) -> Tensor:
        """SIMP with the exponent 3."""
        return torch.from_numpy(LEAST + (1 - LEAST) * self.density**3)

    def ours(self) -> Tensor:
        """Work of all designs by our solver."""
        return self.system.compliance(self.modulus, self.load)[:, 0]


class ScikitFem:
    """A loop that assembles and solves."""

    def __init__(self, case: Case) -> None:
        self.case, self.reference = case, Reference(case.system)

    def work(self) -> Tensor:
        """Work of the first designs."""
        case, reference = self.case, self.reference
        modulus = case.modulus[: case.theirs]
        if case.system.grid.dim == 2:
            return reference.work_j(modulus, case.load)[:, 0]
        free = reference.numbers[~case.system.fixed.numpy()]
        force = np.zeros(case.system.grid.n_displacements)
        force[reference.numbers] = case.load[0, 0].numpy()
        return torch.tensor([self._iterated(m, free, force[free]) for m in modulus])

    def _iterated(self, modulus: Tensor, free: np.ndarray, force: np.ndarray) -> float:
        matrix = self.reference.matrix(modulus)[free][:, free].tocsr()
        scale = 1 / matrix.diagonal()
        jacobi = LinearOperator(matrix.shape, matvec=lambda x: scale * x, dtype=float)
        moved, failed = cg(matrix, force, rtol=TOLERANCE, maxiter=20_000, M=jacobi)
        assert not failed
        return float(force @ moved)


class Pymoto:
    """A loop over pymoto's assembly and solver."""

    def __init__(self, case: Case) -> None:
        grid = case.system.grid
        self.case, self.domain = case, pym.VoxelDomain(*grid.cells)
        at = np.indices(grid.nodes).reshape(grid.dim, -1)
        nodes = np.asarray(self.domain.get_nodenumber(*at))
        self.numbers = (nodes[:, None] * grid.dim + np.arange(grid.dim)).ravel()
        cells = np.indices(grid.cells).reshape(grid.dim, -1)
        self.cells = np.asarray(self.domain.get_elemnumber(*cells))
        fixed = self.numbers[case.system.fixed.numpy()]
        self.assemble = pym.AssembleStiffness(self.domain, bc=fixed, plane="stress")
        self.force = np.zeros(grid.n_displacements)
        self.force[self.numbers] = case.load[0, 0].numpy()
        self.solver = pym.solvers.SolverSparseLU() if grid.dim == 2 else self._multigrid()

    def _multigrid(self) -> Any:
        domain, levels = self.domain, []
        while domain.nnodes > 1000 and not any(n % 2 for n in self._cells(domain)):
            levels.append(pym.solvers.GeometricMultigrid(domain))
            domain = levels[-1].sub_domain
        for upper, lower in pairwise(levels):
            upper.inner_level = lower
        return pym.solvers.CG(preconditioner=levels[0], tol=TOLERANCE)

    def _cells(self, domain: Any) -> tuple[int, int, int]:
        return domain.nelx, domain.nely, domain.nelz

    def work(self) -> Tensor:
        """Work of the first designs."""
        out = []
        for modulus in self.case.modulus[: self.case.theirs].numpy():
            scale = np.empty_like(modulus)
            scale[self.cells] = modulus
            self.solver.update(self.assemble(scale).tocsc())
            out.append(float(self.force @ self.solver.solve(self.force)))
        return torch.tensor(out, dtype=torch.float64)


def engibench(case: Case) -> dict[str, Any] | None:
    """Answer of the isolated environment; None if it is not installed or in three dimensions."""
    if not ENGIBENCH.made or case.system.grid.dim == 3:
        return None
    density = case.density[: case.theirs].reshape(-1, *case.cells)[:, :, ::-1]  # downwards
    requested = {"cells": list(case.cells), "rounds": case.rounds}
    return ENGIBENCH.ask("beams", {"density": density.reshape(len(density), -1)}, requested)


CASES = (
    Case((60, 20), designs=300, theirs=6, rounds=5),
    Case((150, 50), designs=30, theirs=2, rounds=5),
    Case((32, 16, 16), designs=6, theirs=1, rounds=3),
    Case((96, 32, 32), designs=1, theirs=1, rounds=2, scikit_fem=False),
)


def measure(case: Case) -> dict[str, Any]:
    """Measure one grid."""
    started = time.process_time()
    work = case.ours()
    first_s = time.process_time() - started  # compiles, or loads the compiled code
    peers: dict[str, Callable[[], Tensor]] = {"pymoto": Pymoto(case).work}
    if case.scikit_fem:
        peers["scikit-fem"] = ScikitFem(case).work
    few = work[: case.theirs]
    gaps = {name: _gap(peer(), few) for name, peer in peers.items()}
    times = interleaved({"ours": case.ours, **peers}, case.rounds)
    ours, found = times["ours"].cpu_s, {name: times[name].cpu_s for name in peers}
    beams = engibench(case)
    if beams is not None:
        found["Beams2D"] = beams["cpu_s"].tolist()
        gaps["Beams2D"] = _gap(torch.from_numpy(beams["work"]), few)
    row: dict[str, Any] = {
        "cells": "x".join(map(str, case.cells)),
        "first (CPU s)": first_s,
        "MiB": case.system.working_bytes / 2**20,
        "solves/s": spread([case.designs / s for s in ours]),
    }
    for name in ("scikit-fem", "pymoto", "Beams2D"):
        there = name in found
        row |= {
            f"{name} solves/s": spread([case.theirs / s for s in found[name]]) if there else "-",
            f"times {name}": ratio(found[name], ours, case.designs / case.theirs) if there else "-",
            f"{name} gap": gaps.get(name, "-"),
        }
    return row


def _gap(theirs: Tensor, ours: Tensor) -> float:
    return float((theirs / ours - 1).abs().max())


def run() -> None:
    """Run all grids."""
    torch.set_num_threads(1)
    note = ENGIBENCH.version if ENGIBENCH.made else "skipped: its environment is not installed"
    rows = [measure(case) for case in CASES]
    report(
        "structures_solver",
        "Solved designs a second of one core (aim: 10 times the others)",
        rows,
        {"tolerance": TOLERANCE, "least modulus": LEAST, "EngiBench Beams2D": note, "aim": 10},
    )
