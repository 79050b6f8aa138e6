"""A small potential of one crystal, linear in its coefficients and fitted to forces of an engine.

Near nuclei repel each other by a universal law, and the remaining forces are fitted. Features are
pairs of atoms, and products of the densities of neighbours of each element at an atom. Training
configurations are random displacements of atoms, or those of a run under the potential itself that
its fit knows least, up to its break-up if there is one.

Shapes: a atoms, p pairs with their images, f features, m configurations. Source: Behler and
    Parrinello, Physical Review Letters 98:146401, 2007 (radial functions); Podryabinkin and
    Shapeev, Comput. Mater. Sci. 140:171, 2017 (active selection for a linear fit); Leimkuhler and
    Matthews, Appl. Math. Res. Express 2013:34 (BAOAB); Ziegler, Biersack and Littmark, The Stopping
    and Range of Ions in Solids, 1985 (repulsion of nuclei).
"""

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement, islice, product
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from ingenium.domains.matter import potential
from ingenium.domains.matter.charges import IONS
from ingenium.domains.matter.packages import package
from ingenium.domains.matter.potential import Crystal
from ingenium.domains.matter.wyckoff import ANGSTROM

REACH, SKIN = 6.0, 1.5  # angstrom: of the potential, and beyond it of pairs that are listed
NEAREST, RADII, FEW = 2.2, 8, 4  # angstrom of the first radial function, their number; of densities
RIDGE = 1e-4  # of the sum of squares of a scaled feature
KELVIN_EV = 8.617333e-5
FORCE_TO_STEP = 9.648533e-3  # angstrom/fs^2 of 1 eV/angstrom on 1 g/mol
STEP_FS, FRICTION_FS = 5.0, 200.0
GONE = 2.0  # angstrom from equilibrium, at which an atom has left the crystal
NEAR = 0.6  # of the sum of two radii: nearer ones are not computed by an engine
COULOMB_EV = 14.399645  # eV angstrom of two elementary charges
SCREENED = ((0.18175, 3.19980), (0.50986, 0.94229), (0.28022, 0.40290), (0.02817, 0.20162))
ROUND, SEEN = 2000, 25  # most steps of a training run, and between two candidates
Places = Float[Tensor, "a 3"]
ForcesOf = Callable[["AtomBox", Sequence[Places]], list[Float[Tensor, "a 3"]]]


@dataclass(frozen=True, eq=False)
class AtomBox:
    """Atoms of a supercell at their equilibrium positions, in angstrom."""

    elements: tuple[str, ...]
    cell: Float[np.ndarray, "3 3"]
    home: Float[Tensor, "a 3"]
    pairs: tuple[Int[Tensor, " p"], Int[Tensor, " p"]]  # atoms in reach of each other
    shift: Float[Tensor, "p 3"]  # of the cell of the second one

    @classmethod
    def of(cls, crystal: Crystal, times: tuple[int, int, int]) -> "AtomBox":
        """Build a supercell of a crystal."""
        cell = crystal.sites.primitive_m(crystal.edges_m) / ANGSTROM
        points = crystal.sites.coordinates(crystal.free)
        shifts = np.array(list(product(*map(range, times))))
        every = (points[None] + shifts[:, None]).reshape(-1, 3) @ cell
        names = tuple(crystal.sites.elements) * len(shifts)
        wide = cell * np.array(times)[:, None]
        first, second, image, _ = _structure(names, wide, every).get_neighbor_list(REACH + SKIN)
        pairs = torch.from_numpy(first), torch.from_numpy(second)
        return cls(names, wide, torch.from_numpy(every), pairs, torch.from_numpy(image @ wide))

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Distinct elements."""
        return tuple(dict.fromkeys(self.elements))

    @cached_property
    def mass(self) -> Float[Tensor, "a 1"]:
        """Mass of each atom in g/mol."""
        element = package("pymatgen.core").Element
        return torch.tensor([[float(element(e).atomic_mass)] for e in self.elements]).double()

    @cached_property
    def nuclei(self) -> tuple[Float[Tensor, " p"], Float[Tensor, " p"]]:
        """Product of charges of each pair, and its screening length in angstrom."""
        element = package("pymatgen.core").Element
        z = torch.tensor([float(element(e).Z) for e in self.elements], dtype=torch.float64)
        one, two = (z[k] for k in self.pairs)
        return one * two, 0.46850 / (one**0.23 + two**0.23)

    def repulsion(self, places: Places) -> Float[Tensor, ""]:
        """Screened repulsion energy of the nuclei, in eV."""
        r = self.distances(places)
        charges, length = self.nuclei
        shape = torch.stack([share * torch.exp(-rate * r / length) for share, rate in SCREENED])
        energy: Tensor = 0.5 * (COULOMB_EV * charges / r * shape.sum(0) * _smooth(r)).sum()
        return energy

    def repelled(self, places: Places) -> Float[Tensor, "a 3"]:
        """Forces of the repulsion."""
        repulsion: Tensor = torch.func.grad(lambda at: -self.repulsion(at))(places)
        return repulsion

    def distances(self, places: Places) -> Float[Tensor, " p"]:
        """Distances of all pairs."""
        first, second = self.pairs
        distance = places[second] + self.shift - places[first]
        found: Tensor = torch.linalg.vector_norm(distance, dim=1)
        return found

    def closest(self, places: Places) -> float:
        """Smallest distance over the sum of two ionic radii."""
        first, second = self.pairs
        radius = torch.tensor([IONS[e].radius_angstrom for e in self.elements])
        return float((self.distances(places) / (radius[first] + radius[second])).min())


def by_chgnet(box: AtomBox, places: Sequence[Places]) -> list[Float[Tensor, "a 3"]]:
    """Forces of several configurations, eV/angstrom."""
    with warnings.catch_warnings(), torch.enable_grad():
        warnings.simplefilter("ignore")
        every = [_structure(box.elements, box.cell, p.numpy()) for p in places]
        reported = [potential.model().predict_structure(one, task="ef") for one in every]
    return [torch.from_numpy(np.asarray(one["f"], dtype=np.float64)) for one in reported]


def _smooth(r: Float[Tensor, " p"]) -> Float[Tensor, " p"]:
    """Cut-off function: 1 at 0, and 0 with zero slope from `REACH` on."""
    return 0.5 * (1 + torch.cos(math.pi * r / REACH)) * (r < REACH)


def _structure(
    names: Sequence[str], cell: Float[np.ndarray, "3 3"], places: Float[np.ndarray, "a 3"]
) -> Any:
    core = package("pymatgen.core")
    return core.Structure(cell, names, places, coords_are_cartesian=True)


@dataclass(frozen=True, eq=False)
class PairDensities:
    """Features of a box; the energy is their sum with coefficients."""

    box: AtomBox

    def __call__(self, places: Places) -> Float[Tensor, " f"]:
        """Features of one configuration."""
        first, second = self.box.pairs
        kinds = self.box.kinds
        kind = torch.tensor([kinds.index(e) for e in self.box.elements])
        r = self.box.distances(places)
        centre = torch.linspace(NEAREST, REACH, RADII, dtype=r.dtype)
        width = (REACH - NEAREST) / (RADII - 1)
        bells = torch.exp(-(((r[:, None] - centre) / width) ** 2)) * _smooth(r)[:, None]
        low = torch.minimum(kind[first], kind[second])
        high = torch.maximum(kind[first], kind[second])
        n = len(kinds)
        of_pairs = torch.zeros(n * n, RADII, dtype=r.dtype).index_add(0, low * n + high, bells)
        paired = torch.cat([of_pairs[a * n + b] for a in range(n) for b in range(a, n)])
        coarse = bells.reshape(len(r), FEW, -1).sum(2)
        density = torch.zeros(len(kind) * n, FEW, dtype=r.dtype)
        density = density.index_add(0, first * n + kind[second], coarse)
        density = density.reshape(len(kind), n * FEW)
        one, two = zip(*combinations_with_replacement(range(n * FEW), 2), strict=True)
        squares = density[:, list(one)] * density[:, list(two)]
        of_atoms = torch.zeros(n, squares.shape[1], dtype=r.dtype).index_add(0, kind, squares)
        return torch.cat([paired, of_atoms.flatten()])

    def scale(self, rows: Float[Tensor, "r f"]) -> Float[Tensor, " f"]:
        """Scale of all pairs, and of all products: the largest of each.

        With a scale for each feature, a rare one, such as two atoms that seldom meet, would weigh
        as much as the rest, and a run would soon end there.
        """
        kinds = len(self.box.kinds)
        size, pairs = rows.square().mean(0).sqrt(), kinds * (kinds + 1) // 2 * RADII
        found = size[:pairs].max().expand(pairs), size[pairs:].max().expand(len(size) - pairs)
        return torch.cat(found)

    def slopes(self, places: Places) -> Float[Tensor, "f a3"]:
        """Negative gradients of each feature by all coordinates, like forces."""
        found: Tensor = torch.func.jacfwd(self)(places)
        return -found.flatten(1)


@dataclass(frozen=True, eq=False)
class ForceFit:
    """Coefficients from forces beyond repulsion, by least squares with a small ridge."""

    features: PairDensities
    scale: Float[Tensor, " f"]
    reached: Float[Tensor, "f f"]  # inverse of the normal matrix of the fit
    weights: Float[Tensor, " f"]

    @classmethod
    def of(
        cls, box: AtomBox, places: Sequence[Places], forces: Sequence[Float[Tensor, "a 3"]]
    ) -> "ForceFit":
        """Fit to configurations and their forces."""
        features = PairDensities(box)
        rows = torch.cat([features.slopes(p).T for p in places])
        scale = features.scale(rows)
        reported = rows / scale
        gram = reported.T @ reported
        gram = gram + RIDGE * len(reported) * torch.eye(len(gram), dtype=gram.dtype)
        reached = torch.linalg.inv(gram)
        beyond = [f - box.repelled(p) for f, p in zip(forces, places, strict=True)]
        wanted = torch.cat([f.flatten() for f in beyond])
        return cls(features, scale, reached, torch.linalg.solve(gram, reported.T @ wanted) / scale)

    def force(self, places: Places) -> Float[Tensor, "a 3"]:
        """Forces of one configuration, eV/angstrom."""
        with torch.enable_grad():
            at = places.detach().requires_grad_()
            energy = self.features(at) @ self.weights + self.features.box.repulsion(at)
            (slope,) = torch.autograd.grad(energy, at)
        return -slope

    def least_known(self, places: Sequence[Places], count: int) -> list[Places]:
        """Select configurations whose forces the fit knows least, each given those before it."""
        reported = torch.stack([self.features.slopes(p).T / self.scale for p in places])
        reached = self.reached
        picked: list[int] = []
        for _ in range(min(count, len(places))):
            left = ((reported @ reached) * reported).sum((1, 2))
            left[picked] = -1.0
            picked.append(int(left.argmax()))
            rows = reported[picked[-1]]
            inner = torch.eye(len(rows), dtype=rows.dtype) + rows @ reached @ rows.T
            reached = reached - reached @ rows.T @ torch.linalg.solve(inner, rows @ reached)
        return [places[k] for k in picked]


def run(
    box: AtomBox,
    force: Callable[[Places], Float[Tensor, "a 3"]],
    kelvin: float,
    steps: int,
    rng: torch.Generator,
) -> Iterator[tuple[Places, float]]:
    """Positions and temperature after each step of Langevin's equation, from equilibrium.

    It ends when an atom has left.
    """
    places, mass = box.home.clone(), box.mass
    thermal = (KELVIN_EV * kelvin * FORCE_TO_STEP / mass).sqrt()
    speed = thermal * torch.randn(places.shape, generator=rng, dtype=places.dtype)
    retained = math.exp(-STEP_FS / FRICTION_FS)
    pull = force(places)
    for _ in range(steps):
        speed = speed + 0.5 * STEP_FS * FORCE_TO_STEP * pull / mass
        places = places + 0.5 * STEP_FS * speed
        noise = torch.randn(places.shape, generator=rng, dtype=places.dtype)
        speed = retained * speed + math.sqrt(1 - retained**2) * thermal * noise
        places = places + 0.5 * STEP_FS * speed
        pull = force(places)
        speed = speed + 0.5 * STEP_FS * FORCE_TO_STEP * pull / mass
        drift = (places - box.home).mean(0)
        if not (places - drift - box.home).abs().max() < GONE:
            return
        yield places, float((mass * speed.square()).mean() / (KELVIN_EV * FORCE_TO_STEP))


def thrown(box: AtomBox, spread: float, count: int, rng: torch.Generator) -> list[Places]:
    """Displace atoms at random by a normal distribution of a width in angstrom."""
    shape = (count, *box.home.shape)
    off = torch.randn(shape, generator=rng, dtype=box.home.dtype)
    return list(box.home + spread * off)


def sought(
    box: AtomBox,
    teacher: ForcesOf,
    first: Sequence[Places],
    count: int,
    kelvin: float,
    rng: torch.Generator,
) -> tuple[list[Places], list[Float[Tensor, "a 3"]]]:
    """Configurations from runs under the potential of each round, least known first.

    The total is `count`, the start included, in rounds as large as the start.
    """
    places, forces = list(first), teacher(box, first)
    while len(places) < count:
        fit = ForceFit.of(box, places, forces)
        went = (places for places, _ in run(box, fit.force, kelvin, ROUND, rng))
        seen = islice(went, SEEN - 1, None, SEEN)
        fresh = [p for p in seen if box.closest(p) > NEAR] or thrown(box, 0.1, 3 * len(first), rng)
        picked = fit.least_known(fresh, min(len(first), count - len(places)))
        places += picked
        forces += teacher(box, picked)
    return places, forces
