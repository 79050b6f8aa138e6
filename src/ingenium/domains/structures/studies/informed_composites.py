"""Row 20.15: composites of a wanted bulk modulus, from generators that know physics or do not.

Plane cells of 12 x 12 pixels, two phases with moduli 1 to 0.1, from 13 drawn families. Flow
matching on all pixels is conditioned on bulk modulus and share; the loss adds the squared
distance of the homogenised bulk modulus, at a price of 0.1, 1, 10 (1 stands for the claim).
Proposals for held-out conditions are thresholded at the exact share and homogenised; mean error.
Rivals: no price, guidance by the same distance when proposing, nearest neighbours, random.
Homogenisation is by periodic finite elements, not by FFT; both agree. Budget: 5 seeds of 4 fits,
500 steps, 32 conditions; quick: 1 seed, 60 steps, 16.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import ArrayLike
from torch import Tensor

from ingenium.core.digest import array_digest, digest
from ingenium.core.seeds import block_rng
from ingenium.domains.structures.cells.drawing import Canvas
from ingenium.domains.structures.cells.settings import CellSettings
from ingenium.domains.structures.cells.solid import fullest
from ingenium.domains.structures.cells.training import drawn
from ingenium.domains.structures.cells.verifier import CellVerifier
from ingenium.domains.structures.studies.cell_designs import apart
from ingenium.evaluate.trials import Readings, Trials
from ingenium.generators import families
from ingenium.generators.flow_matching import FlowMatching, FlowMatchingSettings
from ingenium.generators.informed import Informed, Term
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan

CELLS, CONTRAST = (12, 12), 0.1
STRENGTH = 10.0  # of guidance, in standard deviations of the logarithm of the modulus
OURS, PLAIN, GUIDED = "informed_1", "vanilla", "guided"


@dataclass(frozen=True)
class CompositeBudget:
    """Cells that are drawn, steps of each fit, conditions asked for."""

    designs: int
    steps: int
    asked: int


@dataclass(frozen=True, eq=False)
class Composites:
    """Drawn cells of two phases, standardised, with bulk modulus and share as conditions.

    Shapes: n designs, d cells.
    """

    verifier: CellVerifier
    x: Float[Tensor, "n d"]  # -1 and 1
    bulk: Float[Tensor, " n"]  # logarithm (Pa)
    share: Float[Tensor, " n"]

    @classmethod
    @cache
    def made(cls, designs: int) -> "Composites":
        """The same cells each time."""
        verifier = CellVerifier(CellSettings(CELLS, second_modulus=CONTRAST))
        solid, _ = drawn(Canvas(CELLS), np.random.default_rng(0), designs)
        cells = torch.from_numpy(solid)
        bulk = exact_bulk(verifier, cells).log()
        share = cells.flatten(1).double().mean(1)
        return cls(verifier, 2 * cells.flatten(1).float() - 1, bulk, share)

    def conditions(self, bulk: Tensor, share: Tensor) -> Float[Tensor, "n 2"]:
        """In deviations of all designs."""
        columns = ((bulk - self.bulk.mean()) / self.bulk.std(), 4 * share - 2)
        return torch.stack(columns, 1).float()

    def distance(self, x: Float[Tensor, "n d"], cond: Float[Tensor, "n 2"]) -> Float[Tensor, " n"]:
        """Squared distance of the bulk modulus from the one asked for, in deviations."""
        soft = self.verifier.soft("bulk", (x.double().view(-1, *CELLS) + 1) / 2)
        found = (soft.clamp(min=1.0).log() - self.bulk.mean()) / self.bulk.std()
        return (found - cond[:, 0]).square()


def exact_bulk(verifier: CellVerifier, solid: Tensor) -> Float[Tensor, " n"]:
    """Of cells that are one phase or the other (Pa)."""
    relative = CONTRAST + (1 - CONTRAST) * solid.flatten(1).double()
    modulus = verifier.settings.material.modulus_pa * relative
    return verifier.moduli(verifier.cell.stiffness(modulus))["bulk"]


def run(arm: float | str, seed: int, size: CompositeBudget) -> Mapping[str, ArrayLike]:
    """A price of the property in the loss, or a family: its proposals for held-out conditions."""
    made = Composites.made(size.designs)
    order = np.random.default_rng(seed).permutation(len(made.x))
    held, own = order[: size.asked], order[size.asked :]
    cond = made.conditions(made.bulk, made.share)
    torch.manual_seed(seed)
    if isinstance(arm, str):
        family = families.build(arm, tuple(made.x.shape[1:]), 2, seed=seed)
    else:
        network = FlowMatching(made.x.shape[1:], 2, FlowMatchingSettings(width=256))
        family = Informed(network, (Term(made.distance, arm),))
    family.fit(made.x[own], cond[own], Plan(seed=seed, steps=size.steps, batch=64))

    def scores(steer: Steer = FREE) -> dict[str, float]:
        x = family.propose(cond[held], block_rng(seed, 0, "composites"), steer)
        return _scores(made, x, held)

    if arm != 0.0:
        return scores()
    pulled = Steer(energy=lambda x: 0.5 * made.distance(x, cond[held]), strength=STRENGTH)
    return scores() | {f"{GUIDED}.{k}": v for k, v in scores(pulled).items()}


def _scores(made: Composites, x: Tensor, held: np.ndarray) -> dict[str, float]:
    """Mean error of the bulk modulus of cells with the wanted share, and how they differ."""
    solid = fullest(x.double().view(-1, *CELLS), made.share[held])
    found, wanted = exact_bulk(made.verifier, solid), made.bulk[held].exp()
    between = apart(solid.numpy(), solid.numpy())
    n = len(solid)
    return {
        "error": 100 * float((found / wanted - 1).abs().mean()),
        "diversity": 100 * float(between.sum() / (n * (n - 1))),
    }


def read(found: Readings) -> dict[str, ArrayLike]:
    """Errors in per cent; the price of 1 stands for the claim."""
    scores = ("error", "diversity")
    table = {f"{arm}.{key}": found(arm, key) for arm in found.pieces for key in scores}
    table |= {f"{GUIDED}.{key}": found(PLAIN, f"{GUIDED}.{key}") for key in scores}
    error = table.pop(f"{OURS}.error")
    gain = 100 * (1 - error / table[f"{PLAIN}.error"])
    return table | {"error": error, "gain_over_vanilla": gain}


measure = Trials(
    arms={
        PLAIN: 0.0,
        **{f"informed_{price:g}": price for price in (0.1, 1.0, 10.0)},
        **{name: name for name in ("nearest_neighbours", "random")},
    },
    sizes=(CompositeBudget(800, 500, 32), CompositeBudget(150, 60, 16)),
    run=run,
    read=read,
    data=lambda size: digest([array_digest(Composites.made(size.designs).x.numpy()), CONTRAST]),
)
