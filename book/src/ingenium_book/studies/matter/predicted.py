"""Row 37.3: cells of Perov-5 from their formulas, by diffusion on the torus and as CDVAE does it.

Each learns 3,787 cubes of five atoms and then places the atoms of 300 held-out formulas once; a
cell is right if pymatgen's StructureMatcher (0.3, 0.5, 10 degrees) finds the true one in it. Both
have one kind of network, equivariant under shifts, turns of the lattice and orders of atoms, as
many steps of 64 cells and as many evaluations a cell. In Perov-5 each formula stands in both orders
of A and B, so that a formula alone tells the right one of two at best: a rival that learns nothing
but the mean edge puts the atoms at the places of a cubic perovskite, A and B as a coin falls.
Budget: 5 seeds, 2,500 steps, 300 cells; quick: 1 seed, 60, 30.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import ArrayLike
from torch import Tensor

from ingenium.core.digest import digest
from ingenium.core.seeds import one_thread
from ingenium.domains.matter.packages import package
from ingenium.evaluate.trials import Readings, Trials
from ingenium_book.studies.matter import perov
from ingenium_book.studies.matter.perov import PerovCells
from ingenium_book.studies.matter.torus import (
    EDGE,
    AtomCells,
    CellAutoencoder,
    CellDenoiser,
    TorusDiffusion,
    cube,
)

TORUS, RIVAL, COIN = "torus", "cdvae", "coin"
BATCH, RATE = 64, 1e-3


@dataclass(frozen=True)
class FormulaDraws:
    """Steps of a fit, and held-out formulas."""

    steps: int
    cells: int


def run(arm: str, seed: int, size: FormulaDraws) -> dict[str, ArrayLike]:
    """Share of held-out cells that are found, and how far from them atoms lie."""
    learned, held = (_cells(part) for part in perov.parts())
    order = torch.from_numpy(np.random.default_rng([seed, 373]).permutation(len(held.edge)))
    rng, requested = torch.Generator().manual_seed(seed), held[order[: size.cells]]
    off = 0.0
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if arm == COIN:
            made = _tossed(requested, float(learned.edge.mean()), rng)
        else:
            model = (TorusDiffusion if arm == TORUS else CellAutoencoder)(len(perov.places()))
            fit(model, learned, size.steps, rng)
            made = model.propose(requested.kind, rng)
            off = moved_by(model, requested) if isinstance(model, TorusDiffusion) else 0.0
    matcher = package("pymatgen.analysis.structure_matcher").StructureMatcher(
        ltol=0.3, stol=0.5, angle_tol=10
    )
    pairs = zip(_structures(made), _structures(requested), strict=True)
    far = [matcher.get_rms_dist(one, true) for one, true in pairs]
    right = np.array([one is not None for one in far])
    rms = np.mean([one[0] for one in far if one is not None]) if right.any() else np.nan
    return {"right": right.mean(), "rms": rms, "moved": off}


def fit(model: CellDenoiser, cells: AtomCells, steps: int, rng: torch.Generator) -> None:
    """Adam, its rate falling to nothing as a cosine."""
    adam = torch.optim.Adam(model.parameters(), lr=RATE)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    for _ in range(steps):
        rows = torch.randint(len(cells.edge), (BATCH,), generator=rng)
        adam.zero_grad()
        model.loss(cells[rows], rng).mean().backward()
        adam.step()
        falling.step()


def moved_by(model: TorusDiffusion, cells: AtomCells) -> float:
    """Largest change where cells are shifted, wound, turned or told in another order.

    In double precision, over the largest of what is told.
    """
    model = model.double()
    rng = torch.Generator().manual_seed(0)
    place, edge = cells.place.double(), cells.edge.double()
    n, p = cells.kind.shape
    t, none = torch.full((n,), 0.5, dtype=torch.float64), edge[:, None][:, :0]
    lattice = cube(edge)
    order = torch.randperm(p, generator=rng)
    turn, _ = torch.linalg.qr(torch.randn(n, 3, 3, generator=rng, dtype=torch.float64))
    shift = torch.rand(n, 1, 3, generator=rng, dtype=torch.float64)
    wound = torch.randint(-2, 3, place.shape, generator=rng)
    with torch.no_grad():
        plain, cell = model.network(cells.kind, place, lattice, t, none)
        other, again = model.network(
            cells.kind[:, order], (place + shift + wound)[:, order], lattice @ turn, t, none
        )
    off = torch.cat([(other - plain[:, order]).flatten(), again - cell])
    return float(off.abs().max() / plain.abs().max())


def _cells(part: PerovCells) -> AtomCells:
    """As networks read them."""
    index = {name: k for k, name in enumerate(perov.places())}
    kind = torch.tensor([[index[name] for name in names] for names in part.elements])
    place = perov.SITES + part.shift[:, :, None] * np.array([1.0, 0.0, 0.0])
    mean = np.log(perov.parts()[0].edge_angstrom).mean()
    edge = (np.log(part.edge_angstrom) - mean) / EDGE
    return AtomCells(
        kind,
        torch.from_numpy(place).to(torch.float32),
        torch.from_numpy(edge).to(torch.float32),
    )


def _tossed(requested: AtomCells, edge: float, rng: torch.Generator) -> AtomCells:
    """Ideal places, A and B as a coin falls."""
    ideal: Float[Tensor, "5 3"] = torch.from_numpy(perov.SITES).to(torch.float32)
    place = ideal.repeat(len(requested.edge), 1, 1)
    tails = torch.rand(len(place), generator=rng) < 0.5
    place[tails] = ideal[[1, 0, 2, 3, 4]]
    return AtomCells(requested.kind, place, torch.full_like(requested.edge, edge))


def _structures(cells: AtomCells) -> list[object]:
    """For pymatgen."""
    names = list(perov.places())
    mean = np.log(perov.parts()[0].edge_angstrom).mean()
    edges = np.exp(mean + EDGE * cells.edge.numpy())
    rows = zip(cells.kind.tolist(), edges.tolist(), cells.place.numpy(), strict=True)
    return [perov.structure([names[k] for k in own], edge, at) for own, edge, at in rows]


def read(found: Readings) -> dict[str, ArrayLike]:
    """Shares of each arm, and how far that of the torus lies above its rivals'."""
    table = {
        f"{key}_{arm}": found(arm, key) for arm in (TORUS, RIVAL, COIN) for key in ("right", "rms")
    }
    return {
        **table,
        "over_cdvae": table["right_torus"] - table["right_cdvae"],
        "over_coin": table["right_torus"] - table["right_coin"],
        "moved": found(TORUS, "moved"),
    }


measure = Trials(
    arms={name: name for name in (TORUS, RIVAL, COIN)},
    sizes=(FormulaDraws(2500, 300), FormulaDraws(60, 30)),
    run=run,
    read=read,
    data=lambda size: digest([part.data for part in perov.parts()]),
)
