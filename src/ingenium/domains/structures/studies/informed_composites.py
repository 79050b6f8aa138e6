"""Row 20.15: composites of a wanted bulk modulus, from generators that know physics or do not.

Plane cells of 12 x 12 pixels, two phases with moduli 1 to 0.1, from 13 drawn families. Flow
matching on all pixels is conditioned on bulk modulus and share; the loss adds the squared
distance of the homogenised bulk modulus, at a price of 0.1, 1, 10 (1 stands for the claim).
Proposals for held-out conditions are thresholded at the exact share and homogenised; mean error.
Rivals: no price, guidance by the same distance when proposing, nearest neighbours, random.
Homogenisation is by periodic finite elements, not by FFT; both agree. Budget: 5 seeds of 4 fits,
500 steps, 32 conditions; quick: 1 seed, 60 steps, 16.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.digest import array_digest, digest
from ingenium.core.problem import Watch
from ingenium.core.seeds import block_rng
from ingenium.domains.structures.cells.drawing import Canvas
from ingenium.domains.structures.cells.settings import CellSettings
from ingenium.domains.structures.cells.solid import fullest
from ingenium.domains.structures.cells.training import drawn
from ingenium.domains.structures.cells.verifier import CellVerifier
from ingenium.domains.structures.studies.cell_designs import apart
from ingenium.evaluate.intervals import Interval, t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.generators import families
from ingenium.generators.flow_matching import FlowMatching, FlowMatchingSettings
from ingenium.generators.informed import Informed, Term
from ingenium.generators.model import Family
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan

CELLS, CONTRAST = (12, 12), 0.1
PRICES = (0.1, 1.0, 10.0)  # lambda of the property; the middle one stands for the claim
PRICE, STRENGTH = 1.0, 10.0  # of guidance, in standard deviations of the logarithm of the modulus
FULL = {"designs": 800, "steps": 500, "asked": 32}
QUICK = {"designs": 150, "steps": 60, "asked": 16}


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


def measure(budget: Budget, watch: Watch) -> Measured:
    """All rivals on the same held-out conditions, seed by seed."""
    size = QUICK if budget.quick else FULL
    made = Composites.made(size["designs"])
    rows: dict[str, list[float]] = {}
    for i, seed in enumerate(budget.seeds):
        watch("composites", i, len(budget.seeds))
        for name, value in _one_seed(made, size, seed).items():
            rows.setdefault(name, []).append(value)
    key = f"informed_{PRICE:g}"
    gain = [
        100 * (1 - a / b) for a, b in zip(rows[f"{key}.error"], rows["vanilla.error"], strict=True)
    ]
    beside: dict[str, Interval] = {name: t_interval(values) for name, values in rows.items()}
    values = {"error": beside.pop(f"{key}.error"), "gain_over_vanilla": t_interval(gain)}
    return from_intervals(values, beside, digest([array_digest(made.x.numpy()), CONTRAST]))


def _one_seed(made: Composites, size: Mapping[str, int], seed: int) -> Mapping[str, float]:
    order = np.random.default_rng(seed).permutation(len(made.x))
    held, own = order[: size["asked"]], order[size["asked"] :]
    cond = made.conditions(made.bulk, made.share)
    plan = Plan(seed=seed, steps=size["steps"], batch=64)
    asked, found = cond[held], {}

    def score(name: str, family: Family, steer: Steer = FREE) -> None:
        x = family.propose(asked, block_rng(seed, 0, "composites"), steer)
        found.update({f"{name}.{k}": v for k, v in _scores(made, x, held).items()})

    for price in (0.0, *PRICES):
        torch.manual_seed(seed)
        network = FlowMatching(made.x.shape[1:], 2, FlowMatchingSettings(width=256))
        informed = Informed(network, (Term(made.distance, price),))
        informed.fit(made.x[own], cond[own], plan)
        score(f"informed_{price:g}" if price else "vanilla", informed)
        if not price:
            score("guided", informed, Steer(energy=_energy(made, asked), strength=STRENGTH))
    for name in ("nearest_neighbours", "random"):
        rival = families.build(name, tuple(made.x.shape[1:]), 2, seed=seed)
        rival.fit(made.x[own], cond[own], plan)
        score(name, rival)
    return found


def _energy(made: Composites, asked: Tensor) -> Callable[[Tensor], Tensor]:
    return lambda x: 0.5 * made.distance(x, asked)


def _scores(made: Composites, x: Tensor, held: np.ndarray) -> Mapping[str, float]:
    """Mean error of the bulk modulus of cells with the wanted share, and how they differ."""
    solid = fullest(x.double().view(-1, *CELLS), made.share[held])
    found, wanted = exact_bulk(made.verifier, solid), made.bulk[held].exp()
    between = apart(solid.numpy(), solid.numpy())
    n = len(solid)
    return {
        "error": 100 * float((found / wanted - 1).abs().mean()),
        "diversity": 100 * float(between.sum() / (n * (n - 1))),
    }
