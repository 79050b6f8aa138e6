"""Row 20.15: composites of a wanted bulk modulus, from generators that know physics or do not.

Plane cells of 12 x 12 pixels, two phases with moduli 1 to 0.1, from 13 drawn families, each with
the displacements that equal strains along both axes cause. Families learn phases and displacements
together, conditioned on bulk modulus (mean stress over the strain of the area) and share; their
losses after half and all steps are kept. An informed one has two prices in its loss, as what it
would propose stands: the forces left at the nodes (the divergence of stress, squared) and the
squared distance of the bulk modulus that its displacements give. The claim is judged on an
adversarial family, with a price of 1 and without; flow matching stands beside it without a price
and at 1 and 10. For each held-out condition 8 designs are proposed; their phases are thresholded at
the exact share and homogenised. The error is the mean of all, that of the best of 8 stands beside,
and the share of conditions that something new meets: within a tenth of a deviation of the logarithm
of the bulk modulus, and no nearer to a known cell than half of these to their nearest. Rivals: the
8 nearest known cells, thresholded in the same way, and chance. Homogenisation is by periodic finite
elements, not by FFT; both agree. Budget: 5 seeds of 5 fits, 4,000 cells, 2,500 steps of 64, 32
conditions; quick: 1 seed, 400 cells, 60 steps, 16.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from ingenium.core.digest import array_digest, digest
from ingenium.core.seeds import block_rng
from ingenium.domains.structures.cells.solid import fullest
from ingenium.evaluate.intervals import t_interval
from ingenium.evaluate.measured import Control
from ingenium.evaluate.trials import Readings, Trials, curve_of, losses
from ingenium.generators import families
from ingenium.generators.flow_matching import FlowMatching, FlowMatchingSettings
from ingenium.generators.gan import GAN, GANSettings
from ingenium.train.plan import Plan
from ingenium_book.studies.structures.cell_designs import distance, nearest, spacing
from ingenium_book.studies.structures.composite_fields import (
    CELLS,
    CONTRAST,
    PHASES,
    Composites,
    exact_bulk,
)
from ingenium_book.studies.structures.informed import Informed, Term

DRAWS = 8  # designs for each condition
PLAIN, OURS, LOOK_UP, CHANCE = "adversarial", "adversarial_informed", "nearest_known", "random"
SCORES = ("error", "best_of_8", "met_new", "diversity")


@dataclass(frozen=True)
class CompositeBudget:
    """Cells that are drawn, steps of each fit, conditions asked for."""

    designs: int
    steps: int
    requested: int


@dataclass(frozen=True)
class CompositeTargets:
    """Composites with what is held out of them and asked for.

    Shapes: h held-out cells, m known ones.
    """

    made: Composites
    held: np.ndarray
    own: np.ndarray
    seed: int

    @property
    def conditions(self) -> Tensor:
        """Each held-out one as often as designs are drawn for it."""
        return self.made.conditions[self.held].repeat_interleave(DRAWS, 0)

    def looked_up(self) -> Tensor:
        """The known cells nearest to each condition."""
        off = torch.cdist(self.made.conditions[self.held], self.made.conditions[self.own])
        rows = off.argsort(dim=1, stable=True)[:, :DRAWS].flatten()
        return self.made.x[self.own][rows]

    def drawn(self) -> Tensor:
        """Each number on its own from known cells."""
        family = families.build(CHANCE, tuple(self.made.x.shape[1:]), 2, seed=self.seed)
        family.fit(self.made.x[self.own], self.made.conditions[self.own], Plan(seed=self.seed))
        return family.propose(self.conditions, block_rng(self.seed, 0, "composites"))

    def learned(self, kind: str, price: float, steps: int) -> tuple[Tensor, dict[str, ArrayLike]]:
        """Return that of a family with prices in its loss, and its losses by step."""
        torch.manual_seed(self.seed)
        terms = (Term(self.made.residual, price), Term(self.made.distance, price))
        family = Informed(_network(kind, self.made.x.shape[1]), terms)
        plan = Plan(seed=self.seed, steps=steps, batch=64)
        x, cond = self.made.x[self.own], self.made.conditions[self.own]
        course = family.fit(x, cond, plan)
        return family.propose(self.conditions, block_rng(self.seed, 0, "composites")), losses(
            course
        )


def _network(kind: str, d: int) -> GAN | FlowMatching:
    if kind == PLAIN:
        return GAN((d,), 2, GANSettings(width=128, depth=1, repeats=1, penalty=1.0))
    return FlowMatching((d,), 2, FlowMatchingSettings(width=128))


Arm = tuple[str, float]  # a kind of network and the price in its loss, or a rival


def run(arm: Arm, seed: int, size: CompositeBudget) -> Mapping[str, ArrayLike]:
    """Proposals for held-out conditions, and what they are worth."""
    made = Composites.made(size.designs)
    order = np.random.default_rng(seed).permutation(len(made.x))
    requested = CompositeTargets(made, order[: size.requested], order[size.requested :], seed)
    kind, price = arm
    if kind == LOOK_UP:
        return _scores(requested, requested.looked_up())
    if kind == CHANCE:
        return _scores(requested, requested.drawn())
    x, curve = requested.learned(kind, price, size.steps)
    left = made.residual(x, requested.conditions).mean()
    return _scores(requested, x) | curve | {"residual": float(left)}


def _scores(requested: CompositeTargets, x: Tensor) -> dict[str, float]:
    """Errors of the bulk modulus (%), conditions met by something new (%), and how cells differ."""
    made, held = requested.made, requested.held.repeat(DRAWS)
    solid = fullest(x[:, :PHASES].double().unflatten(1, CELLS), made.share[held])
    off = (exact_bulk(made.strained, solid) / made.bulk[held]).log()
    error = 100 * (off.exp() - 1).abs().view(-1, DRAWS)
    own = made.phases[requested.own].numpy()
    new = nearest(solid.numpy(), own) >= spacing(own)
    hit = (off.abs() <= made.tolerance).numpy() & new
    first = solid[::DRAWS].numpy()
    pairs = len(first) * (len(first) - 1)
    return {
        "error": float(error.mean()),
        "best_of_8": float(error.amin(1).mean()),
        "met_new": 100 * float(hit.reshape(-1, DRAWS).any(1).mean()),
        "diversity": 100 * float(distance(first, first).sum()) / pairs,
    }


def read(found: Readings) -> dict[str, ArrayLike]:
    """Scores by arm; the gain is that of the adversarial family."""
    table = {f"{a}.{k}": found(a, k) for a in found.pieces for k in SCORES}
    learned = [arm for arm in found.pieces if arm not in (LOOK_UP, CHANCE)]
    table |= {f"{a}.{k}": found(a, k) for a in learned for k in ("residual",)}
    error = table.pop(f"{OURS}.error")
    gain = 100 * (1 - error / table[f"{PLAIN}.error"])
    return table | {"error": error, "gain_over_vanilla": gain}


def control(found: Readings) -> Control:
    """Whether the informed family had its chance."""
    error = found(OURS, "error")
    over_nearest, over_random = (
        t_interval(found(rival, "error") - error) for rival in (LOOK_UP, CHANCE)
    )
    return Control(over_nearest, over_random, curve_of(found, OURS))


measure = Trials(
    arms={
        PLAIN: (PLAIN, 0.0),
        OURS: (PLAIN, 1.0),
        **{f"flow_{price:g}": ("flow", price) for price in (0.0, 1.0, 10.0)},
        LOOK_UP: (LOOK_UP, 0.0),
        CHANCE: (CHANCE, 0.0),
    },
    sizes=(CompositeBudget(4000, 2500, 32), CompositeBudget(400, 60, 16)),
    run=run,
    read=read,
    data=lambda size: digest([array_digest(Composites.made(size.designs).x.numpy()), CONTRAST]),
    control=control,
)
