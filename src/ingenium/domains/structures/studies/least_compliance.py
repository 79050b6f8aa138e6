"""Row 25.4: the optimiser of least compliance against printed values and another program.

Half MBB beam as in Andreassen et al. 2011 (volume 0.5, exponent 3, radius 0.04 of the width,
optimality criteria until no density moves by more than 0.01), of exactly the volume asked for:
distance to the four printed compliances. No printed value of a part in space with all its
settings was found, so five parts in space, and the same five in the plane, are optimised by
pymoto's MMA too, on the same cells, filter and law, for as many steps (80): distance of the
compliances reached, over parts. Slopes of compliance through density filter, projection and
printing filter, along random directions at random designs, against central differences: error in
parts of the slope that a random direction has. Budget: 4 half beams, 5 parts in plane and space,
80 steps; quick: 1 part, smaller.
"""

import importlib
import warnings
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ingenium.core.digest import digest
from ingenium.core.errors import MissingExtra
from ingenium.core.problem import Watch
from ingenium.domains.structures.optimise.asked import Asked
from ingenium.domains.structures.optimise.parts import PARTS, half_mbb
from ingenium.domains.structures.optimise.projection import Projection
from ingenium.domains.structures.optimise.simp import Simp, compliance_of, form_of, simp
from ingenium.evaluate.intervals import Interval, t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals

# compliance of the half beam, volume 0.5, radius 0.04 of the width; filter and cells
PRINTED: Mapping[tuple[str, tuple[int, int]], float] = MappingProxyType(
    {
        ("sensitivity", (60, 20)): 216.81,
        ("density", (60, 20)): 233.71,
        ("sensitivity", (150, 50)): 219.52,
        ("density", (150, 50)): 235.73,
    }
)
MBB_STEPS = 1000  # nobody needs them all: designs come to rest
PLANE, SPACE = (60, 30), (20, 10, 10)
VOLUME, RADIUS, STEPS, QUICK_STEPS = 0.4, 1.5, 80, 25
SLOPES: Mapping[str, Simp] = MappingProxyType(
    {
        "density": Simp(filter="density", radius_cells=RADIUS),
        "projected": Simp(
            filter="density", radius_cells=RADIUS, projection=Projection(beta=4.0, beta_most=4.0)
        ),
        "printed": Simp(filter="density", radius_cells=RADIUS, build="+y"),
    }
)
WAYS, TIP = 5, 1e-5  # directions for each design; step of the central difference


def measure(budget: Budget, watch: Watch) -> Measured:
    """Printed values, then another program on parts in plane and space, then the slopes."""
    cases = [case for case in PRINTED if not budget.quick or case[1] == (60, 20)]
    deviations = {case: _from_printed(case, watch) for case in cases}
    steps = QUICK_STEPS if budget.quick else STEPS
    names = [list(PARTS)[seed % len(PARTS)] for seed in budget.seeds]
    values = {"printed_deviation": _worst(list(deviations.values()))}
    beside: dict[str, Interval] = {}
    for dim, cells in (("plane", PLANE), ("space", SPACE)):
        small = tuple(c // 2 for c in cells) if budget.quick else cells
        parts = {name: replace(PARTS[name](small, (VOLUME,)), passive=None) for name in names}
        gaps = [_from_pymoto(asked, steps) for asked in parts.values()]
        values[f"{dim}_gap"] = t_interval(gaps)
        beside |= {f"{dim}.{n}.gap_percent": _exactly(g) for n, g in zip(names, gaps, strict=True)}
        errors = [slope_error(asked, seed) for seed, asked in enumerate(parts.values())]
        values[f"{dim}_slope_error"] = _worst(errors)
    beside |= {
        f"{filter_}.{cells[0]}x{cells[1]}.deviation_percent": _exactly(value)
        for (filter_, cells), value in deviations.items()
    }
    asked = [f"{filter_} {cells} {value}" for (filter_, cells), value in PRINTED.items()]
    return from_intervals(values, beside, digest([*asked, *names]))


def _from_printed(case: tuple[str, tuple[int, int]], watch: Watch) -> float:
    """Distance to the printed compliance (%)."""
    filter_, cells = case
    settings = Simp(
        steps=MBB_STEPS,
        radius_cells=0.04 * cells[0],
        filter="density" if filter_ == "density" else "sensitivity",
    )
    found = float(simp(half_mbb(cells), settings, watch=watch).compliance_j[0, -1])
    return 100 * abs(found / PRINTED[case] - 1)


def _from_pymoto(asked: Asked, steps: int) -> float:
    """Distance to the compliance that pymoto's MMA reaches in as many steps (%)."""
    settings = Simp(steps=steps, radius_cells=RADIUS, filter="density", method="mma", tolerance=0.0)
    ours = float(simp(asked, settings).compliance_j[0, -1])
    return 100 * abs(ours / pymoto_compliance(asked, settings) - 1)


def slope_error(asked: Asked, seed: int) -> float:
    """Largest error of slopes along random directions, relative to central differences."""
    rng = torch.Generator().manual_seed(seed)
    size = (WAYS, asked.elastic.grid.n_cells)
    x = 0.1 + 0.8 * torch.rand(size, generator=rng, dtype=torch.float64)
    way = torch.randn(size, generator=rng, dtype=torch.float64)
    many = Asked(asked.elastic, asked.load_n, asked.volume_fraction.expand(WAYS))
    beta = torch.full((WAYS,), 4.0, dtype=torch.float64)
    worst = 0.0
    for settings in SLOPES.values():
        form = form_of(many, settings)

        def compliance(y: Tensor, form: Any = form, settings: Simp = settings) -> Tensor:
            return compliance_of(many, form.part(y, beta), settings)

        given = x.clone().requires_grad_()
        (slope,) = torch.autograd.grad(compliance(given).sum(), given)
        with torch.no_grad():
            ends = compliance(x + TIP * way) - compliance(x - TIP * way)
        along = (slope * way).sum(1)
        scale = slope.norm(dim=1) * way.norm(dim=1) / way.shape[1] ** 0.5
        worst = max(worst, float(((along - ends / (2 * TIP)).abs() / scale).max()))
    return worst


def pymoto_compliance(asked: Asked, settings: Simp) -> float:
    """Compliance after as many steps of pymoto's MMA on the same cells, filter and law.

    It knows nothing of passive cells.

    Raises:
        MissingExtra: if pymoto is not installed.
    """
    try:
        pymoto: Any = importlib.import_module("pymoto")
    except ModuleNotFoundError as error:
        raise MissingExtra("dev", "pymoto") from error
    grid = asked.elastic.grid
    x_first = tuple(reversed(range(grid.dim)))  # its numbers run fastest along x
    node = np.arange(grid.n_nodes).reshape(grid.nodes).transpose(x_first).ravel()
    place = (node[:, None] * grid.dim + np.arange(grid.dim)).ravel()
    domain = pymoto.VoxelDomain(*grid.cells)
    held = np.flatnonzero(asked.elastic.fixed.numpy()[place])
    load = asked.load_n[0].numpy()[:, place].T.copy()
    volume = float(asked.volume_fraction[0])
    x = pymoto.Signal("x", state=np.full(grid.n_cells, volume))
    least = settings.least
    with warnings.catch_warnings(), pymoto.Network() as network:
        warnings.simplefilter("ignore")  # it warns of formats that it makes itself
        density = pymoto.DensityFilter(domain, radius=settings.radius_cells)(x)
        law = f"{least} + {1 - least} * inp0^{settings.exponent}"
        modulus = pymoto.MathExpression(law)(density)
        poisson, plane = asked.elastic.poisson, asked.elastic.plane
        matrix = pymoto.AssembleStiffness(domain, bc=held, poisson_ratio=poisson, plane=plane)
        force = pymoto.Signal("f", state=load)
        solve = pymoto.LinSolve(symmetric=True, positive_definite=True)
        work = pymoto.EinSum("ij,ij->")(solve(matrix(modulus), force), force)
        unit = float(work.state)
        objective = pymoto.MathExpression(f"inp0 / {unit}")(work)
        share = pymoto.EinSum("i->")(density)
        broken = pymoto.MathExpression(f"inp0 / {volume * grid.n_cells} - 1")(share)
        optimiser = pymoto.MMA([x], [objective, broken], network, move=settings.move, verbosity=0)
        optimiser.optimize(maxiter=settings.steps, tolx=0.0, tolf=0.0)
        network.response()
    return float(work.state)


def _worst(values: list[float]) -> Interval:
    return _exactly(max(values))


def _exactly(value: float) -> Interval:
    return Interval(value, value, value)  # nothing in it is left to chance
